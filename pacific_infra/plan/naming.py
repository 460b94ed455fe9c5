"""Which Pulumi resource a document becomes; components and planner agree on it."""

TYPE_TOKENS = {
    "SupervisorCluster": "pacific:index:SupervisorCluster",
    "VirtualMachineClass": "pacific:vcenter:VirtualMachineClass",
    "Namespace": "pacific:index:SupervisorNamespace",
    "CrxWorkload": "pacific:index:CrxWorkload",
    "VirtualMachine": "pacific:index:VirtualMachine",
    "CustomResourceDefinition": "pacific:index:CustomResourceDefinition",
    "Controller": "pacific:index:Controller",
    "CustomResource": "pacific:index:CustomResource",
    "Function": "pacific:index:Function",
    "WorkloadCluster": "pacific:index:WorkloadCluster",
    "Manifests": "pacific:index:Manifests",
}
"""Type token of the resource of each kind."""
EXTERNAL_TOKENS = {
    "SupervisorCluster": "pacific:index:ExternalSupervisorCluster",
    "VirtualMachineClass": "pacific:index:ExternalVirtualMachineClass",
    "Namespace": "pacific:index:ExternalNamespace",
}
"""Type token of the resource of each kind that somebody else may own, where somebody else does: it is only read."""
_KINDS = {token: kind for tokens in (TYPE_TOKENS, EXTERNAL_TOKENS) for kind, token in tokens.items()}


def resource_of(document_id: str) -> tuple[str, str]:
    """Type token and logical name: ``pacific:index:VirtualMachine``, ``shop/vm`` for ``VirtualMachine/shop/vm``."""
    kind, _, name = document_id.partition("/")
    return TYPE_TOKENS[kind], name


def is_external(type_token: str) -> bool:
    """Whether this is the resource of something that somebody else owns."""
    return type_token in EXTERNAL_TOKENS.values()


def document_id_of(type_token: str, name: str) -> str | None:
    """The id of the document that became this resource, or None where it is a part of one or something else."""
    kind = _KINDS.get(type_token)
    return f"{kind}/{name}" if kind else None
