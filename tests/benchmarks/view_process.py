"""``pacific view`` of an estate that is recorded whole: ``python -m tests.benchmarks.view_process FOLDER API``.

For ``view_page``, which measures it. As in the product, the page is there before documents and record are read.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pacific_infra.record.history import HistoryFiles
from pacific_infra.view.serving import serve

if TYPE_CHECKING:
    from pacific_infra.view.collector import Inputs


def inputs_of(documents: Path, server: str) -> "Inputs":
    """The documents in a folder, and the record that lies beside it. ``server``: address of the Kubernetes API."""
    from pacific_infra.documents import load_estate  # noqa: PLC0415 - it takes a second
    from pacific_infra.graph import build_graph  # noqa: PLC0415
    from pacific_infra.view.collector import Inputs  # noqa: PLC0415

    graph = build_graph(load_estate([documents]))
    record = documents.with_suffix(".record.json")
    kubeconfig = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    return Inputs(
        stack="estate/dev",
        graph=graph,
        read_graph=lambda: graph,
        document_paths=lambda: (documents,),
        read_record=lambda: (json.loads(record.read_bytes()), ()),
        record_paths=lambda: (record,),
        kubeconfigs=lambda: {"supervisor-01": kubeconfig},
        vcenter=None,
        history=HistoryFiles(documents / "history"),
        durations=documents / "durations.json",
    )


def say(line: str) -> None:
    """Print the address."""
    if "http://" in line:
        sys.stdout.write(f"{line.rpartition(' ')[2]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve("estate/dev", partial(inputs_of, Path(sys.argv[1]), sys.argv[2]), 0, say)
