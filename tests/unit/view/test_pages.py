"""What each page says of a small estate."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pacific_infra.plan.changes import PropertyChange
from pacific_infra.record.history import Run, Writer
from pacific_infra.view.guard import Guard
from pacific_infra.view.model import Difference
from pacific_infra.view.server import application
from pacific_infra.view.vcenter_drift import Compared
from pacific_infra.view.vcenter_look import Versions
from tests.support.view_world import DEPLOYMENT, SUPERVISOR_ID, World, event, pod

GUARD = Guard(8722, "correct-token")
HOSTILE = "<script>alert(1)</script>\u202e&"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def get(world: World, folder: Path, path: str, status: int = 200) -> str:
    """The page's source."""
    app = application(world.collector(folder), GUARD)
    headers = {"Authorization": f"Bearer {GUARD.token}"}
    with TestClient(app, base_url="http://127.0.0.1:8722", headers=headers) as client:
        answer = client.get(path)
    assert answer.status_code == status
    return answer.text


def read(world: World, folder: Path, path: str, status: int = 200) -> str:
    """What is to be read on the page, in one line."""
    source = get(world, folder, path, status).partition("<main")[2].partition("<dialog")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", source)).split())


def test_the_overview_counts_documents_and_names_what_is_not_as_it_should_be(world: World, folder: Path) -> None:
    world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
    world.put({**DEPLOYMENT, "status": {**DEPLOYMENT["status"], "readyReplicas": 2}})
    text = read(world, folder, "/")
    assert "Not as it should be Document State Live Recorded" in text
    assert "CrxWorkload/shop/web progressing 2/3 replicas ready" in text
    assert "Supervisor supervisor-01 healthy RUNNING, Kubernetes READY" in text
    assert "CPU 15.5 GHz 256 GHz" in text


def test_supervisors_have_state_messages_with_links_and_capacity(world: World, folder: Path) -> None:
    assert world.look is not None
    (identifier, supervisor), *_ = world.look.supervisors.items()
    details = {"default_message": "The certificate ends soon: https://knowledge.broadcom.com/external/article/1"}
    changed = {**supervisor, "messages": [{"severity": "WARNING", "details": details}]}
    world.look = replace(world.look, supervisors={identifier: changed}, conditions={identifier: ["NetworkReady: wait"]})
    source = get(world, folder, "/supervisors")
    text = read(world, folder, "/supervisors")
    assert "WARNING: The certificate ends soon" in text
    assert '<a href="https://knowledge.broadcom.com/external/article/1" rel="noreferrer">Knowledge Base</a>' in source
    assert "It waits for NetworkReady: wait" in text
    assert "Namespaces shop data" in text


def test_namespaces_show_what_is_used_planned_and_limited(world: World, folder: Path) -> None:
    source = get(world, folder, "/namespaces")
    assert "5.5 GHz used, 7 GHz planned, limit 40 GHz" in source
    assert 'aria-label="CPU: 5.5 GHz used, 7 GHz planned, limit 40 GHz"' in source
    assert "No namespace matches." in read(world, folder, "/namespaces?q=nothing")


def test_namespaces_have_alerts_with_errors_first(world: World, folder: Path) -> None:
    assert world.look is not None
    message = {"severity": "ERROR", "details": {"default_message": "the storage policy is gone"}}
    stats = {"cpu_used": 39000, "memory_used": 4480, "storage_used": 30720}
    shop = {**world.look.namespaces["shop"], "stats": stats, "messages": [message]}
    world.look = replace(world.look, namespaces={**world.look.namespaces, "shop": shop})
    world.put({**DEPLOYMENT, "status": {**DEPLOYMENT["status"], "readyReplicas": 2}, "spec": {"replicas": 4}})
    text = read(world, folder, "/namespaces/shop")
    assert "error the storage policy is gone warning cpu: 39 GHz of 40 GHz used" in text
    assert "error the storage policy is gone" in read(world, folder, "/namespaces?q=shop")
    assert "of 96 GiB used" not in read(world, folder, "/namespaces?q=data")


