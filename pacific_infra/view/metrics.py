"""The view as metrics in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats). Pure."""

from collections import Counter
from collections.abc import Iterator

from pacific_infra.view.model import View

UNITS = {"MHz": 1_000_000, "MiB": 2**20, "": 1}
"""Metrics have base units: hertz and bytes."""


def metrics_text(view: View) -> str:
    """All metrics at one moment."""
    return "\n".join([*_documents(view), *_namespaces(view), *_sources(view), *_runs(view), ""])


def _documents(view: View) -> Iterator[str]:
    yield from _head("pacific_documents", "Documents by state.")
    for state, count in sorted(Counter(node.state for node in view.nodes.values()).items()):
        yield _line("pacific_documents", count, stack=view.stack, state=state)
    yield from _head("pacific_drifted_resources", "Recorded objects that are not as the last converge left them.")
    for node in view.drifted:
        yield _line("pacific_drifted_resources", len(node.drift), stack=view.stack, document=node.id)


def _namespaces(view: View) -> Iterator[str]:
    for name, text in (
        ("limit", "What a namespace may use, in hertz, bytes or objects."),
        ("used", "What a namespace uses."),
        ("planned", "What the documents of a namespace use at most."),
    ):
        metric = f"pacific_namespace_{name}"
        yield from _head(metric, text)
        for namespace in view.namespaces:
            for amount in namespace.amounts:
                number = getattr(amount, name)
                if number is not None:
                    labels = {"namespace": namespace.name, "resource": amount.resource}
                    yield _line(metric, number * UNITS[amount.unit], stack=view.stack, **labels)


def _sources(view: View) -> Iterator[str]:
    yield from _head("pacific_source_up", "Whether vCenter and the Kubernetes APIs answer.")
    for source in view.sources:
        up = source.known and source.away_since is None
        yield _line("pacific_source_up", int(up), stack=view.stack, source=source.name)


def _runs(view: View) -> Iterator[str]:
    yield from _head("pacific_last_converge_age_seconds", "Seconds since the last converge that went well ended.")
    done = next((run for run in view.history if run.result == "done" and run.seconds is not None), None)
    if done is not None:
        age = view.time - done.began - (done.seconds or 0)
        yield _line("pacific_last_converge_age_seconds", round(age), stack=view.stack)


def _head(name: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge"]


def _line(name: str, number: int, **labels: str) -> str:
    texts = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{texts}}} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
