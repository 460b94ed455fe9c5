"""A namespace and ``count`` ConfigMaps of about 1 KB. ``tuned`` takes the client settings that the components use."""

import pulumi
import pulumi_kubernetes as kubernetes

config = pulumi.Config()
count = config.require_int("count")
tuned = config.get_bool("tuned") or False
stack = pulumi.get_stack()

provider = kubernetes.Provider(
    "supervisor",
    kubeconfig=config.require_secret("kubeconfig"),
    kube_client_settings=kubernetes.KubeClientSettingsArgs(qps=1000, burst=2000) if tuned else None,
    opts=pulumi.ResourceOptions(version=config.require("kubernetesPluginVersion")),
)
namespace = kubernetes.core.v1.Namespace(
    "config-maps", metadata={"name": f"config-maps-{stack}"}, opts=pulumi.ResourceOptions(provider=provider)
)
for number in range(count):
    kubernetes.core.v1.ConfigMap(
        f"config-map-{number:04}",
        metadata={"name": f"config-map-{number:04}", "namespace": namespace.metadata["name"]},
        data={"text": f"{number:04} " * 200},
        opts=pulumi.ResourceOptions(provider=provider, deleted_with=namespace if tuned else None),
    )
