"""The types of Kubernetes' own kinds, and what in an object is not of them."""

from pacific_infra.documents.kubernetes_api.types import (
    DIRECTIVE,
    fields_of,
    is_own_kind,
    merge_key,
    short_name,
    type_of_field,
    type_problems,
    value_problems,
)

__all__ = [
    "DIRECTIVE",
    "fields_of",
    "is_own_kind",
    "merge_key",
    "short_name",
    "type_of_field",
    "type_problems",
    "value_problems",
]
