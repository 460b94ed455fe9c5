"""``pacific rollout``: one project's documents on two vCenters, wave after wave, and back.

Not part of every run: it starts a second sandbox.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject
from tests.support.sandbox_clients import NAMESPACES, VCenter

pytestmark = [pytest.mark.sandbox, pytest.mark.sites]
DOCUMENTS = f"""\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {{name: {SHARED_SUPERVISOR}}}
spec: {{external: true}}
---
apiVersion: pacific.infra/v1alpha1
kind: Values
values: {{memory: 4Gi}}
"""
NAMESPACE = """\
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {name}}}
spec:
  supervisor: {supervisor}
  description: {description}
  limits: {{memory: "${{values.memory}}"}}
  networkPolicy: allow-all
  podSecurity: unmanaged
  deletionPolicy: Delete
"""
OVERLAY = """\
apiVersion: pacific.infra/v1alpha1
kind: Values
values: {memory: 12Gi}
"""
SITES = """\
sites:
  - stacks: [lab]
  - stacks: [prod]
    after: {soak: 3, approval: true}
"""


class Sites:
    """The project, and the vCenters of its sites."""

    def __init__(self, project: EstateProject, vcenters: dict[str, VCenter]) -> None:
        self.project = project
        self.vcenters = vcenters

    def write(self, description: str) -> None:
        """Write the documents."""
        namespaces = (
            NAMESPACE.format(name=name, supervisor=SHARED_SUPERVISOR, description=description)
            for name in ("site-data", "site-shop")
        )
        (self.project.documents / "site.yaml").write_text("".join([DOCUMENTS, *namespaces]))

    def roll_out(self, *arguments: str, expect: int = 0) -> tuple[dict[str, str], str]:
        """The state of each site, and what was said."""
        process = self.project.start("rollout", *arguments, "--json")
        output, messages = process.communicate(timeout=280)
        assert process.returncode == expect, output + messages
        waves = json.loads(output)["waves"]
        return {stack: site["state"] for wave in waves for stack, site in wave["stacks"].items()}, output + messages

    def descriptions(self, site: str) -> set[str]:
        """The descriptions of its namespaces, without the stack's mark."""
        texts = (self.namespace(site, name)["description"] for name in ("site-data", "site-shop"))
        return {str(text).removesuffix(f" [pacific estate/{site}]") for text in texts}

    def namespace(self, site: str, name: str) -> Any:
        """As its vCenter has it."""
        return self.vcenters[site].call("GET", f"{NAMESPACES}/v2/{name}")

    def runs(self, site: str) -> list[dict[str, Any]]:
        """Its history, oldest first."""
        runs: list[dict[str, Any]] = self.project.json("history", "--stack", site)["runs"]
        return sorted(runs, key=lambda run: int(run["number"]))


@pytest.fixture(scope="module")
def other_sandbox(toolchain: BuiltToolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The second vCenter, with a Supervisor."""
    started = Sandbox(tmp_path_factory.mktemp("other") / "two", toolchain)
    with closing(VCenter(started.up())) as client:
        client.enable(SHARED_SUPERVISOR, "cluster-01")
    yield started
    started.reset()


@pytest.fixture(scope="module")
def sites(
    sandbox: Sandbox, supervisor: str, other_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sites]:
    """A project of two sites that are not brought up yet."""
    del supervisor
    folder = tmp_path_factory.mktemp("sites")
    (folder / "documents").mkdir()
    project = EstateProject.on(sandbox, folder / "documents", folder)
    (project.folder / "Pulumi.dev.yaml").unlink()
    (project.folder / "overlays").mkdir()
    (project.folder / "overlays" / "prod.yaml").write_text(OVERLAY)
    (project.folder / "pacific.yaml").write_text(SITES)
    for stack, vcenter in (("lab", sandbox), ("prod", other_sandbox)):
        settings = vcenter.settings()
        content: dict[str, Any] = {
            "pacific:server": settings.server,
            "pacific:username": settings.username,
            "pacific:passwordFile": str(settings.password_file),
            "pacific:caFile": str(settings.ca_file),
        }
        content |= {"estate:overlays": ["overlays/prod.yaml"]} if stack == "prod" else {}
        (project.folder / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": content}))
    with closing(VCenter(sandbox.settings())) as lab, closing(VCenter(other_sandbox.settings())) as prod:
        yield Sites(project, {"lab": lab, "prod": prod})
    for stack in ("lab", "prod"):
        project.pacific("down", "--yes", "--keep-sandbox", "--stack", stack)


def test_sites_are_changed_wave_after_wave(sites: Sites) -> None:
    sites.write("first")
    shown = sites.project.pacific("rollout", "--preview-only")
    assert shown.splitlines() == [
        "Wave 1",
        "  lab  to change: 6 create",
        "Wave 2  after 3 s of health, after approval",
        "  prod  to change: 6 create",
    ]
    states, _ = sites.roll_out("--yes", expect=2)
    assert states == {"lab": "done", "prod": "waiting"}
    assert sites.descriptions("lab") == {"first"}
    states, messages = sites.roll_out("--yes", "--approve", "prod")
    assert states == {"lab": "unchanged", "prod": "done"}
    assert "[prod] " in messages
    limits = {site: sites.namespace(site, "site-shop")["resource_spec"]["memory_limit"] for site in ("lab", "prod")}
    assert limits == {"lab": 4096, "prod": 12288}
    assert sites.roll_out("--yes")[0] == {"lab": "unchanged", "prod": "unchanged"}
    assert [len(sites.runs(site)) for site in ("lab", "prod")] == [1, 1]


def test_promote_shows_how_two_sites_differ(sites: Sites) -> None:
    shown = sites.project.pacific("promote", "lab", "prod", expect=2)
    assert "  ~ Namespace/site-shop\n" in shown
    assert "12Gi" in shown
    assert "[secret]" not in shown


def test_the_wave_that_fails_goes_back(sites: Sites, other_sandbox: Sandbox) -> None:
    sites.write("second")
    faults = SandboxFaults(other_sandbox)
    faults.declare(api="rest", effect="fail", value=403, method="PATCH", path=f"{NAMESPACES}*/site-shop")
    try:
        states, output = sites.roll_out("--yes", "--approve", "prod", "--roll-back", expect=1)
    finally:
        faults.clear()
    assert states == {"lab": "done", "prod": "rolled back"}
    assert "site-shop" in output
    assert (sites.descriptions("lab"), sites.descriptions("prod")) == ({"second"}, {"first"})
    assert [(run["result"], run["rollbackTo"]) for run in sites.runs("prod") if run["command"] == "up"] == [
        ("done", None),
        ("failed", None),
        ("done", 1),
    ]
    assert sites.roll_out("--yes", "--approve", "prod")[0] == {"lab": "unchanged", "prod": "done"}
    assert sites.descriptions("prod") == {"second"}


def test_a_site_that_is_not_healthy_stops_those_after_it(sites: Sites) -> None:
    """Also where nothing is to be changed: whoever asks whether all sites are as they should be gets no yes."""
    sites.vcenters["lab"].call("DELETE", f"{NAMESPACES}/site-data", expect=204)
    states, output = sites.roll_out("--yes", expect=1)
    assert states == {"lab": "unhealthy", "prod": "unchanged"}
    assert "Namespace/site-data is " in output
