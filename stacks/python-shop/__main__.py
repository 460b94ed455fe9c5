"""The components by import, without documents: a Supervisor, a namespace, a VM, and vSphere Pods told its address."""

import pulumi
from pacific_components import CrxWorkload, SupervisorCluster, SupervisorNamespace, VirtualMachine, vcenter

config, login = pulumi.Config(), pulumi.Config("pacific")
small = vcenter.VirtualMachineClass("small", {"name": "python-shop-small", "cpu_count": 2, "memory_mib": 2048})
supervisor = SupervisorCluster(
    "supervisor",
    cluster=config.require("cluster"),
    size="TINY",
    control_plane_count=1,
    storage_policy="gold",
    management_network={"network": "management"},
    workload_network={"type": "VSPHERE", "network": "workload-01"},
    load_balancer={"provider": "VSPHERE_FOUNDATION"},
    content_libraries=["linux-images"],
    vsphere_pods=True,
    server=login.require("server"),
    username=login.require("username"),
    password_file=login.require("passwordFile"),
    ca_file=login.require("caFile"),
    deletion_policy="Delete",
)
on_supervisor = pulumi.ResourceOptions(providers=[supervisor.kubernetes_provider])
shop = SupervisorNamespace(
    "shop",
    name="python-shop",
    supervisor=supervisor.supervisor,
    limits={"cpu": "20GHz", "memory": "32Gi"},
    storage_policies=[{"name": "gold", "limit": "100Gi"}],
    virtual_machine_classes=[small.name],
    content_libraries=["linux-images"],
    deletion_policy="Delete",
    opts=on_supervisor,
)
catalogue = VirtualMachine(
    "catalogue",
    namespace=shop.name,
    class_=small.name,
    image="debian-12",
    storage_policy="gold",
    cloud_init={"user_data": "#cloud-config\nhostname: catalogue\n"},
    volumes=[{"name": "data", "size": "5Gi"}],
    deletion_policy="Delete",
    opts=on_supervisor,
)
web = CrxWorkload(
    "web",
    namespace=shop.name,
    kind="Deployment",
    replicas=2,
    containers=[
        {
            "name": "web",
            "image": "sandbox/web:1",
            "ports": [{"name": "http", "container_port": 8080}],
            "environment": {"CATALOGUE": catalogue.address},
            "secret_environment": {"GREETING": config.require_secret("greeting")},
            "readiness_probe": {"http_get": {"path": "/", "port": "http"}},
            "resources": {
                "requests": {"cpu": "100m", "memory": "64Mi"},
                "limits": {"cpu": "200m", "memory": "128Mi"},
            },
        }
    ],
    service={"type": "LoadBalancer", "ports": [{"port": 80, "target_port": "http"}]},
    allow_ingress=True,
    deletion_policy="Delete",
    opts=on_supervisor,
)
pulumi.export("kubeconfig", supervisor.kubeconfig)
pulumi.export("catalogue", catalogue.address)
pulumi.export("url", web.url)
