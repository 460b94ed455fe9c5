"""Takes the pictures of docs/images: ``./run --no-toolchain python -m tests.support.view_pictures [FOLDER]``.

Every page of the live view and the plan's page, for the demo, the hybrid shop and a generated estate of 500 documents,
dark and light, 1440 and 390 pixels wide, with a page index.html that shows all. Without FOLDER only those that the
documentation shows are written, and the view in a terminal.
"""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

from pacific_infra.converge.health import Health
from pacific_infra.plan import ResourceChange, assess, build_plan, resource_of
from pacific_infra.plan.changes import Operation
from pacific_infra.plan.durations import History, forecast
from pacific_infra.plan.html import render_html
from pacific_infra.plan.policy import all_rules
from pacific_infra.record.history import Run, Writer
from pacific_infra.view.terminal import Terminal
from tests.benchmarks.estates.generate import write
from tests.support.browser import browsing
from tests.support.view_server import served
from tests.support.view_world import DEPLOYMENT, NOW, World, event, pod, recorded_workloads

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
PAGES = {
    "overview": "/",
    "supervisors": "/supervisors",
    "namespaces": "/namespaces",
    "namespace": "/namespaces/{space}",
    "documents": "/documents",
    "search": "/documents?q=crxworkload",
    "document": "/documents/{node}",
    "graph": "/graph",
    "events": "/events",
    "drift": "/drift",
    "converge": "/converge",
    "history": "/history",
    "run": "/history/3",
}
DOCUMENTED = {
    "plan-light.png": ("demo", "plan", 1440, "light"),
    "plan-500.webp": ("generated", "plan", 1440, "dark"),
    "view-converge.webp": ("demo", "converge", 1440, "dark"),
    "view-document.webp": ("demo", "document", 1440, "light"),
    "view-graph.webp": ("hybrid-shop", "graph", 1440, "dark"),
    "view-graph-500.webp": ("generated", "graph", 1440, "light"),
    "view-graph-500-phone.webp": ("generated", "graph", 390, "dark"),
    "view-namespace.webp": ("hybrid-shop", "namespace", 1440, "light"),
    "view-namespaces.webp": ("demo", "namespaces", 1440, "light"),
    "view-namespaces-phone.webp": ("demo", "namespaces", 390, "dark"),
    "view-overview.webp": ("hybrid-shop", "overview", 1440, "dark"),
}
"""The pictures that the documentation shows: estate, page, width and theme of each."""
WORKING, BROKEN = "web-7d9c5-x2k8p", "web-7d9c5-q9zzt"


def worlds(folder: Path) -> Iterator[tuple[str, World]]:
    """The estates, each with something that fails, has drifted, runs, and was run."""
    (folder / "generated").mkdir()
    write(folder / "generated", 500, 20261128)
    for name, documents in (
        ("demo", Path("stacks", "estate", "documents")),
        ("hybrid-shop", Path("stacks", "hybrid-shop", "documents")),
        ("generated", folder / "generated"),
    ):
        world = World(documents)
        converge(world)
        populate(world)
        yield name, world


def converge(world: World) -> None:
    """Record an object of each workload and VM, and have it there."""
    assert world.look is not None
    (template, *_) = world.look.namespaces.values()
    spaces = {
        name: {**template, "description": "" if number else "The web shop", "stats": _stats(number)}
        for number, name in enumerate(world.graph.estate.namespaces)
    }
    (roles, *_) = world.look.roles.values()
    classes = {item.name: Health("healthy", "") for item in world.graph.estate if item.kind == "VirtualMachineClass"}
    world.look = replace(world.look, namespaces=spaces, roles=dict.fromkeys(spaces, roles), classes=classes)
    for resource, content in recorded_workloads(world.graph):
        world.resources.append(resource)
        world.put(content)
        world.objects.followed.add((content["apiVersion"].rpartition("/")[0], content["kind"]))
        if content["kind"] == "Deployment":
            metadata = content["metadata"]
            for suffix in ("x2k8p", "m4wq7"):
                running = pod(f"{metadata['name']}-7d9c5-{suffix}")
                labels = {"app.kubernetes.io/name": metadata["name"]}
                world.put(
                    {
                        **running,
                        "metadata": {
                            **running["metadata"],
                            **metadata,
                            "name": running["metadata"]["name"],
                            "labels": labels,
                        },
                    }
                )


def _stats(number: int) -> dict[str, int]:
    """What a namespace uses: each another share, one of them nearly all."""
    return {"cpu_used": 2300 + 5100 * (number % 4), "memory_used": 4480 + 3000 * (number % 5), "storage_used": 30720}


