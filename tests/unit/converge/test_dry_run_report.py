"""What is asked of API servers before a run, and what is said of their answers."""

import asyncio
import json
import ssl
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.dry_run import Answers, ask, has_field, kubeconfigs, kubernetes_objects
from pacific_infra.converge.dry_run_report import judge
from pacific_infra.converge.rendering import RenderedResource, render
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan.server_answers import ServerAnswers
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from pacific_infra.vcenter.settings import VCenterSettings

SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="not-shown")
MANAGER = "pacific-infra:estate/dev"
DOCUMENTS = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: sv}
spec:
  cluster: cluster-02
  size: TINY
  controlPlaneCount: 1
  storagePolicy: gold
  managementNetwork: {network: management, addressing: {mode: DHCP}}
  workloadNetwork: {type: VSPHERE, network: workload-01, addressing: {mode: DHCP}}
  loadBalancer: {provider: VSPHERE_FOUNDATION}
  contentLibraries: [linux-images]
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: team}
spec:
  supervisor: sv
  storagePolicies: [{name: gold}, {name: silver}]
  contentLibraries: [linux-images]
  objectCounts: {services: 2}
  virtualMachineClasses: [small]
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: w, namespace: team}
spec:
  kind: Deployment
  replicas: 1
  containers:
    - name: c
      image: sandbox/web:1
      ports: [{name: http, containerPort: 8080}]
  service: {ports: [{port: 80, targetPort: http}]}
  volumes:
    - name: d
      claim: {size: 1Gi, storagePolicy: gold}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: v, namespace: team}
spec:
  class: small
  image: ubuntu-24.04
  storagePolicy: gold
