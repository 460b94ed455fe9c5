"""The tables of docs/performance.md, made from the result files.

    ./run --no-toolchain python -m tests.benchmarks.tables        writes them into the page, between their marks

Numbers are measured once, by the benchmark; a unit test says when page and result files differ.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
MARKED = re.compile(r"(<!-- table (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page_with_tables(page: str) -> str:
    """``page`` with every marked table made anew. Raises KeyError for a mark that no table has."""
    return MARKED.sub(lambda mark: f"{mark[1]}{TABLES[mark['name']](_result(mark['name']))}{mark[3]}", page)


def _result(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return result


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    columns = list(head)
    lines: list[Iterable[object]] = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |\n" for line in lines)


def plan_estates(result: Mapping[str, Any]) -> str:
    """A column for each size."""
    sizes = result["sizes"]
    of = "pacific"
    rows: list[list[object]] = [
        [f"{step}, CPU s", *(size[of][step] for size in sizes.values())]
        for step in ("load and validate", "graph and waves", "capacity", "plan as JSON")
    ]
    rows.append(["**all, CPU s**", *(f"**{size[of]['all']}**" for size in sizes.values())])
    rows.append(["all from YAML, CPU s", *(size.get("from YAML") for size in sizes.values())])
    rows.append(["the process with its start, s", *(size[of]["process"]["s"] for size in sizes.values())])
    for key in ("KiB a document", "KiB a document over the models"):
        rows.append([key, *(size[of][key] for size in sizes.values())])
    rows.append(["floor, CPU s", *(size["floor"]["all"] for size in sizes.values())])
    rows.append(["pacific / floor", *(size["pacific / floor"] for size in sizes.values())])
    for peer in ("tofu plan", "pulumi preview"):
        if any(peer in size for size in sizes.values()):
            actual = [size.get(peer) for size in sizes.values()]
            rows.append([f"{peer}, s (CPU s; MiB)", *(_peer(item) for item in actual)])
            for key in (f"{peer} / pacific", f"{peer} / pacific's steps, CPU"):
                rows.append([key, *(size.get(key) for size in sizes.values())])
    return _table(["documents", *sizes], rows)


def growth(result: Mapping[str, Any]) -> str:
    """A column for each size, and one for the growth between the last two."""
    sizes, exponents = result["sizes"], list(result["growth"].values())[-1]
    rows: list[list[object]] = [
        [f"{step}, CPU s", *(size[step] for size in sizes.values()), exponents.get(step)]
        for step in ("load and validate", "graph", "resources", "record", "nothing to do")
    ]
    rows.append(["resources made", *(size["resources made"] for size in sizes.values()), exponents["resources made"]])
    rows.append(["MiB", *(size["MiB"] for size in sizes.values()), exponents["MiB"]])
    return _table(["documents", *sizes, "exponent of the last step"], rows)


def fleets(result: Mapping[str, Any]) -> str:
    """A row for each number of workers."""
    rows = [[number, *row.values()] for number, row in result["simulated"]["workers"].items()]
    return _table(["workers", "minutes", "of the least that any order takes"], rows)


def fleet_runs(result: Mapping[str, Any]) -> str:
    """A row for each size and step, with the ratios of several stacks to one."""
    figures = ("s", "CPU s", "MiB written")
    rows = [
        [size["documents"], size["stacks"], step, *(_figures(way[step], figures) for way in size["ways"].values())]
        + [size["several / one"][step][figure] for figure in figures]
        for size in result["partitions"]
        for step in size["several / one"]
    ]
    columns = ["documents", "stacks", "step", "one stack, s (CPU s; MiB written)", "several", "several / one, s", "CPU"]
    return _table([*columns, "MiB written"], rows)


def _figures(used: Mapping[str, float], figures: Sequence[str]) -> str:
    seconds, *others = (used[figure] for figure in figures)
    return f"{seconds} ({'; '.join(map(str, others))})"


def fleet_workers(result: Mapping[str, Any]) -> str:
    """A row for each number of workers."""
    rows = [
        [number, *(row[step]["s"] for step in ("up", "down")), row["efficiency, up"], row["efficiency, down"]]
        for number, row in result["workers"].items()
    ]
    return _table(["workers", "up, s", "down, s", "up, of linear", "down, of linear"], rows)


def _peer(result: Mapping[str, float] | None) -> str | None:
    return f"{result['s']} ({result['CPU s']}; {result['peak MiB']:.0f})" if result else None


def makespan(result: Mapping[str, Any]) -> str:
    """A row for each family and number of parallel operations."""
    rows = [
        [name, parallel, *(actual[key] for key in ("bound, s", "longest first", "first come"))]
        for name, family in result["families"].items()
        for parallel, actual in family.items()
    ]
    return _table(["family", "at a time", "bound, s", "longest first / bound", "first come / bound"], rows)


def apply_objects(result: Mapping[str, Any]) -> str:
    """For each size a row for each way, a column for each step."""
    return "\n\n".join(map(_applied, result["sizes"]))


def _applied(result: Mapping[str, Any]) -> str:
    steps = ("up", "second up", "down")
    rows = [[way, *(_step(used[step]) for step in steps)] for way, used in result["ways"].items()]
    rows += [
        [ratio, *(result["ratios"][step][ratio] for step in steps)] for ratio in next(iter(result["ratios"].values()))
    ]
    return _table([f"{result['count']} objects, s (CPU s; MiB written)", *steps], rows)


def _step(used: Mapping[str, Any]) -> str:
    return f"{used['s']} ({used['CPU s']}; {used['MiB written']})" if "CPU s" in used else str(used["s"])


def namespaces(result: Mapping[str, Any]) -> str:
    """A row for each step."""
    columns = list(next(iter(result["steps"].values())))
    rows = [[name, *used.values()] for name, used in result["steps"].items()]
    return _table([f"{result['count']} namespaces", *columns], rows)


def spherelet_scale(result: Mapping[str, Any]) -> str:
    """One row."""
    memory = result["memory_total_mib"]
    return _table(
        [
            *("pods", "hosts", "all running, s", "pods/s", "CPU ms a pod", "all deleted, s"),
            *("MiB before", "MiB after", "idle CPUs"),
        ],
        [
            [
                *(result[key] for key in ("pods", "hosts", "start_s", "pods_per_s")),
                round(sum(result["cpu_while_starting"].values()) * result["start_s"] / result["pods"] * 1000, 1),
                result["delete_s"],
                memory["before"],
                memory["after"],
                result["cpu_idle_total"],
            ]
        ],
    )


def vm_operator_scale(result: Mapping[str, Any]) -> str:
    """One row."""
    memory = result["memory_total_mib"]
    return _table(
        ["VMs", "hosts", "all created, s", "all with address, s", "VMs/s", "all deleted, s", "MiB before", "MiB after"],
        [
            [
                *(result[key] for key in ("machines", "hosts", "created_s", "with_address_s", "machines_per_s")),
                result["deleted_s"],
                memory["before"],
                memory["after"],
            ]
        ],
    )


def view_page(result: Mapping[str, Any]) -> str:
    """A row for each number."""
    change, memory = "a change until it is seen, s", "memory, MiB"
    rows = [
        *([name, value] for name, value in result.items() if " after the start" in name),
        *([f"`{path}`, s (KiB)", f"{page['s']} ({page['KiB']})"] for path, page in result["pages"].items()),
        [f"{change}: median, most", f"{result[change]['median']}, {result[change]['most']}"],
        [f"{memory}: now, peak", f"{result[memory]['now']}, {result[memory]['peak']}"],
        ["idle, share of a core", result["idle, share of a core"]],
    ]
    return _table([f"{result['documents']} documents, {result['pods']} pods", "load " + str(result["load"][0])], rows)


TABLES = {
    **{
        table.__name__: table
        for table in (
            plan_estates,
            growth,
            makespan,
            fleets,
            fleet_runs,
            fleet_workers,
            apply_objects,
            namespaces,
            spherelet_scale,
            vm_operator_scale,
        )
    },
    "makespan_runs": makespan,
    "view_page": view_page,
}
"""By the name of the result file."""


def main() -> None:
    """Write the tables into the page."""
    PAGE.write_text(page_with_tables(PAGE.read_text()))


if __name__ == "__main__":
    main()
