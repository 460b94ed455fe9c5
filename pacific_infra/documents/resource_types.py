"""Which Pulumi resource a document becomes; components and planner agree on it."""

from pacific_infra.documents.kinds import KINDS

EXTERNAL_TOKENS = {name: kind.external_token for name, kind in KINDS.items() if kind.external_token}
"""Type token by kind of the resource of an external document: it is only read."""
_KINDS = {kind.token: name for name, kind in KINDS.items() if kind.token} | {
    token: name for name, token in EXTERNAL_TOKENS.items()
}


def resource_of(document_id: str) -> tuple[str, str]:
    """Type token and logical name: ``pacific:index:VirtualMachine``, ``shop/vm`` for ``VirtualMachine/shop/vm``."""
    kind, _, name = document_id.partition("/")
    token = KINDS[kind].token
    assert token is not None  # noqa: S101 - documents of a graph become resources
    return token, name


def is_external(type_token: str) -> bool:
    """Whether this is the resource of something that somebody else owns."""
    return type_token in EXTERNAL_TOKENS.values()


def document_id_of(type_token: str, name: str) -> str | None:
    """The id of the document that became this resource, or None where it is a part of one or something else."""
    kind = _KINDS.get(type_token)
    return f"{kind}/{name}" if kind else None
