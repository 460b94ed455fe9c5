"""ExternalSecret: a Secret whose values External Secrets fetches from a store outside, such as Vault.

Fields are those of ``external-secrets.io/v1`` (github.com/external-secrets/external-secrets, apis/externalsecrets/v1);
what the document maps by name is a list there.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject, MadeSecret
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, Listed, Model, NamespacedMetadata
from pacific_infra.documents.names import Annotations, Duration, FileName, Labels, ObjectName
from pacific_infra.documents.problems import Problem

EXTERNAL_SECRETS = "external-secrets.io"


class SecretStoreReference(Model):
    """The store that values come from, as whoever runs External Secrets has set it up."""

    name: ObjectName
    """Name of the store."""
    kind: Literal["SecretStore", "ClusterSecretStore"] = "SecretStore"
    """SecretStore: of this namespace. ClusterSecretStore: of the whole Supervisor."""


class RemoteValue(Model):
    """Where a store has a value."""

    key: Annotated[str, Field(min_length=1)]
    """Its key or path in the store, such as shop/database of Vault's engine kv."""
    property: str | None = None
    """A field of what is there; default: the whole."""
    version: str | None = None
    """Its version in the store; default: the newest. Pods that read the Secret are made anew when this changes."""
    decoding_strategy: Literal["None", "Base64", "Base64URL", "Auto"] | None = None
    """How the value is decoded; default None: it is taken as it is."""


class NamePattern(Model):
    """Names of values by a regular expression."""

    regexp: str
    """The expression, in the spelling of Go."""


class RemoteValues(CheckedModel):
    """Values of a store that are found by their names or tags."""

    path: str | None = None
    """Where in the store the search begins."""
    name: NamePattern | None = None
    """Names that are taken."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags that they must have."""

    def problems(self) -> Iterator[Problem]:
        if self.name is None and not self.tags:
            yield Problem("this finds nothing", fix="give name or tags")


class SecretValues(CheckedModel):
    """Several keys of the Secret at once: `extract` or `find`."""

    extract: RemoteValue | None = None
    """A value of the store with fields; each becomes a key."""
    find: RemoteValues | None = None
    """Values of the store; each becomes a key."""

    def problems(self) -> Iterator[Problem]:
        if (self.extract is None) == (self.find is None):
            yield Problem("keys come either by extract or by find", fix="give one of the two")


class SecretTemplateMetadata(Model):
    """What the Secret carries."""

    labels: Labels = Field(default_factory=dict)
    """Its labels."""
    annotations: Annotations = Field(default_factory=dict)
    """Its annotations."""


class ExternalSecretTemplate(Model):
    """What External Secrets makes of the values."""

    type: str | None = None
    """Type of the Secret, such as kubernetes.io/tls or kubernetes.io/dockerconfigjson; default: Opaque."""
    data: Annotated[dict[FileName, str], PLAIN] = Field(default_factory=dict)
    """Keys of the Secret in place of the fetched ones: texts in which {{ .KEY }} stands for a fetched value."""
    metadata: SecretTemplateMetadata = SecretTemplateMetadata()
    """Labels and annotations of the Secret."""


class ExternalSecretTarget(Model):
    """The Secret, which has the document's name."""

    template: ExternalSecretTemplate = ExternalSecretTemplate()
    """What is made of the values."""
    deletion_policy: Literal["Retain", "Delete", "Merge"] | None = None
    """What happens when the store no longer has a value. Retain, the default: the Secret stays and the document is not
    ready. Delete: the Secret is deleted. Merge: its keys are. When the document is removed, its Secret always goes."""


class ExternalSecretSpec(AdoptableSpec):
    """The wanted Secret."""

    secret_store: SecretStoreReference
    """The store that its values come from."""
    data: Annotated[dict[FileName, RemoteValue], PLAIN] = Field(default_factory=dict)
    """Values by their key in the Secret."""
    data_from: Listed[SecretValues] = ()
    """Several keys at once; what `data` has comes before them."""
    target: ExternalSecretTarget = ExternalSecretTarget()
    """The Secret."""
    refresh_policy: Literal["Periodic", "OnChange", "CreatedOnce"] | None = None
    """When the store is asked. Periodic, the default: every `refreshInterval`. OnChange: when this document changes.
    CreatedOnce: never again."""
    refresh_interval: Duration = "1h"
    """How often, such as 15m; 0s: never again."""
    wait: Annotated[bool, PLAIN] = True
    """Whether it is ready only once the store has answered, for which it has 5 minutes."""

    def problems(self) -> Iterator[Problem]:
        if not self.data and not self.data_from:
            fix = "add data: {KEY: {key: WHERE}}, or dataFrom"
            yield Problem("nothing is taken from the store", ("data",), fix=fix)


class ExternalSecret(Document):
    """A Secret that External Secrets keeps as a store outside has it: its values are in no document, plan or state."""

    kind: Literal["ExternalSecret"]
    """Always ExternalSecret."""
    metadata: NamespacedMetadata
    """Name, which is also that of the Secret, namespace and labels."""
    spec: ExternalSecretSpec
    """The wanted Secret."""

    @property
    def made_secret(self) -> MadeSecret:
        """Its Secret. The keys of ``dataFrom`` are known to the store alone."""
        spec, template = self.spec, self.spec.target.template
        keys = None if spec.data_from and not template.data else frozenset(template.data or spec.data)
        request = spec.model_dump(include={"secret_store", "data", "data_from", "target"}, mode="json")
        version = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]
        return MadeSecret(self.name, keys, version)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object(EXTERNAL_SECRETS, "ExternalSecret")
        yield self.declared_object("", "Secret", maker="External Secrets")