def test_supervisors_say_their_version_and_what_is_offered(world: World, folder: Path) -> None:
    assert world.look is not None
    versions = {SUPERVISOR_ID: Versions("v1.31.6", ["v1.32.9", "v1.33.3"])}
    world.look = replace(world.look, versions=versions)
    assert "Version v1.31.6 can be upgraded to v1.32.9, v1.33.3" in read(world, folder, "/supervisors")
    world.look = replace(world.look, versions={SUPERVISOR_ID: Versions("v1.33.3")})
    assert "Version v1.33.3 no update is offered" in read(world, folder, "/supervisors")


def test_drift_of_what_vcenter_has_is_shown_until_the_record_is_another_one(world: World, folder: Path) -> None:
    def record(description: str) -> None:
        recorded = {**resource, "outputs": {"description": description}}
        world.resources = [recorded if item["urn"] == resource["urn"] else item for item in world.resources]

    namespaces = [item for item in world.resources if item["type"] == "pacific:vcenter:Namespace"]
    resource = next(item for item in namespaces if item["id"] == "shop")
    record("The web shop")
    change = PropertyChange("description", "update", old="The web shop", new="changed by hand")
    difference = Difference("Namespace shop", "changed", [change])
    world.compared = {resource["urn"]: Compared({"description": "The web shop"}, difference)}
    assert 'description "The web shop" "changed by hand"' in read(world, folder, "/documents/Namespace/shop")
    record("of another run")
    assert "changed by hand" not in read(world, folder, "/documents/Namespace/shop")


def test_one_namespace_has_roles_workloads_storage_and_what_no_document_is_behind(world: World, folder: Path) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "catalogue-data", "namespace": "shop", "labels": {"app.kubernetes.io/name": "catalogue"}},
        "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "20Gi"}}},
        "status": {"phase": "Bound", "capacity": {"storage": "20Gi"}},
    }
    world.put(claim)
    world.put({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "by-hand", "namespace": "shop"}})
    text = read(world, folder, "/namespaces/shop")
    assert "blue-developers@vsphere.local group edit" in text
    assert "Administrators@vsphere.local group owner inherited" in text
    assert "Classes shop-small Libraries linux-images" in text
    assert "Pod web-1-a healthy Running CrxWorkload/shop/web" in text
    assert "PersistentVolumeClaim catalogue-data 20Gi gold healthy volume of 20Gi VirtualMachine/shop/catalogue" in text
    assert "Pod by-hand" in text.partition("Of no document")[2]
    assert "by-hand" not in text.partition("Of no document")[0]


def test_one_document_has_desired_recorded_live_and_what_it_waits_for(world: World, folder: Path) -> None:
    world.resources = [resource for resource in world.resources if "data/orders" not in resource["urn"]]
    world.happen(event("web-1-a", "there is no such image"))
    text = read(world, folder, "/documents/CrxWorkload/shop/web")
    assert "declared, wave 5" in text
    assert "stacks/estate/documents/shop/web.yaml:" in text
    assert "Recorded converged, 2 resources" in text
    assert "It waits for CrxWorkload/data/orders" in text
    assert "Live healthy 3/3 replicas ready" in text
    assert "Failed Pod web-1-a there is no such image" in text
    assert "image: sandbox/web:1" in text


def test_a_document_that_is_not_there_is_said(world: World, folder: Path) -> None:
    assert "there is no document Pod/a" in read(world, folder, "/documents/Pod/a", 404)
    assert "there is no namespace other in this stack" in read(world, folder, "/namespaces/other", 404)
    assert "there is no run 7 in the history" in read(world, folder, "/history/7", 404)


