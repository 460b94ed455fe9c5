"""What each namespace uses now, kept up to date by the watches of its pods, virtual machines and volume claims."""

import time
from collections.abc import Callable
from decimal import Decimal

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.quota.demand import Demand, claim_demand, machine_demand, pod_demand
from pacific_sandbox.reconcile.watched_objects import WatchedObjects

_UNSEEN_FOR = 30.0
"""Seconds for which something admitted counts though no watch has shown it yet. A pod that finds no host by then has
no machine in the pool."""
Find = Callable[[Object], Object | None]
Entry = tuple[str, str]
"""Plural and name of an object of the namespace."""


class NamespaceUse:
    """Sums for all namespaces; asking costs nothing."""

    def __init__(
        self,
        *,
        pods: WatchedObjects,
        virtual_machines: WatchedObjects,
        claims: WatchedObjects,
        class_of: Find,
        image_of: Find,
    ) -> None:
        """``class_of`` and ``image_of`` find what a VirtualMachine names."""
        self._class_of, self._image_of = class_of, image_of
        self._demands: dict[str, dict[Entry, Demand]] = {}
        self._sums: dict[str, Demand] = {}
        self._admitted: dict[str, dict[Entry, tuple[Demand, float]]] = {}
        pods.listen(lambda item, exists: self._seen("pods", item, exists, pod_demand))
        virtual_machines.listen(lambda item, exists: self._seen("virtualmachines", item, exists, self.machine))
        claims.listen(lambda item, exists: self._seen("persistentvolumeclaims", item, exists, claim_demand))

    def machine(self, vm: Object) -> Demand:
        """What a VirtualMachine takes."""
        return machine_demand(vm, self._class_of(vm), self._image_of(vm))

    def used(self, namespace: str, but: Entry | None = None) -> Demand:
        """What the namespace uses, with what has just been admitted, without ``but``."""
        total = self._sums.get(namespace, Demand())
        now = time.monotonic()
        admitted = self._admitted.get(namespace, {})
        for entry, (demand, until) in list(admitted.items()):
            if until < now:
                del admitted[entry]
            elif entry != but:
                total += demand - self._demands.get(namespace, {}).get(entry, Demand())
        if but is not None:
            total -= self._demands.get(namespace, {}).get(but, Demand())
        return total

    def admit(self, namespace: str, entry: Entry, demand: Demand) -> None:
        """Count what has been admitted, until a watch shows it."""
        until = time.monotonic() + _UNSEEN_FOR
        self._admitted.setdefault(namespace, {})[entry] = (demand, until)

    def _seen(self, plural: str, item: Object, exists: bool, demand_of: Callable[[Object], Demand]) -> None:
        metadata = item["metadata"]
        namespace, entry = metadata["namespace"], (plural, metadata["name"])
        before = self._demands.get(namespace, {}).get(entry, Demand())
        now = demand_of(item) if exists else Demand()
        self._admitted.get(namespace, {}).pop(entry, None)
        if now == before:
            return
        demands = self._demands.setdefault(namespace, {})
        if exists:
            demands[entry] = now
        else:
            demands.pop(entry, None)
        total = self._sums.get(namespace, Demand()) + now - before
        self._sums[namespace] = Demand({name: amount for name, amount in total.amounts.items() if amount != Decimal(0)})
        if not demands:
            for by_namespace in (self._demands, self._sums, self._admitted):
                by_namespace.pop(namespace, None)
