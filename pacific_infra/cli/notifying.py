"""Tells webhooks how a command has ended; it never changes how it ends."""

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pacific_infra.cli.session import Session
from pacific_infra.converge.history import this_process
from pacific_infra.errors import PacificError
from pacific_infra.notifications.delivery import Errand, Webhook, deliver
from pacific_infra.notifications.notification import FORMS, Notification
from pacific_infra.steady_time import steady_time

if TYPE_CHECKING:
    from pacific_infra.cli.converging import Converged
    from pacific_infra.converge.stack import EstateStack
    from pacific_infra.converge.tracing import Span
    from pacific_infra.plan.drift import Drift

Errands: TypeAlias = Mapping[str, Errand]
"""What is being sent, by what is said where it fails."""
_UNTOUCHED = ("same", "keep")


def webhooks_of(session: Session, stack: "EstateStack") -> list[Webhook]:
    """Those that the stack's configuration names, or else the environment. Raises PacificError where the
    configuration cannot be read.
    """
    project = session.project
    webhooks = []
    for form in FORMS:
        key = f"{project.name}:{form.setting}"
        # Only these have it: asking the engine takes half a second.
        configured = key in project.secret_keys or project.imports_environments
        url = (stack.secret(key) if configured else None) or form.by_environment(session.settings)
        if url:
            webhooks.append(Webhook(form, url.strip()))
    return webhooks


def tell(webhooks: Iterable[Webhook], notification: Notification) -> Errands:
    """Begin to send it to each."""
    return {
        f"{webhook.form.title} was not told": Errand(partial(deliver, webhook, notification)) for webhook in webhooks
    }


def tell_of_run(session: Session, stack: "EstateStack", command: str, run: "Converged") -> Errands:
    """Begin to send how a run has ended, unless it changed nothing and went well."""
    progress = run.progress
    counts = {name: number for name, number in progress.counts.items() if name not in _UNTOUCHED}
    if run.result == "done" and not counts:
        return {}
    try:
        webhooks = webhooks_of(session, stack)
    except PacificError as error:
        session.remark(f"warning: no webhook was told: {error}")
        return {}
    failed = {progress.node_of(failure) for failure in progress.failures}
    notification = Notification(
        project=session.project.name,
        stack=session.project.stack,
        subject="converge",
        command=command,
        result=run.result,
        user=this_process().user,
        time=time.time(),
        seconds=run.seconds,
        summary=run.summary,
        counts=counts,
        documents=[name for name, node in progress.nodes.items() if node.changes],
        failed=sorted(node for node in failed if node is not None),
    )
    return tell(webhooks, notification)


def tell_of_drift(session: Session, webhooks: Sequence[Webhook], drift: "Drift") -> Errands:
    """Begin to send what has drifted, where something has."""
    from pacific_infra.plan.drift import drift_summary  # noqa: PLC0415 - who has drift has imported it

    if not drift.count:
        return {}
    kinds: list[str] = [resource.kind for _, resources in drift.by_node for resource in resources]
    kinds += ["orphaned"] * len(drift.unmanaged)
    notification = Notification(
        project=session.project.name,
        stack=session.project.stack,
        subject="drift",
        command="drift",
        result="found",
        user=this_process().user,
        time=time.time(),
        seconds=steady_time() - session.begun,
        summary=drift_summary(drift),
        counts={kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        documents=[node or "of no document" for node, _ in drift.by_node],
    )
    return tell(webhooks, notification)


def send_trace(session: Session, root: "Span") -> Errands:
    """Begin to send the spans of a run."""
    try:
        from pacific_infra.converge.trace_export import export  # noqa: PLC0415 - only where traces are wanted
    except ModuleNotFoundError as error:
        session.remark(f"warning: no traces: they need {error.name}; fix: pip install 'pacific-infra[otel]'")
        return {}
    return {"the traces were not sent": Errand(partial(export, root))}


def wait_for(session: Session, errands: Errands) -> None:
    """Wait until all is sent or given up, and say what was not sent in one line each. Ctrl-C ends the waiting alone."""
    try:
        for title, errand in errands.items():
            problem = errand.wait()
            if problem is not None:
                session.remark(f"warning: {title}: {problem}")
    except KeyboardInterrupt:
        session.remark("warning: it is not known who was told: that was interrupted")
