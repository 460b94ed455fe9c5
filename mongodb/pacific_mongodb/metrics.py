"""What the controller counts, in Prometheus' text format, at /metrics."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from aiohttp import web

from pacific_mongodb.database import Object

Key = tuple[str, str]
"""Namespace and name of a database."""


class Metrics:
    """Counters and gauges of one controller."""

    def __init__(self) -> None:
        self._passes: Counter[str] = Counter()
        self._seconds = 0.0
        self._databases: dict[Key, Object] = {}
        self.leader = False

    def passed(self, result: str, seconds: float) -> None:
        """One look at a database: ``result`` is done or failed."""
        self._passes[result] += 1
        self._seconds += seconds

    def report(self, key: Key, status: Object) -> None:
        """A database's newest status."""
        self._databases[key] = status

    def forget(self, key: Key) -> None:
        """A database that has gone."""
        self._databases.pop(key, None)

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from _head("mongodb_controller_leader", "gauge", "Whether this process is the leader.")
        yield f"mongodb_controller_leader {int(self.leader)}"
        yield from _head("mongodb_controller_reconcile_total", "counter", "Looks at databases.")
        for result in ("done", "failed"):
            yield f'mongodb_controller_reconcile_total{{result="{result}"}} {self._passes[result]}'
        yield from _head("mongodb_controller_reconcile_seconds_total", "counter", "Time they took.")
        yield f"mongodb_controller_reconcile_seconds_total {self._seconds:.3f}"
        for metric, field, description in (
            ("mongodb_members", "members", "Members that are there."),
            ("mongodb_ready_members", "readyMembers", "Members that serve."),
            ("mongodb_updated_members", "updatedMembers", "Members made from what is wanted now."),
        ):
            yield from _head(metric, "gauge", description)
            for (namespace, name), status in sorted(self._databases.items()):
                yield f'{metric}{{namespace="{namespace}",name="{name}"}} {status[field]}'
        yield from _head("mongodb_last_backup_timestamp_seconds", "gauge", "When the newest dump was done.")
        for (namespace, name), status in sorted(self._databases.items()):
            if "lastBackup" in status:
                at = datetime.fromisoformat(status["lastBackup"]["time"]).timestamp()
                yield f'mongodb_last_backup_timestamp_seconds{{namespace="{namespace}",name="{name}"}} {at:.0f}'

    async def serve(self, port: int, address: str) -> web.AppRunner:
        """Answer at ``port``; clean the returned runner up to end that."""

        async def metrics(_: web.Request) -> web.Response:
            return web.Response(text=self.text(), content_type="text/plain")

        app = web.Application()
        app.router.add_get("/metrics", metrics)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, address, port).start()
        return runner


def _head(metric: str, type_: str, description: str) -> Iterator[str]:
    yield f"# HELP {metric} {description}"
    yield f"# TYPE {metric} {type_}"
