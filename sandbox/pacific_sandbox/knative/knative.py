"""All of Knative for one Supervisor, put together."""

from collections.abc import Sequence

from pacific_sandbox.knative.activator import DOMAIN, Activator
from pacific_sandbox.knative.autoscaling import Traffic
from pacific_sandbox.knative.definitions import DEPLOYMENTS, PING_SOURCES, SERVICE_LABEL, SERVICES
from pacific_sandbox.knative.ping_sources import PingSources
from pacific_sandbox.knative.services import KnativeServices
from pacific_sandbox.kubernetes_api import KubernetesAPI
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vm_operator.vm_operator import Runner


def knative(api: KubernetesAPI, pods: WatchedObjects, *, port: int, simulated: bool) -> Sequence[Runner]:
    """What is to be run. ``port``: of the activator; ``simulated``: whether pods run no programs."""
    services, sources = WatchedObjects(api, SERVICES), WatchedObjects(api, PING_SOURCES)
    deployments = WatchedObjects(api, DEPLOYMENTS, label_selector=SERVICE_LABEL)
    traffic = Traffic()
    activator = Activator(port, services=services, pods=pods, traffic=traffic, simulated=simulated)
    controller = KnativeServices(
        api, services=services, deployments=deployments, pods=pods, traffic=traffic, domain=f"{DOMAIN}:{port}"
    )
    activator.tell(controller.look_at)
    pings = PingSources(api, port, sources=sources, services=services)
    return [services, sources, deployments, activator, controller, pings]
