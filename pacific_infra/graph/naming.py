"""A document by the name that a person gives it on the command line."""

from difflib import get_close_matches

from pacific_infra.errors import PacificError
from pacific_infra.graph.dependency_graph import DependencyGraph

MOST_SUGGESTIONS = 5


def find_node(graph: DependencyGraph, text: str) -> str:
    """The id that ``text`` means: ``Kind/namespace/name``, or an ending of one that is unique, such as ``shop/web``.

    Raises PacificError with the nearest ids where there is none, and with all where there are several, as in a use of a
    template.
    """
    if text in graph.estate.by_id:
        return text
    if text in graph.estate.uses:
        documents = graph.estate.uses[text]
        raise PacificError("this is a use of a template: name one of its documents", value=text, allowed=documents)
    matches = [node for node in graph.order if node.endswith(f"/{text}")]
    # `shop` means Namespace/shop, even where a workload has that name too.
    whole = [node for node in matches if node.partition("/")[2] == text]
    for candidates in (matches, whole):
        if len(candidates) == 1:
            return candidates[0]
    if matches:
        raise PacificError("several documents end like this", value=text, allowed=sorted(matches))
    if parts := graph.estate.applications.get(text.removeprefix("Application/")):
        raise PacificError("this is an application: name one of its parts", value=text, allowed=parts)
    by_name = {node.rpartition("/")[2]: node for node in graph.order}
    near = get_close_matches(text, [*graph.order, *by_name], n=MOST_SUGGESTIONS, cutoff=0.6)
    allowed = sorted({by_name.get(name, name) for name in near}) or "Kind/name, or Kind/namespace/name"
    raise PacificError("no such document in the estate", value=text, allowed=allowed)
