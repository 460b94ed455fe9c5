"""A secret of the stack's configuration, named in a document."""

from pacific_infra.documents.model import Model
from pacific_infra.documents.names import ConfigKey


class StackSecret(Model):
    """A secret kept encrypted in the stack's configuration, never in a document."""

    config: ConfigKey
    """Key of the stack's configuration: `pulumi config set --secret KEY`."""