def test_drift_is_shown_property_by_property_and_goes(world: World, folder: Path) -> None:
    assert "No drift." in read(world, folder, "/drift")
    status = {**DEPLOYMENT["status"], "readyReplicas": 5, "updatedReplicas": 5, "replicas": 5}
    world.put({**DEPLOYMENT, "spec": {"replicas": 5}, "status": status})
    text = read(world, folder, "/drift")
    assert "CrxWorkload/shop/web drifted Deployment shop/web changed" in text
    assert "spec.replicas 3 5" in text
    world.put(DEPLOYMENT)
    assert "No drift." in read(world, folder, "/drift")


def test_an_object_that_is_gone_is_missing_and_drift(world: World, folder: Path) -> None:
    world.objects.objects.clear()
    text = read(world, folder, "/documents/CrxWorkload/shop/web")
    assert "missing Deployment does not exist" in text
    assert "Deployment shop/web missing" in text


def test_documents_are_filtered_by_the_address(world: World, folder: Path) -> None:
    text = read(world, folder, "/documents?kind=CrxWorkload&namespace=data")
    assert "2 of 10" in text
    assert "CrxWorkload/shop/web" not in text
    assert "1 of 10" in read(world, folder, "/documents?q=ACCOUNTS")
    assert "10 of 10" in read(world, folder, "/documents?page=99999999999999999999")


def test_the_graph_has_each_document_with_its_state_and_opens_it(world: World, folder: Path) -> None:
    source = get(world, folder, "/graph")
    assert source.count('class="box healthy"') >= 1
    assert 'href="/documents/CrxWorkload/shop/web"' in source
    assert "Wave 5" in source
    assert "1 of 10 documents" in read(world, folder, "/graph?namespace=shop&kind=VirtualMachine")


def test_a_server_that_is_away_is_named_with_since_when_and_its_objects_are_unknown(world: World, folder: Path) -> None:
    world.source.silent("the Kubernetes API https://10.0.0.1 does not answer: timed out")
    world.source.away_since = 1_800_000_000.0
    text = read(world, folder, "/namespaces/shop")
    assert "supervisor-01 has not answered since" in text
    assert "does not answer: timed out" in text
    assert 'class="old"' in get(world, folder, "/namespaces/shop")
    assert "CrxWorkload/shop/web unknown" in read(world, folder, "/documents?q=shop/web")
    world.source.answered()
    assert "has not answered" not in read(world, folder, "/namespaces/shop")


def test_a_run_of_another_terminal_is_followed(world: World, folder: Path) -> None:
    assert "Nothing runs now." in read(world, folder, "/converge")
    row = {"id": "CrxWorkload/shop/web", "wave": 5, "state": "running", "started": 1_799_999_990.0, "finished": None}
    done = {**row, "id": "Namespace/shop", "wave": 2, "state": "done", "finished": 1_799_999_995.0}
    world.converge = {
        "run": 1,
        "title": "Converging estate/dev",
        "summary": "1 of 2 nodes done, about 0:20 left",
        "critical": ["CrxWorkload/shop/web"],
        "nodes": [
            {**row, "detail": "Deployment: 2 of 3", "reasons": ["FailedCreate: it exceeds the quota"]},
            {**done, "detail": "1 created", "reasons": []},
        ],
    }
    text = read(world, folder, "/converge")
    assert "Converging estate/dev : 1 of 2 nodes done, about 0:20 left" in text
    assert "one after the other: CrxWorkload/shop/web Documents" in text
    assert "5 CrxWorkload/shop/web critical running 0:10 Deployment: 2 of 3 FailedCreate: it exceeds the quota" in text
    assert "2 Namespace/shop done 0:05 1 created" in text
    assert "A run goes on : 1 of 2 nodes done" in read(world, folder, "/")


def test_the_history_has_each_run_and_its_errors(world: World, folder: Path) -> None:
    writer = Writer("alice", "admin-01", 7, 0.0)
    world.runs = [
        Run(2, "up", 1_800_000_000.0, writer, "b" * 64, "c" * 40 + "+changes", result="failed", errors=["it is full"]),
        Run(1, "up", 1_799_999_000.0, writer, "a" * 64, seconds=61.0, result="done", counts={"create": 3, "same": 1}),
    ]
    text = read(world, folder, "/history")
    assert "alice up cccccccccc+ failed" in text
    assert "alice up done 1:01 3 create" in text
    assert "it is full" in read(world, folder, "/history/2")
    assert "Run 2 : up failed" in read(world, folder, "/")
    assert "pacific rollback" not in read(world, folder, "/history/2")
    assert "pacific rollback 1 goes back to them" in read(world, folder, "/history/1")