def populate(world: World) -> None:
    """Put into a world what an administrator would look for."""
    world.put({**DEPLOYMENT, "spec": {"replicas": 5}})
    world.put(pod(WORKING))
    world.put(pod(BROKEN, waiting="ImagePullBackOff", message='Back-off pulling image "registry.example.com/web:9"'))
    world.happen(event(BROKEN, 'Failed to pull image "registry.example.com/web:9": not found'))
    world.happen(event(WORKING, "Started container web", kind="Normal", time="2026-11-28T09:58:00Z"))
    nodes = list(world.graph.order)
    writer = Writer("alice", "admin-01", 4711, 0.0)
    world.runs = [
        Run(3, "up", NOW - 300, writer, "c" * 64, "5cff537" + "0" * 33, result="running"),
        Run(
            2,
            "up",
            NOW - 7200,
            writer,
            "b" * 64,
            "2c3b72f" + "0" * 33 + "+changes",
            seconds=94.0,
            result="failed",
            counts={"create": 3, "same": 80},
            changes={node: {"create": 1} for node in nodes[-3:]},
            errors=[f"{nodes[-1]}: the rollout is not done after 300 s: ImagePullBackOff"],
        ),
        Run(1, "up", NOW - 90000, writer, "a" * 64, seconds=187.0, result="done", counts={"create": len(nodes)}),
    ]
    world.converge = progress(world)


def progress(world: World) -> dict[str, Any]:
    """A run that is half over."""
    rows = []
    done = len(world.graph.order) // 2
    for number, node in enumerate(world.graph.order):
        state = "done" if number < done else "running" if number < done + 2 else "waiting"
        waits = [need for need in world.graph.needs(node) if world.graph.order.index(need) >= done]
        started = NOW - 120 + number % 100 if state != "waiting" else None
        detail = {"done": "2 created", "running": "Deployment: 1 of 3 replicas ready"}
        rows.append(
            {
                "id": node,
                "wave": world.graph.wave_of[node],
                "state": state,
                "started": started,
                "finished": started + 7 if state == "done" and started else None,
                "detail": detail.get(
                    state, f"waits for {', '.join(waits)}" if waits else "the engine has not come to it"
                ),
                "waits": waits if state == "waiting" else [],
                "reasons": ["FailedScheduling: no node has enough memory"] if number == done else [],
            }
        )
    return {
        "run": 3,
        "title": "Converging estate/dev",
        "summary": f"{done} of {len(rows)} nodes done, about 1:40 left",
        "critical": list(world.graph.order[done : done + 1]) + list(world.graph.order[-2:]),
        "nodes": rows,
    }


def plan_page(world: World) -> str:
    """The page of a plan of it, in which every fourth document changes."""
    graph = world.graph
    operations: Sequence[Operation] = ("create", "same", "same", "update", "same", "same", "delete", "same")
    changes: list[ResourceChange] = []
    planned: dict[str, str] = {}
    for number, node in enumerate(graph.order):
        token, name = resource_of(node)
        operation = operations[number % len(operations)]
        planned |= {node: operation} if operation != "same" else {}
        changes.append(ResourceChange(f"urn:pulumi:dev::estate::{token}::{name}", token, name, operation))
    history = History()
    for node in graph.order:
        history.add(node, "create", 12.0)
    assessment = assess(graph, all_rules(), date(2026, 11, 28))
    expected = forecast(graph, planned, history)
    return render_html(build_plan(graph, changes), graph, assessment, expected, title="Plan of estate/dev")


def terminal_picture(world: World, folder: Path) -> str:
    """The view in a terminal, as SVG with the reader's own fonts."""

    async def run() -> str:
        terminal = Terminal(world.collector(folder))
        async with terminal.run_test(size=(110, 30)) as pilot:
            await pilot.press("2")
            await pilot.pause()
            await pilot.press(*"jjj")
            await pilot.pause()
            return terminal.export_screenshot(title="pacific view --tui")

    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", asyncio.run(run()))


def main(target: Path | None) -> None:
    """Take the pictures. Places in them begin at the project's folder."""
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name, browsing(Path(name)) as page:
        folder = Path(name)
        for estate, world in worlds(folder):
            node = next(node for node in reversed(world.graph.order) if not node.startswith("Namespace/"))
            space = world.graph.document(node).governing_namespace or ""
            file = folder / "plan.html"
            file.write_text(plan_page(world), encoding="utf-8")
            with served(folder, world) as shown:
                page.open(shown.guard.address)
                addresses = {name: shown.address(path.format(space=space, node=node)) for name, path in PAGES.items()}
                addresses |= {"plan": f"file://{file}"}
                for title, width, theme in product(addresses, (1440, 390), ("light", "dark")):
                    names = [name for name, shows in DOCUMENTED.items() if shows == (estate, title, width, theme)]
                    files = [IMAGES / name for name in names]
                    if target is not None:
                        files = [target / f"{estate}-{title}-{width}-{theme}.png"]
                    for picture in files:
                        page.open(addresses[title])
                        page.picture(picture, width, dark=theme == "dark")
            if target is None and estate == "demo":
                (IMAGES / "view-terminal.svg").write_text(terminal_picture(world, folder), encoding="utf-8")

    if target is not None:
        rows = "".join(
            f'<figure><img src="{file.name}" width="240" alt=""><figcaption>{file.stem}</figcaption></figure>'
            for file in sorted(target.glob("*.png"))
        )
        style = "<style>body{display:flex;flex-wrap:wrap;align-items:flex-start}</style>"
        (target / "index.html").write_text(f"<!doctype html><title>Pictures</title>{style}{rows}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
