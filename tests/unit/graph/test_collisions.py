"""Documents that would become one object are refused with both places, before anything is asked of a server."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents import load_estate
from pacific_infra.documents.manifests import identity_of
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.graph.object_names import RULES

EVERY_OBJECT = Path(__file__).parents[2] / "golden" / "every-object"
CONTAINER = "containers: [{name: c, image: 'c:1'}]"
SWITCHES = "manifest: {file: switches.crd.yaml}"
CLAIM = "claim: {size: 1Gi, storagePolicy: gold}"


def document(kind: str, name: str, spec: str, namespace: str | None = "closed") -> str:
    place = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: pacific.infra/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}{place}}}\nspec: {{{spec}}}\n---\n"
    )


def workload(name: str, spec: str = "", kind: str = "Deployment") -> str:
    return document("CrxWorkload", name, f"kind: {kind}, {CONTAINER}, {spec}")


def machine(name: str, spec: str = "") -> str:
    return document("VirtualMachine", name, f"class: small, image: debian-12, storagePolicy: gold, {spec}")


def errors_of(tmp_path: Path, documents: Sequence[str]) -> list[str]:
    """What is said of the example with these documents beside it, each in a file of its own: 1.yaml, 2.yaml."""
    switches = (EVERY_OBJECT / "lamps.crd.yaml").read_text().replace("lp", "sw").replace("lamp", "switch")
    (tmp_path / "switches.crd.yaml").write_text(switches.replace("Lamp", "Switch"))
    for number, text in enumerate(documents, 1):
        (tmp_path / f"{number}.yaml").write_text(text)
    try:
        build_graph(load_estate([EVERY_OBJECT, *sorted(tmp_path.glob("?.yaml"))]))
    except PacificErrors as raised:
        return [str(error).replace(f"{tmp_path}/", "").replace(f"{EVERY_OBJECT}/", "") for error in raised.errors]
    return []


NAMES = "fix: change metadata.name here, or metadata.name at 1.yaml:3"
COLLISIONS = {
    "a workload and a VM share claim and Service": (
        (
            workload("api", f"volumes: [{{name: data, {CLAIM}}}], service: {{ports: [{{port: 80}}]}}"),
            machine("api", "volumes: [{name: data, size: 1Gi}], service: {ports: [{port: 80}]}"),
        ),
        "2.yaml:3: CrxWorkload/closed/api and VirtualMachine/closed/api declare one object: "
        f"PersistentVolumeClaim closed/api-data, Service closed/api (made by VM Operator): {NAMES}",
    ),
    "a workload overwrites a controller's Deployment": (
        (workload("electrician"),),
        "1.yaml:3: Controller/closed/electrician and CrxWorkload/closed/electrician declare one object: "
        "Deployment closed/electrician, pods labelled app.kubernetes.io/name closed/electrician (made by Kubernetes): "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:111",
    ),
    "a job's pods would get a controller's connections": (
        (workload("electrician", kind="Job"),),
        "1.yaml:3: Controller/closed/electrician and CrxWorkload/closed/electrician declare one object: "
        "pods labelled app.kubernetes.io/name closed/electrician (made by Kubernetes): "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:111",
    ),
    "a function's Service is made by Knative": (
        (
            workload("api", "service: {ports: [{port: 80}]}"),
            document("Function", "api", "container: {name: c, image: 'c:1'}"),
        ),
        "2.yaml:3: CrxWorkload/closed/api and Function/closed/api declare one object: "
        f"Service closed/api (made by Knative), NetworkPolicy closed/api: {NAMES}",
    ),
    "a headless Service": (
        (workload("database-headless", "service: {ports: [{port: 80}]}"),),
        "1.yaml:3: CrxWorkload/closed/database and CrxWorkload/closed/database-headless declare one object: "
        "Service closed/database-headless: "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:60",
    ),
    "names that are put together": (
        (workload("a", f"volumes: [{{name: b-c, {CLAIM}}}]"), workload("a-b", f"volumes: [{{name: c, {CLAIM}}}]")),
        "2.yaml:4: CrxWorkload/closed/a and CrxWorkload/closed/a-b declare one object: "
        "PersistentVolumeClaim closed/a-b-c: "
        "fix: change spec.volumes[0].name here, or spec.volumes[0].name at 1.yaml:4",
    ),
    "the claim of a replica": (
        (workload("data-database", f"volumes: [{{name: '1', {CLAIM}}}]"),),
        "1.yaml:4: CrxWorkload/closed/database and CrxWorkload/closed/data-database declare one object: "
        "PersistentVolumeClaim closed/data-database-1: "
        "fix: change spec.volumes[0].name here, or spec.volumes[0].name at every-object.yaml:65",
    ),
    "claims of replicas that Pulumi would call alike": (
        (
            workload("orders", f"volumes: [{{name: db-data, {CLAIM}}}]", "StatefulSet"),
            workload("orders-db", f"volumes: [{{name: data, {CLAIM}}}]", "StatefulSet"),
        ),
        "2.yaml:4: CrxWorkload/closed/orders and CrxWorkload/closed/orders-db declare one object: "
        "resource of a claim closed/orders-db-data-0 (made by Pulumi): "
        "fix: change spec.volumes[0].name here, or spec.volumes[0].name at 1.yaml:4",
    ),
    "a rule of the namespace's own": (
        (workload("deny-by-default", "service: {ports: [{port: 80}]}"),),
        "1.yaml:3: Namespace/closed and CrxWorkload/closed/deny-by-default declare one object: "
        "NetworkPolicy closed/deny-by-default: "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:19",
    ),
    "an account of the namespace's own": (
        (document("Controller", "default", f"definitions: [fuses], {CONTAINER}"),),
        "1.yaml:3: Namespace/closed and Controller/closed/default declare one object: "
        "ServiceAccount closed/default (made by Kubernetes): "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:19",
    ),
    "rights of the whole Supervisor": (
        (
            document("Namespace", "closed-a", "supervisor: zoned", None),
            document("CustomResourceDefinition", "switches", f"supervisor: zoned, {SWITCHES}", None)
            + document("Controller", "b", f"definitions: [switches], scope: Cluster, {CONTAINER}", "closed-a"),
            document("Controller", "a-b", f"definitions: [lamps], scope: Cluster, {CONTAINER}"),
        ),
        "3.yaml:3: Controller/closed-a/b and Controller/closed/a-b declare one object: "
        "ClusterRole closed-a-b, ClusterRoleBinding closed-a-b: "
        "fix: change metadata.name here, or metadata.name at 2.yaml:8",
    ),
    "a function's schedule": (
        (
            document(
                "Function",
                "a",
                "container: {name: c, image: 'c:1'}, triggers: {schedules: [{name: b-c, schedule: '@daily'}]}",
            ),
            document(
                "Function",
                "a-b",
                "container: {name: c, image: 'c:1'}, triggers: {schedules: [{name: c, schedule: '@daily'}]}",
            ),
        ),
        "2.yaml:4: Function/closed/a and Function/closed/a-b declare one object: PingSource closed/a-b-c: "
        "fix: change spec.triggers.schedules[0].name here, or spec.triggers.schedules[0].name at 1.yaml:4",
    ),
    "what Cluster API makes for a cluster": (
        (workload("cluster-control-plane-service", "service: {ports: [{port: 80}]}"),),
        "1.yaml:3: WorkloadCluster/closed/cluster and CrxWorkload/closed/cluster-control-plane-service declare one "
        "object: Service closed/cluster-control-plane-service (made by Cluster API): "
        "fix: change metadata.name here, or metadata.name at every-object.yaml:145",
    ),
    "two Supervisors on one compute cluster": (
        tuple(
            document(
                "SupervisorCluster",
                name,
                "cluster: cluster-02, storagePolicy: gold, managementNetwork: {network: management}, "
                "workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}",
                None,
            )
            for name in ("first", "second")
        ),
        "2.yaml:4: SupervisorCluster/first and SupervisorCluster/second declare one object: "
        "Supervisor of cluster cluster-02 (made by vCenter): "
        "fix: change spec.cluster here, or spec.cluster at 1.yaml:4",
    ),
    "two storage policies of one StorageClass": (
        (document("Namespace", "more", "supervisor: zoned, storagePolicies: [{name: Gold}]", None),),
        "1.yaml:4: Namespace/closed and Namespace/more declare one object: "
        "StorageClass gold of 'gold' and 'Gold' (made by vCenter): "
        "fix: change spec.storagePolicies[0].name here, or spec.storagePolicies[0].name at every-object.yaml:22",
    ),
    "one manifest in two documents": (
        (document("Manifests", "more", 'cluster: cluster, manifests: "{apiVersion: v1, kind: ConfigMap, '
         'metadata: {name: settings, namespace: default}, data: {a: b}}"'),),
        "1.yaml:4: Manifests/closed/inside and Manifests/closed/more declare one object: "
        "ConfigMap default/settings in WorkloadCluster/closed/cluster: "
        "fix: change the manifest of ConfigMap settings here, or the manifest of ConfigMap settings at "
        "every-object.yaml:153",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COLLISIONS)
def test_one_object_of_two_documents_is_refused_with_both_places(tmp_path: Path, case: str) -> None:
    documents, expected = COLLISIONS[case]
    errors = errors_of(tmp_path, documents)
    assert len(errors) == 1
    # The order of reading decides which of the two is the later one.
    assert errors[0] == expected


def test_two_definitions_of_one_kind(tmp_path: Path) -> None:
    text = (EVERY_OBJECT / "lamps.crd.yaml").read_text()
    (tmp_path / "again.crd.yaml").write_text(text)
    (tmp_path / "lights.crd.yaml").write_text(text.replace("lamps", "lights").replace("singular: lamp, ", ""))
    more = [
        document("CustomResourceDefinition", name, f"supervisor: zoned, manifest: {{file: {name}.crd.yaml}}", None)
        for name in ("again", "lights")
    ]
    fix = "fix: change spec.manifest here, or spec.manifest at every-object.yaml:102"
    local = "CustomResourceDefinition/lamps"
    both = "name of a resource in example.com lamp (made by Kubernetes), name of a resource in example.com lp (made by "
    both += "Kubernetes), kind in example.com Lamp (made by Kubernetes)"
    assert errors_of(tmp_path, more) == [
        f"1.yaml:4: {local} and CustomResourceDefinition/again declare one object: "
        f"CustomResourceDefinition lamps.example.com, {both}: {fix}",
        f"2.yaml:4: {local} and CustomResourceDefinition/lights declare one object: {both}: {fix}",
    ]


def test_a_manifest_in_a_file_is_named_by_its_line_there(tmp_path: Path) -> None:
    (tmp_path / "m.k8s.yml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n---\n"
                                        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}\n")  # fmt: skip
    more = document("Manifests", "more", "cluster: cluster, manifests: {file: m.k8s.yml}")
    (message,) = errors_of(tmp_path, [more])
    assert message.startswith("m.k8s.yml:3: Manifests/closed/inside and Manifests/closed/more declare one object: ")


FINE = {
    "alike in two namespaces": (workload("report", kind="StatefulSet").replace("closed", "open"),),
    "kinds of two groups": (workload("hall"), machine("hall")),
    "one storage policy in two namespaces": (
        document("Namespace", "more", "supervisor: zoned, storagePolicies: [{name: gold}]", None),
    ),
    "one manifest in two clusters": (
        document("WorkloadCluster", "second", "version: v1.32.3+vmware.1, class: small, storagePolicy: gold, "
                 "nodePools: [{name: workers}]"),
        document("Manifests", "more", 'cluster: second, manifests: "{apiVersion: v1, kind: ConfigMap, '
                 'metadata: {name: settings}}"'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FINE)
def test_what_only_looks_alike_is_taken(tmp_path: Path, case: str) -> None:
    assert errors_of(tmp_path, FINE[case]) == []


def test_versions_of_a_kind_show_one_object_and_groups_do_not() -> None:
    def identity(version: str, **metadata: str) -> object:
        return identity_of({"apiVersion": version, "kind": "Gate", "metadata": {"name": "g", **metadata}})

    assert identity("a.example.com/v1") == identity("a.example.com/v1beta1", namespace="default")
    assert identity("a.example.com/v1") != identity("b.example.com/v1")


LONG = {
    "a StatefulSet's pods carry its name with a hash": (
        workload("s" * 53, kind="StatefulSet"),
        f"1.yaml:3: CrxWorkload/closed/{'s' * 53} becomes StatefulSet closed/{'s' * 53}, a name of 53 characters: "
        "allowed: 52 characters or less, since its pods carry it with a hash of 11 characters as a label of 63; "
        "fix: make metadata.name shorter by 1",
    ),
    "a CronJob's Jobs": (
        workload("c" * 60, "schedule: '@daily'", "CronJob"),
        f"1.yaml:3: CrxWorkload/closed/{'c' * 60} becomes CronJob closed/{'c' * 60}, a name of 60 characters: "
        "allowed: 52 characters or less, since Kubernetes adds 11 characters for each Job; "
        "fix: make metadata.name shorter by 8",
    ),
    "a cluster's machines": (
        document("WorkloadCluster", "o" * 41, "version: v1.32.3+vmware.1, class: small, storagePolicy: gold, "
                 "nodePools: [{name: workers}]"),
        f"1.yaml:3: WorkloadCluster/closed/{'o' * 41} becomes Cluster closed/{'o' * 41}, a name of 41 characters: "
        "allowed: 40 characters or less, since its machines' names add 23 characters; "
        "fix: make metadata.name shorter by 1",
    ),
    "a Service of a VM begins with a letter": (
        machine("1st", "service: {ports: [{port: 80}]}"),
        "1.yaml:3: VirtualMachine/closed/1st becomes VirtualMachineService closed/1st, a name that begins with no "
        "letter: got '1st'; allowed: an RFC 1035 label: lower-case letters, digits and '-', a letter first; "
        "fix: change metadata.name",
    ),
    "so does the Service of a StatefulSet": (
        workload("1st", kind="StatefulSet"),
        "1.yaml:3: CrxWorkload/closed/1st becomes Service closed/1st-headless, a name that begins with no "
        "letter: got '1st-headless'; allowed: an RFC 1035 label: lower-case letters, digits and '-', a letter first; "
        "fix: change metadata.name",
    ),
    "a StorageClass of a quota": (
        document("Namespace", "more", f"supervisor: zoned, storagePolicies: [{{name: {'p' * 226}}}]", None),
        f"1.yaml:4: Namespace/more becomes StorageClass {'p' * 226}, a name of 226 characters: allowed: 225 characters "
        "or less, since quotas by storage policy add 28 characters; "
        "fix: make spec.storagePolicies[0].name shorter by 1",
    ),
    "a StorageClass without a name": (
        document("Namespace", "more", 'supervisor: zoned, storagePolicies: [{name: "\\u0301"}]', None),
        "1.yaml:4: Namespace/more becomes a StorageClass whose name has no letter or digit: got '\u0301'; "
        "fix: change spec.storagePolicies[0].name",
    ),
    "a manifest's StatefulSet": (
        document("Manifests", "more", 'cluster: cluster, manifests: "{apiVersion: apps/v1, kind: StatefulSet, '
                 f'metadata: {{name: {"s" * 53}}}}}"'),
        f"1.yaml:4: Manifests/closed/more becomes StatefulSet default/{'s' * 53} in WorkloadCluster/closed/cluster, "
        "a name of 53 characters: allowed: 52 characters or less, since its pods carry it with a hash of 11 characters "
        f"as a label of 63; fix: make the manifest of StatefulSet {'s' * 53} shorter by 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_a_name_that_a_server_refuses_is_said_with_its_field(tmp_path: Path, case: str) -> None:
    text, expected = LONG[case]
    assert errors_of(tmp_path, [text]) == [expected]


def test_entries_that_differ_in_case_alone_are_one(tmp_path: Path) -> None:
    access = "[{group: a, domain: CORP.EXAMPLE.COM, role: EDIT}, {group: A, domain: corp.example.com, role: VIEW}]"
    assert errors_of(tmp_path, [document("Namespace", "more", f"supervisor: zoned, access: {access}", None)]) == [
        "1.yaml:4: spec.access[1]: access names this twice: got 'group a@corp.example.com'; fix: remove one"
    ]


@given(length=st.integers(1, 63), kind=st.sampled_from(["Deployment", "StatefulSet", "Job"]))
def test_a_name_is_refused_exactly_where_it_is_longer_than_its_kind_takes(length: int, kind: str) -> None:
    group = "batch" if kind == "Job" else "apps"
    rule = RULES.get((group, kind))
    assert (rule is None or rule.takes("n" * length)) is (length <= (52 if kind == "StatefulSet" else 63))