@pytest.mark.parametrize("path", ["/", "/events", "/namespaces/shop", "/documents/CrxWorkload/shop/web"])
def test_hostile_names_and_messages_are_shown_as_text(world: World, folder: Path, path: str) -> None:
    world.happen(event("web-1-a", HOSTILE))
    world.put({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": HOSTILE * 9, "namespace": "shop"}})
    world.remarks = [HOSTILE]
    source = get(world, folder, path)
    assert "<script>alert" not in source
    assert "\u202e" not in source
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e&amp;" in source


@pytest.mark.parametrize("path", ["/documents?q=%22%3E%3Cscript%3E", "/graph?state=%22%3E%3Cscript%3E"])
def test_hostile_filters_are_text_too(world: World, folder: Path, path: str) -> None:
    assert '"><script>' not in get(world, folder, path)


def test_pages_work_without_scripts_and_have_none_of_their_own(world: World, folder: Path) -> None:
    source = get(world, folder, "/documents")
    assert re.findall(r"<script(?![^>]* src=)", source) == []
    assert re.findall(r"\son\w+=|\sstyle=", source) == []
    assert '<form class="filters">' in source
    assert {
        match for match in re.findall(r'(?:src|href)="([^"]*)"', source) if not match.startswith(("/", "#", "?"))
    } == set()


def test_a_long_list_has_pages(world: World, folder: Path) -> None:
    for number in range(250):
        world.happen(event("web-1-a", f"message {number:03}", time=f"2026-11-28T10:00:{number % 60:02}Z"))
    source = get(world, folder, "/events?type=Warning")
    assert source.count('<tr class="warning">') == 100
    assert 'href="?type=Warning&amp;page=2" rel="next"' in source
    assert "page 3, 250 in all" in read(world, folder, "/events?page=3")


def test_programs_get_the_view_model(world: World, folder: Path) -> None:
    document = json.loads(get(world, folder, "/view.json"))
    assert document["schema"] == "pacific.infra/view/v1"
    (node,) = [node for node in document["nodes"] if node["id"] == "CrxWorkload/shop/web"]
    assert (node["recorded"], node["live"], node["state"]) == (
        "converged",
        {"state": "healthy", "reason": "3/3 replicas ready"},
        "healthy",
    )
    (shop,) = [namespace for namespace in document["namespaces"] if namespace["name"] == "shop"]
    cpu = {"resource": "cpu", "unit": "MHz", "limit": 40000, "used": 5500, "planned": 7000}
    assert cpu in shop["amounts"]


def test_prometheus_gets_metrics_in_base_units(world: World, folder: Path) -> None:
    world.source.silent("away")
    lines = get(world, folder, "/metrics").splitlines()
    assert 'pacific_namespace_limit{stack="estate/dev",namespace="shop",resource="cpu"} 40000000000' in lines
    assert 'pacific_namespace_used{stack="estate/dev",namespace="shop",resource="memory"} 4697620480' in lines
    assert 'pacific_source_up{stack="estate/dev",source="supervisor-01"} 0' in lines
    assert "# TYPE pacific_documents gauge" in lines


def test_a_document_that_is_recorded_alone_is_shown(world: World, folder: Path) -> None:
    urn = "urn:pulumi:dev::estate::pacific:index:VirtualMachine::shop/old"
    world.resources.append({"urn": urn, "type": "pacific:index:VirtualMachine", "outputs": {"id": "x"}})
    assert "no longer declared" in read(world, folder, "/documents/VirtualMachine/shop/old")
    assert "Removed 1" in read(world, folder, "/graph")
