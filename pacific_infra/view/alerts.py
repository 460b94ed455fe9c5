"""What an administrator is to look at in a namespace, worst first. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.view.model import Alert, Amount, NodeView
from pacific_infra.view.texts import FULL, quantity

_ORDER = ("error", "warning")
_BAD = ("missing", "degraded")


def alerts_of(
    messages: Iterable[Mapping[str, Any]], amounts: Iterable[Amount], nodes: Iterable[NodeView]
) -> Sequence[Alert]:
    """``messages``: vCenter's of the namespace, each with severity and text. ``nodes``: the documents in it."""
    alerts = [
        *(_of_message(message) for message in messages),
        *(alert for amount in amounts for alert in _of_amount(amount)),
        *_of_documents(nodes),
    ]
    return sorted(alerts, key=lambda alert: _ORDER.index(alert.severity))


def _of_message(message: Mapping[str, Any]) -> Alert:
    return Alert("error" if message["severity"].upper() == "ERROR" else "warning", message["text"])


def _of_amount(amount: Amount) -> Iterator[Alert]:
    """Only what has a limit can be too much of it."""
    if not amount.limit:
        return
    limit = quantity(amount.limit, amount.unit)
    if amount.used is not None and amount.used > FULL * amount.limit:
        yield Alert("warning", f"{amount.resource}: {quantity(amount.used, amount.unit)} of {limit} used")
    if amount.planned is not None and amount.planned > amount.limit:
        planned = quantity(amount.planned, amount.unit)
        yield Alert("warning", f"{amount.resource}: documents plan {planned}, the limit is {limit}")


def _of_documents(nodes: Iterable[NodeView]) -> Iterator[Alert]:
    counts = Counter(node.state for node in nodes)
    for state in _BAD:
        if counts[state]:
            yield Alert("error", f"{counts[state]} {'document is' if counts[state] == 1 else 'documents are'} {state}")
    if counts["drifted"]:
        verb = "document is" if counts["drifted"] == 1 else "documents are"
        yield Alert("warning", f"{counts['drifted']} {verb} not as the last converge left it")
