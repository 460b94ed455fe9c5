"""Removes autoscalers that go before the number of pods of their workloads is set."""

from collections.abc import Collection, Sequence

from pacific_infra.cli.session import Session
from pacific_infra.converge.autoscalers import leaving_autoscalers
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.stack import EstateStack


def remove_leaving_autoscalers(
    session: Session, stack: EstateStack, recorded: Sequence[Recorded], parts: Collection[str] | None
) -> None:
    """Remove autoscalers whose workload stays, before anything else. ``parts``: only those of these documents."""
    leaving = leaving_autoscalers(recorded, session.graph.estate)
    leaving = [autoscaler for autoscaler in leaving if parts is None or autoscaler.document.id in parts]
    if leaving:
        names = ", ".join(autoscaler.document.id for autoscaler in leaving)
        with session.saying(f"removing the autoscaler of {names}: it would go on setting the number of pods"):
            stack.destroy(lambda _event, _now: None, targets=[autoscaler.urn for autoscaler in leaving])
