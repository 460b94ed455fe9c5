"""A secret of the stack's configuration, named in a document."""

from typing import Any

from pydantic import model_validator

from pacific_infra.documents.model import Model
from pacific_infra.documents.names import ConfigKey
from pacific_infra.documents.problems import Problem, problems_error


class StackSecret(Model):
    """A secret kept encrypted in the stack's configuration, never in a document."""

    config: ConfigKey
    """Key of the stack's configuration: `pulumi config set --secret KEY`."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret_here(cls, value: Any) -> Any:
        if not isinstance(value, dict | StackSecret):
            # Without the value: it may be the secret, and messages go to logs.
            fix = "pulumi config set --secret KEY, and write {config: KEY}"
            raise problems_error(Problem("a secret is kept in the stack's configuration, not in a document", fix=fix))
        return value
