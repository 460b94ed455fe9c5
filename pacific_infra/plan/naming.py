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
_KINDS = {token: kind for kind, token in TYPE_TOKENS.items()}


def resource_of(document_id: str) -> tuple[str, str]:
    """Type token and logical name: ``pacific:index:VirtualMachine``, ``shop/vm`` for ``VirtualMachine/shop/vm``."""
    kind, _, name = document_id.partition("/")
    return TYPE_TOKENS[kind], name


def document_id_of(type_token: str, name: str) -> str | None:
    """The id of the document that became this resource, or None where it is a part of one or something else."""
    kind = _KINDS.get(type_token)
    return f"{kind}/{name}" if kind else None
