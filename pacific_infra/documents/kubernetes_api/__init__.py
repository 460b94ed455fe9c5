"""The types of Kubernetes' own kinds, and what in an object is not of them."""

from pacific_infra.documents.kubernetes_api.types import fields_of, type_problems

__all__ = ["fields_of", "type_problems"]
