"""Keeps the view model up to date: reads files when they change, follows the Kubernetes APIs, and asks vCenter."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.history import ended
from pacific_infra.converge.live_objects import api_of
from pacific_infra.converge.lost import recorded_clusters
from pacific_infra.converge.unsettled import UnsettledStep
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.durations import History
from pacific_infra.record.history import HistoryFiles, Run
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.view.compose import Composition, Differences, Server, compose
from pacific_infra.view.model import View
from pacific_infra.view.parts import Declared, RecordedState, declared_of, recorded_of
from pacific_infra.view.running import Running
from pacific_infra.view.vcenter_drift import INTERVAL as INTERVAL_OF_DRIFT
from pacific_infra.view.vcenter_drift import Compared, compare_with_vcenter
from pacific_infra.view.vcenter_look import INTERVAL, VCenterLook, look_at_vcenter
from pacific_infra.view.watches import ServerWatch, Source

FILES_INTERVAL = 1.0
"""Seconds between two looks at whether files have changed."""
PROGRESS_INTERVAL = 0.5
"""Seconds between two looks at a run that goes on."""
SETTLED = 0.3
"""Seconds for which changes are gathered before the view is made anew."""
PATIENCE = 8.0
"""Seconds until a vCenter that does not answer is taken for silent."""
SHOWN_RUNS = 100


@dataclass(frozen=True)
class Inputs:
    """What the collector reads, each by a function that may raise PacificError."""

    stack: str
    """``PROJECT/STACK``."""
    graph: DependencyGraph
    """The graph of the documents as they are when it begins."""
    read_graph: Callable[[], DependencyGraph]
    document_paths: Callable[[], Iterable[Path]]
    """Files and folders whose change is a change of the documents."""
    read_record: Callable[[], tuple[Sequence[Recorded], Sequence[UnsettledStep]]]
    record_paths: Callable[[], Sequence[Path]]
    """Files whose change is a change of the record; none: it is read every half minute."""
    kubeconfigs: Callable[[], Mapping[str, Mapping[str, Any]]]
    """The kubeconfigs of Supervisors whose addresses vCenter is not asked for."""
    vcenter: Callable[[], VCenterSettings] | None
    """The login; None: the stack has no vCenter."""
    history: HistoryFiles
    durations: Path


class Collector:
    """Holds the last view and tells who waits that there is a newer one. For one event loop."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._graph = inputs.graph
        self._declared: Declared = declared_of(inputs.graph, History.read(inputs.durations))
        self._recorded: RecordedState = recorded_of(inputs.graph, (), ())
        self._watches: dict[str, tuple[ServerWatch, asyncio.Task[None]]] = {}
        self._look: VCenterLook | None = None
        self._vcenter = Source("vCenter")
        self._remarks: dict[str, str] = {}
        self._differences = Differences()
        self._compared: Mapping[str, Compared] = {}
        self._to_compare = asyncio.Event()
        self._runs: Sequence[Run] = ()
        self._running = Running(inputs.history)
        self._changed = asyncio.Event()
        self._news = asyncio.Condition()
        self._client: VCenterClient | None = None
        self.version = 0
        """Counts the views."""
        self.view = View(inputs.stack, time.time())

    async def run(self) -> None:
        """Collect until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for read in (self._read_record, self._read_history):
                    await read()
                await self.show(self._composed())
                tasks.create_task(self._watch_files())
                tasks.create_task(self._watch_progress())
                tasks.create_task(self._poll_vcenter())
                tasks.create_task(self._compare_vcenter())
                tasks.create_task(self._renew(tasks))
        finally:
            if self._client is not None:
                await self._client.close()

    async def ready(self, patience: float) -> None:
        """Wait until all that is asked has answered or is known to be silent, for ``patience`` seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                version = 0
                while not (version and all(source.known or source.away_since for source in self._sources())):
                    version = await self.newer_than(version)
                # What is listed comes a moment after the first answer.
                await asyncio.sleep(1.0)
        await self.show(self._composed())

    async def newer_than(self, version: int) -> int:
        """Wait for a view that is newer than ``version``; its number."""
        async with self._news:
            await self._news.wait_for(lambda: self.version > version)
            return self.version

    async def _renew(self, tasks: asyncio.TaskGroup) -> None:
        """Make the view anew after changes."""
        while True:
            self._start_watches(tasks)
            await self._changed.wait()
            await asyncio.sleep(SETTLED)
            self._changed.clear()
            await self.show(self._composed())

    async def show(self, view: View) -> None:
        """Make ``view`` the last one, and tell who waits."""
        async with self._news:
            self.view, self.version = view, self.version + 1
            self._news.notify_all()

    def _composed(self) -> View:
        servers = {
            provider: Server(watch.source.name, watch.source, watch.objects)
            for provider, (watch, _) in self._watches.items()
        }
        return compose(
            Composition(
                self._inputs.stack,
                self._declared,
                self._recorded,
                servers,
                self._look,
                self._sources(),
                self._differences,
                self._compared,
                list(self._remarks.values()),
                self._running.of(self._runs),
                self._runs,
            ),
            time.time(),
        )

    def _sources(self) -> list[Source]:
        vcenter = [self._vcenter] if self._inputs.vcenter is not None else []
        return [*vcenter, *(watch.source for watch, _ in self._watches.values())]

    async def _watch_files(self) -> None:
        before = await asyncio.to_thread(self._stamps)
        while True:
            await asyncio.sleep(FILES_INTERVAL)
            now = await asyncio.to_thread(self._stamps)
            if now == before:
                continue
            begun = time.monotonic()
            if now[0] != before[0]:
                await self._read_documents()
            if now[:2] != before[:2]:
                await self._read_record()
            if now[2] != before[2]:
                await self._read_history()
            before = now
            self._changed.set()
            # While a run goes on the record changes all the time: reading it takes a fifth of the time at most.
            await asyncio.sleep(4 * (time.monotonic() - begun))

    def _stamps(self) -> tuple[object, object, object]:
        """Stamps of the documents, the record and the history: another value where files have changed."""
        record, history = [_stamp(path) for path in self._inputs.record_paths()], self._inputs.history.folder
        return (
            [_stamp(path) for path in self._inputs.document_paths()],
            # What is in no file is asked for now and then.
            record or int(time.time() / 30),
            _stamp(history) if isinstance(history, Path) else int(time.time() / 30),
        )

    async def _read_documents(self) -> None:
        try:
            self._graph = await asyncio.to_thread(self._inputs.read_graph)
            self._remarks.pop("documents", None)
        except PacificError as error:
            self._remarks["documents"] = f"the documents as they were before: {error}"
        durations = History.read(self._inputs.durations)
        self._declared = await asyncio.to_thread(declared_of, self._graph, durations)

    async def _read_record(self) -> None:
        try:
            resources, steps = await asyncio.to_thread(self._inputs.read_record)
            self._recorded = await asyncio.to_thread(recorded_of, self._graph, resources, steps)
            self._to_compare.set()
            self._remarks.pop("record", None)
        except PacificError as error:
            self._recorded = recorded_of(self._graph, self._recorded.resources, ())
            self._remarks["record"] = str(error)

    async def _read_history(self) -> None:
        runs = await asyncio.to_thread(lambda: list(self._inputs.history.runs())[-SHOWN_RUNS:])
        self._runs = [ended(run) for run in reversed(runs)]

    async def _watch_progress(self) -> None:
        while True:
            before, self._runs = self._runs, [ended(run) for run in self._runs]
            # A process that was killed changes no file.
            if self._running.look() or before != self._runs:
                self._changed.set()
            await asyncio.sleep(PROGRESS_INTERVAL)

    async def _poll_vcenter(self) -> None:
        if self._inputs.vcenter is None:
            return
        while True:
            try:
                if self._client is None:
                    settings = await asyncio.to_thread(self._inputs.vcenter)
                    self._vcenter.name = f"vCenter {settings.server}"
                    self._client = VCenterClient(settings, patience=PATIENCE, request_timeout=PATIENCE)
                    self._to_compare.set()
                look = await look_at_vcenter(self._client, self._graph.estate.namespaces, self._class_names())
                if self._vcenter.answered() or look != self._look:
                    self._look = look
                    self._changed.set()
            except PacificError as error:
                if self._vcenter.silent(error.problem):
                    self._changed.set()
            await asyncio.sleep(INTERVAL)

    async def _compare_vcenter(self) -> None:
        """Compare vCenter's objects with the record, now and then, and when the record has changed."""
        while True:
            client, recorded = self._client, self._recorded
            # While a run goes on the record is behind what is there.
            if client is not None and self._running.of(self._runs) is None:
                compared = await compare_with_vcenter(client, recorded.in_vcenter)
                if compared != self._compared:
                    self._compared = compared
                    self._changed.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_OF_DRIFT):
                    await self._to_compare.wait()
            self._to_compare.clear()

    def _class_names(self) -> list[str]:
        token = "pacific:vcenter:VirtualMachineClass"  # noqa: S105 - a type token
        return [str(resource["id"]) for resource in self._recorded.in_vcenter.values() if resource["type"] == token]

    def _start_watches(self, tasks: asyncio.TaskGroup) -> None:
        """Follow the servers that are recorded, and no longer those that are not."""
        for urn in [urn for urn in self._watches if urn not in self._recorded.providers]:
            self._watches.pop(urn)[1].cancel()
        for urn in self._recorded.providers:
            if urn in self._watches:
                self._watches[urn][0].kinds = self._recorded.kinds(urn)
                continue
            watch = ServerWatch(
                urn,
                self._connect(urn),
                self._changed.set,
                Source(self._name_of(urn)),
                self._graph.estate.namespaces,
                self._recorded.kinds(urn),
            )
            self._watches[urn] = watch, tasks.create_task(watch.run())

    def _name_of(self, urn: str) -> str:
        name = split_urn(urn)[1].removesuffix("-kubernetes")
        clusters = {
            f"{cluster.namespace}-{cluster.name}": cluster.id for cluster in recorded_clusters(self._recorded.resources)
        }
        return clusters.get(name, name)

    def _connect(self, urn: str) -> Callable[[], Any]:
        async def connect() -> KubernetesAPI:
            provider = self._recorded.providers[urn]
            kubeconfigs = {} if self._inputs.vcenter is not None else await asyncio.to_thread(self._inputs.kubeconfigs)
            if self._inputs.vcenter is None:
                return await api_of(None, self._recorded.resources, kubeconfigs, provider)
            client = VCenterClient(await asyncio.to_thread(self._inputs.vcenter), patience=PATIENCE)
            try:
                return await api_of(client, self._recorded.resources, kubeconfigs, provider)
            finally:
                await client.close()

        return connect


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_mtime_ns, status.st_size
