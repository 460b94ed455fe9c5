"""An estate as Pulumi resources: documents to components along their graph."""

from pacific_components.estate.declare import declare_estate
from pacific_infra.declaration import EstateOptions

__all__ = ["EstateOptions", "declare_estate"]
