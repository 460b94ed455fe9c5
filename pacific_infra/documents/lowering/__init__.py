"""What documents of vCenter's kinds are called at vCenter, by the marks of their models, in both directions.

``lower`` makes the properties of the resource ``pacific:vcenter:*`` of a document's ``spec``, for components; ``lift``
makes the ``spec`` of the properties, for ``pacific import`` and for policies on resources. Pure.
"""

from pacific_infra.documents.lowering.paths import unchecked
from pacific_infra.documents.lowering.table import Table
from pacific_infra.documents.lowering.tables import TABLES, fields_for, flat_rows, lift, lower, properties_of
from pacific_infra.documents.units import Apply

__all__ = ["TABLES", "Apply", "Table", "fields_for", "flat_rows", "lift", "lower", "properties_of", "unchecked"]
