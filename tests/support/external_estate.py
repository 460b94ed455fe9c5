"""Estates on a Supervisor and in a namespace of somebody else's, with what of them is declared."""

from pathlib import Path

import pulumi
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")


def surroundings(namespace: str = "shop", supervisor: str = "lab") -> str:
    """The documents of a Supervisor and of a namespace on it: 10 lines, the last of which begins a further document."""
    return f"""\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {{name: {supervisor}}}
spec: {{external: true}}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {namespace}}}
spec: {{supervisor: {supervisor}, external: true}}
---
"""


def graph_of(folder: Path, text: str) -> DependencyGraph:
    """The graph of ``text`` in these surroundings, which is written to ``estate.yaml`` in ``folder``."""
    (folder / "estate.yaml").write_text(surroundings() + text)
    return build_graph(load_estate([folder]))


def declared(graph: DependencyGraph) -> Recording:
    """What the components declare of a graph; the secret KEY of the configuration is ``<KEY>``."""
    options = EstateOptions("4.18.1", secret=lambda key: pulumi.Output.secret(f"<{key}>"))
    return record(lambda: declare_estate(graph, SETTINGS, options))[0]
