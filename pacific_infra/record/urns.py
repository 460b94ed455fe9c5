"""URNs of Pulumi's resources."""


def split_urn(urn: str) -> tuple[str, str]:
    """The type token and the logical name of ``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``."""
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name
