"""Services for clients and among members, the policy that lets clients in, the disruption budget."""

from pacific_mongodb.database import PORT, Database, Object
from pacific_mongodb.desired.metadata import metadata

_PORTS = [{"name": "mongodb", "port": PORT, "targetPort": PORT, "protocol": "TCP"}]
VM_OPERATOR = "vmoperator.vmware.com/v1alpha5"


def network_objects(database: Database) -> list[Object]:
    """With runtime ``vm`` the Services are VM Operator's, one for clients and one for each member."""
    if database.runtime == "vm":
        services = [_vm_service(database, database.name, database.service_type, {})]
        for index in range(database.members):
            name = database.member(index)
            services.append(_vm_service(database, name, "ClusterIP", {"mongodb.pacific.infra/member": name}))
        return services
    headless = {"clusterIP": "None", "publishNotReadyAddresses": True}
    return [
        _service(database, database.members_service, {"type": "ClusterIP", **headless}),
        _service(database, database.name, {"type": database.service_type}),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(database, database.name),
            "spec": {
                "podSelector": {"matchLabels": database.selector},
                "policyTypes": ["Ingress"],
                "ingress": [{"ports": [{"port": PORT, "protocol": "TCP"}], **_clients(database)}],
            },
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata(database, database.name),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": database.selector}},
        },
    ]


def _clients(database: Database) -> Object:
    """Who may connect: the namespace's own pods; with a Service for outside, anybody who has a password."""
    return {"from": [{"podSelector": {}}]} if database.service_type == "ClusterIP" else {}


def _service(database: Database, name: str, spec: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(database, name),
        "spec": {**spec, "selector": database.selector, "ports": _PORTS},
    }


def _vm_service(database: Database, name: str, type_: str, more: dict[str, str]) -> Object:
    return {
        "apiVersion": VM_OPERATOR,
        "kind": "VirtualMachineService",
        "metadata": metadata(database, name),
        "spec": {"type": type_, "selector": {**database.selector, **more}, "ports": _PORTS},
    }
