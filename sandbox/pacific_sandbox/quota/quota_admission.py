"""Refuses pods, virtual machines and volume claims that do not fit into their namespace.

Of CPU and memory counts what is reserved, as in the resource pool of a vSphere Namespace: the requests of pods, and the
reservations of VM classes. A class without reservation runs over the limit, slower. Object counts are left to
Kubernetes' own ResourceQuota, which is asked after this.
"""

from collections.abc import Callable, Iterable

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.quota.demand import STORAGE, Demand, claim_demand, pod_demand
from pacific_sandbox.quota.limits import exceeded, pool_limits, storage_limits
from pacific_sandbox.quota.namespace_use import NamespaceUse
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vm_operator.admission.review import allowed, denied, read_request


class QuotaAdmission:
    """Answers for all namespaces of a Supervisor."""

    def __init__(
        self,
        use: NamespaceUse,
        *,
        namespaces: WatchedObjects,
        storage_quotas: WatchedObjects,
        storage_classes: WatchedObjects,
    ) -> None:
        self._use, self._namespaces = use, namespaces
        self._storage_quotas, self._storage_classes = storage_quotas, storage_classes
        self._demand_of: dict[str, Callable[[Object], Demand]] = {
            "pods": pod_demand,
            "virtualmachines": use.machine,
            "persistentvolumeclaims": claim_demand,
        }

    async def answer(self, review: Object) -> Object:
        """From an AdmissionReview to the answer; what grows is looked at, what shrinks passes."""
        request = read_request(review)
        plural = review["request"]["resource"]["resource"]
        namespace, entry = request.namespace, (plural, request.name)
        demand_of = self._demand_of[plural]
        demand = demand_of(request.object)
        grown = demand - demand_of(request.old) if request.old is not None else demand
        requested = Demand({name: demand.of(name) for name, amount in grown.amounts.items() if amount > 0})
        if not requested.amounts or "deletionTimestamp" in request.object["metadata"]:
            return allowed(review)
        used = self._use.used(namespace, but=entry)
        message = self._refusal(namespace, requested, used)
        if message is not None:
            group = review["request"]["resource"].get("group")
            resource = f"{plural}.{group}" if group else plural
            return denied(review, f'{resource} "{request.name}" is forbidden: {message}')
        if not request.dry_run and request.name:
            self._use.admit(namespace, entry, demand)
        return allowed(review)

    def _refusal(self, namespace: str, requested: Demand, used: Demand) -> str | None:
        pool = pool_limits(self._namespaces.get(("", namespace)))
        quotas: Iterable[Object] = self._storage_quotas.list(namespace) if STORAGE in requested.amounts else ()
        storage = storage_limits(quotas, self._storage_classes.list())
        return exceeded(namespace, requested, used, pool) or exceeded(
            f"{namespace}-storagequota", requested, used, storage
        )
