"""An estate as a Pulumi program: documents to components along their graph."""

from pacific_components.estate.declare import EstateOptions, declare_estate
from pacific_components.estate.program import (
    configured_documents,
    configured_imports,
    configured_overlays,
    configured_vcenter,
    program,
)

__all__ = [
    "EstateOptions",
    "configured_documents",
    "configured_imports",
    "configured_overlays",
    "configured_vcenter",
    "declare_estate",
    "program",
]