"""
OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    "pacific:vcenter:Supervisor": {"supervisor": "domain-c1", "endpoint": "10.0.0.1"},
    "pacific:vcenter:Namespace": {"namespace": "team"},
}


def graph_of(folder: Path, text: str = DOCUMENTS) -> DependencyGraph:
    (folder / "d.yaml").write_text(text)
    return build_graph(load_estate([folder]))


def rendered_of(graph: DependencyGraph, recorded: list[Recorded]) -> list[RenderedResource]:
    return render(graph, SETTINGS, recorded, owner="estate/dev", look_up=nothing_to_look_up)


def nothing_to_look_up(token: str, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    raise PacificError("not known", value=token)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> list[Recorded]:
    """What a run of the documents would have recorded: found by rendering until nothing is unknown any more."""
    graph = graph_of(tmp_path_factory.mktemp("documents"))
    recorded: list[Recorded] = []
    for _ in range(4):
        recorded = [
            {
                "urn": item.urn,
                "type": item.type,
                "id": item.name,
                "inputs": item.inputs,
                "outputs": {**item.inputs, **OUTPUTS.get(item.type, {})},
            }
            for item in rendered_of(graph, recorded)
        ]
    return recorded


def short(path: Path, text: object) -> str:
    return str(text).replace(f"{path}/", "")


def refused(reason: str, message: str, status: int = 422, **details: Any) -> httpx2.Response:
    body = {"kind": "Status", "code": status, "reason": reason, "message": message, "details": details}
    return httpx2.Response(status, json=body)


class Server:
    """Serves the kinds of the documents, and takes every object but those of ``answers``, by plural."""

    def __init__(self, **answers: httpx2.Response) -> None:
        self.answers = answers
        self.applied: list[str] = []
        self.namespaces = {"team"}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        *_, root, name = request.url.path.split("/")
        if request.method == "PATCH":
            assert dict(request.url.params) == {"fieldManager": MANAGER, "force": "false", "dryRun": "All"}
            self.applied.append(f"{root}/{name}")
            return self.answers.get(root, httpx2.Response(200, json={}))
        if root == "namespaces":
            present = name in self.namespaces
            return httpx2.Response(200, json={"metadata": {}}) if present else refused("NotFound", "", 404)
        kinds = ["Namespace", "PersistentVolumeClaim", "Service", "Deployment", "NetworkPolicy", "VirtualMachine"]
        resources = [
            {"name": plural(kind), "kind": kind, "namespaced": kind != "Namespace", "verbs": ["patch"]}
            for kind in kinds
        ]
        return httpx2.Response(200, json={"resources": resources})


def plural(kind: str) -> str:
    return f"{kind.lower()[:-1]}ies" if kind.endswith("y") else f"{kind.lower()}s"


def answers_of(server: Server, objects: list[RenderedResource]) -> Answers:
    async def run() -> Answers:
        connection = Connection("https://sv.test", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(server)) as api:
            return await ask(api, objects)

    return asyncio.run(run())


def query(
    folder: Path,
    recorded: list[Recorded],
    changed: Mapping[str, str],
    server: Server,
    *,
    refresh: bool = False,
    released: Collection[str] = (),
) -> tuple[list[str], ServerAnswers]:
    """What is said where ``changed`` texts of the documents have changed since they were recorded."""
    text = DOCUMENTS
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    graph = graph_of(folder, text)
    rendered = rendered_of(graph, recorded)
    answers = answers_of(server, kubernetes_objects(rendered, unchanged=refresh))
    by_urn = {item["urn"]: item for item in recorded}
    errors, report = judge(answers, graph, rendered, by_urn, refresh=refresh, released=released)
    return [short(folder, error) for error in errors], report


def test_what_is_recorded_just_so_is_not_asked_about(tmp_path: Path, record: list[Recorded]) -> None:
    server = Server()
    errors, report = query(tmp_path, record, {}, server)
    assert (errors, report, server.applied) == ([], ServerAnswers(), [])


def test_what_is_new_or_changed_is_asked_about(tmp_path: Path, record: list[Recorded]) -> None:
    server = Server()
    _, report = query(
        tmp_path, record, {"replicas: 1": "replicas: 0", "image: ubuntu-24.04": "image: debian-12"}, server
    )
    assert (sorted(server.applied), report.objects) == (["deployments/w", "virtualmachines/v"], 2)
    assert report.line == "Asked: 2 objects in a dry run"


def test_before_the_supervisor_is_there_nothing_can_be_asked(tmp_path: Path) -> None:
    rendered = rendered_of(graph_of(tmp_path), [])
    assert kubeconfigs(rendered, lambda kubeconfig: kubeconfig) == {}
    assert {item.operation for item in rendered} == {"create"}


def test_the_login_of_a_supervisor_that_is_recorded_is_known(tmp_path: Path, record: list[Recorded]) -> None:
    known = kubeconfigs(rendered_of(graph_of(tmp_path), record), lambda kubeconfig: kubeconfig)
    assert known["sv-kubernetes"]["clusters"][0]["cluster"]["server"] == "https://10.0.0.1:6443"


def test_objects_of_a_namespace_that_is_not_there_yet_are_counted(tmp_path: Path, record: list[Recorded]) -> None:
    server = Server()
    server.namespaces.clear()
    _, report = query(tmp_path, record, {"replicas: 1": "replicas: 0"}, server)
    assert report.line == "Asked: 0 objects in a dry run; 1 not asked: namespace team does not exist yet (1)"


@pytest.mark.parametrize(
    ("changed", "answers", "error"),
    [
        (
            {"image: ubuntu-24.04": "image: debian-12"},
            {
                "virtualmachines": refused(
                    "Invalid",
                    'admission webhook "v.vmoperator.vmware.com" denied the request: spec.imageName: Invalid value: '
                    '"debian-12": field is immutable',
                )
            },
            "d.yaml:46: VirtualMachine/team/v: spec.imageName of VirtualMachine team/v cannot change after creation: "
            "got 'debian-12'; allowed: ubuntu-24.04; fix: restore 'ubuntu-24.04', or add a document with another name, "
            "copy the data, and remove the old one",
        ),
        (
            {"claim: {size: 1Gi, storagePolicy: gold}": "claim: {size: 1Gi, storagePolicy: silver}"},
            {
                "persistentvolumeclaims": refused(
                    "Invalid",
                    'PersistentVolumeClaim "w-d" is invalid: spec: Forbidden: spec is immutable after creation except '
                    "resources.requests\n  core.PersistentVolumeClaimSpec{\n",
                )
            },
            "d.yaml:39: CrxWorkload/team/w: spec.storageClassName of PersistentVolumeClaim team/w-d cannot change "
            "after creation: got 'silver'; allowed: gold; fix: restore 'gold', or add a document with another name, "
            "copy the data, and remove the old one",
        ),
        (
            {"metadata: {name: w, namespace: team}": "metadata: {name: x, namespace: team}"},
            {
                "services": refused(
                    "Forbidden",
                    'services "x" is forbidden: exceeded quota: team, requested: count/services=1, '
                    "used: count/services=2, limited: count/services=2",
                    403,
                )
            },
            "d.yaml:26: CrxWorkload/team/x: the API server refuses Service team/x: it exceeds the quota team: "
            "asked for count/services=1, used count/services=2, limit count/services=2: fix: raise the limit at "
            "d.yaml:22, or ask for less",
        ),
        (
            {"replicas: 1": "replicas: 0"},
            {
                "deployments": refused(
                    "Conflict",
                    "Apply failed with 1 conflict",
                    409,
                    causes=[
                        {
                            "reason": "FieldManagerConflict",
                            "field": ".spec.replicas",
                            "message": 'conflict with "kubectl" using apps/v1',
                        }
                    ],
                )
            },
            "d.yaml:31: CrxWorkload/team/w: the API server refuses Deployment team/w: others have set fields that the "
            "document sets: spec.replicas of kubectl: fix: take these back with pacific up --refresh, or take them out "
            "of the document",
        ),
        (
            {"image: sandbox/web:1": "image: sandbox/web:2"},
            {
                "deployments": refused(
                    "Forbidden",
                    'admission webhook "images.example.com" denied the request: '
                    "spec.template.spec.containers[0].image: Forbidden: not from registry.example.com",
                    403,
                )
            },
            "d.yaml:34: CrxWorkload/team/w: the API server refuses Deployment team/w: the admission webhook "
            "images.example.com denies it: spec.template.spec.containers[0].image: not from registry.example.com: "
            "fix: change what it names",
        ),
    ],
    ids=["image", "claim", "quota", "conflict", "webhook"],
)
def test_a_refusal_names_the_line_and_what_to_do(
    tmp_path: Path,
    record: list[Recorded],
    changed: Mapping[str, str],
    answers: Mapping[str, httpx2.Response],
    error: str,
) -> None:
    errors, _ = query(tmp_path, record, changed, Server(**answers))
    assert errors == [error]


def test_what_the_engine_replaces_is_not_refused(tmp_path: Path, record: list[Recorded]) -> None:
    message = 'Service "w" is invalid: spec.type: Invalid value: "x": field is immutable'
    changed = {"service: {ports": "service: {type: LoadBalancer, ports"}
    assert query(tmp_path, record, changed, Server(services=refused("Invalid", message)))[0] == []


def test_what_is_refused_while_its_namespace_changes_too_is_doubtful(tmp_path: Path, record: list[Recorded]) -> None:
    message = 'services "x" is forbidden: exceeded quota: team, requested: a=1, used: a=2, limited: a=2'
    changed = {"services: 2": "services: 3", "name: w, namespace": "name: x, namespace"}
    errors, report = query(tmp_path, record, changed, Server(services=refused("Forbidden", message, 403)))
    assert errors == []
    assert [short(tmp_path, text) for text in report.doubtful] == [
        "d.yaml:26: CrxWorkload/team/x: the API server refuses Service team/x: it exceeds the quota team: asked for "
        "a=1, used a=2, limit a=2: fix: raise the limit at d.yaml:22, or ask for less; it may pass once Namespace/team "
        "has changed"
    ]
    assert report.line.startswith("Asked: 4 objects in a dry run, 1 doubtful")


def conflict(field: str, manager: str = "kubectl-edit") -> httpx2.Response:
    cause = {"reason": "FieldManagerConflict", "field": field, "message": f'conflict with "{manager}" using apps/v1'}
    return refused("Conflict", "Apply failed", 409, causes=[cause])


def test_a_refresh_takes_back_what_was_recorded_and_says_from_whom(tmp_path: Path, record: list[Recorded]) -> None:
    errors, report = query(tmp_path, record, {}, Server(deployments=conflict(".spec.replicas")), refresh=True)
    assert (errors, report.taken_over) == (
        [],
        ("CrxWorkload/team/w: takes back spec.replicas (set by kubectl-edit) of Deployment team/w",),
    )


def test_a_refresh_does_not_take_what_was_never_recorded(tmp_path: Path, record: list[Recorded]) -> None:
    errors, report = query(tmp_path, record, {}, Server(deployments=conflict(".spec.paused")), refresh=True)
    assert report.taken_over == ()
    assert errors == [
        "d.yaml:26: CrxWorkload/team/w: the API server refuses Deployment team/w: others have set fields that the "
        "document sets: spec.paused of kubectl-edit: fix: remove them from the document, or have their manager release "
        "them"
    ]


def test_the_number_of_pods_that_an_autoscaler_has_set_is_no_conflict(tmp_path: Path, record: list[Recorded]) -> None:
    scaled = {
        "  replicas: 1\n": "  autoscaler: {minReplicas: 2, maxReplicas: 4}\n",
        "{size: 1Gi,": "{size: 1Gi, accessMode: ReadWriteMany,",
        "web:1": "web:2",
    }
    used = conflict(".spec.replicas", "kube-controller-manager")
    errors, report = query(tmp_path, record, scaled, Server(deployments=used))
    assert (errors, report.taken_over, report.doubtful) == ([], (), ())


def test_the_number_of_pods_is_taken_back_from_an_autoscaler_that_goes(tmp_path: Path, record: list[Recorded]) -> None:
    used = conflict(".spec.replicas", "kube-controller-manager")
    changed = {"replicas: 1": "replicas: 3", "{size: 1Gi,": "{size: 1Gi, accessMode: ReadWriteMany,"}
    errors, report = query(tmp_path, record, changed, Server(deployments=used), released=["CrxWorkload/team/w"])
    assert (errors, report.taken_over) == (
        [],
        ("CrxWorkload/team/w: takes spec.replicas back from its autoscaler, which goes first",),
    )


def test_objects_of_the_stacks_earlier_field_manager_are_handed_over(tmp_path: Path, record: list[Recorded]) -> None:
    earlier = json.loads(json.dumps(record).replace(MANAGER, "pacific-infra"))
    used = conflict(".metadata.annotations.pulumi.com/patchFieldManager", "pacific-infra")
    errors, report = query(tmp_path, earlier, {}, Server(deployments=used))
    assert (errors, report.handed_over, report.taken_over) == ([], 1, ())


@pytest.mark.parametrize(
    ("path", "present"),
    [
        ("spec.replicas", True),
        ("spec.paused", False),
        ('spec.ports[port=80,protocol="TCP"].targetPort', True),
        ('spec.ports[port=80,protocol="UDP"].targetPort', False),
        ('spec.containers[name="c"].image', True),
        ("spec.replicas.deeper", False),
    ],
)
def test_a_field_as_managers_write_it_is_looked_up(path: str, present: bool) -> None:
    ports = [{"port": 80, "targetPort": "http"}]
    spec = {"replicas": 3, "ports": ports, "containers": [{"name": "c", "image": "i"}]}
    assert has_field({"spec": spec}, path) is present
