"""Whether a document says all that its object in vCenter is: what the program would ask for, compared with it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.lowering import properties_of
from pacific_infra.documents.models import MODELS
from pacific_infra.documents.source import PROGRAM
from pacific_infra.importing.scan import Importable
from pacific_infra.provider.resources.resource import Resource
from pacific_infra.vcenter.version import Version


def unsupported_properties(
    importable: Importable, resource: Resource, values: Mapping[str, Any], version: Version | None
) -> list[str]:
    """Properties of ``values``, the object as ``resource`` has read it, that the document of ``taken`` does not say.

    Empty: an import of it by this document is without a difference. What makes a document invalid is told instead.
    """
    try:
        document = MODELS[importable.kind].model_validate(importable.document, by_alias=True, by_name=False)
    except ValidationError as error:
        return [str(problem) for problem in explain(error.errors(include_url=False), Subject(importable.kind), PROGRAM)]
    desired = resource.inputs_of(properties_of(document))
    return sorted({change.path for change in resource.differences(desired, values, version)})
