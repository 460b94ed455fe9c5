"""A namespace and a Supervisor are the same said by a document, by programs in Python and YAML, and by the resource."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pacific_components import SupervisorCluster, SupervisorNamespace
from pacific_components.estate import declare_estate
from pacific_components.package.components import PackageComponents
from pulumi.provider.experimental.provider import ConstructRequest

from pacific_infra.documents import load_estate
from pacific_infra.documents.lowering import TABLES, unchecked
from pacific_infra.errors import PacificError
from pacific_infra.graph import build_graph
from pacific_infra.provider.checking import failures
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import plain, property_value
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

EVERY_PROPERTY = Path(__file__).parents[2] / "golden" / "every-property"
SETTINGS = VCenterSettings(server="vcenter.test", username="someone", password_file=Path("password"))
LOGIN = {"server": "vcenter.test", "username": "someone", "passwordFile": "password"}
COMPONENTS: Mapping[str, Any] = {"Namespace": SupervisorNamespace, "SupervisorCluster": SupervisorCluster}
TOKENS = {"Namespace": "pacific:vcenter:Namespace", "SupervisorCluster": "pacific:vcenter:Supervisor"}
SUPERVISOR: dict[str, Any] = {
    "cluster": "cluster-01",
    "storagePolicy": "gold",
    "managementNetwork": {"network": "management"},
    "workloadNetwork": {"type": "VSPHERE", "network": "workload-01"},
    "loadBalancer": {"provider": "VSPHERE_FOUNDATION"},
}
NAMESPACE: dict[str, Any] = {"supervisor": "supervisor-id"}
MODELS = {kind.token: kind.inputs for kind in KINDS}
MODELS |= {kind: MODELS[token] for kind, token in TOKENS.items()}
LEAST = {"Namespace": NAMESPACE, "SupervisorCluster": SUPERVISOR}
"""What has to be said of each kind."""


def document(kind: str, name: str, spec: Mapping[str, Any]) -> str:
    return yaml.safe_dump(
        {"apiVersion": "pacific.infra/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
    )


def by_document(kind: str, spec: Mapping[str, Any], folder: Path) -> Recording:
    texts = [document(kind, "subject", spec)]
    if kind == "Namespace":
        texts.append(document("SupervisorCluster", "supervisor-id", SUPERVISOR))
    (folder / "a.yaml").write_text("---\n".join(texts))
    graph = build_graph(load_estate([folder]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def by_python(kind: str, spec: Mapping[str, Any], folder: Path) -> Recording:
    del folder
    login = LOGIN if kind == "SupervisorCluster" else {}
    return record(lambda: COMPONENTS[kind]("subject", **login, **spec).resource.id)[0]


def by_yaml(kind: str, spec: Mapping[str, Any], folder: Path) -> Recording:
    del folder
    login = LOGIN if kind == "SupervisorCluster" else {}
    inputs = {name: property_value(value) for name, value in {**login, **spec}.items()}
    token = f"pacific:index:{COMPONENTS[kind].__name__}"
    request = ConstructRequest(token, "subject", inputs, pulumi.ResourceOptions())
    return record(lambda: PackageComponents().construct(request))[0]


FORMS: Mapping[str, Callable[[str, Mapping[str, Any], Path], Recording]] = {
    "document": by_document,
    "Python": by_python,
    "YAML": by_yaml,
}


def children(recording: Recording, kind: str) -> dict[str, Any]:
    """What the component has made, by URN; its node in the graph, which only a document has, is left out."""
    return {
        resource.urn: json.loads(json.dumps(dict(resource.inputs)).replace(f"{COMPONENTS[kind].__name__}/", f"{kind}/"))
        for resource in recording
        if resource.parent.endswith(f"{COMPONENTS[kind].__name__}::subject")
    }


@pytest.mark.parametrize("kind", LEAST)
def test_what_is_not_said_has_the_same_default(kind: str, tmp_path: Path) -> None:
    first, *others = [children(form(kind, LEAST[kind], tmp_path), kind) for form in FORMS.values()]
    assert first
    assert all(other == first for other in others)
    defaults = {item.name: item.default for item in properties(MODELS[kind]) if item.default is not None}
    (request,) = [inputs for urn, inputs in first.items() if f"{TOKENS[kind]}::" in urn]
    assert {name: request[name] for name in defaults if name != "workloads"} == defaults


def every_field(kind: str) -> dict[str, Any]:
    """All that a document of ``kind`` on vSphere networking says, but for passwords."""
    file = {"Namespace": "namespaces.yaml", "SupervisorCluster": "supervisors.yaml"}[kind]
    spec: dict[str, Any] = next(yaml.safe_load_all((EVERY_PROPERTY / file).read_text()))["spec"]
    if kind == "Namespace":
        return {**spec, "supervisor": "supervisor-id"}
    return {**spec, "imageRegistry": {"hostname": "registry.example.com", "port": 5000}}


@pytest.mark.parametrize("kind", LEAST)
def test_what_is_said_becomes_the_same(kind: str, tmp_path: Path) -> None:
    spec = every_field(kind)
    first, *others = [children(form(kind, spec, tmp_path), kind) for form in FORMS.values()]
    assert all(other == first for other in others)
    (request,) = [inputs for urn, inputs in first.items() if f"{TOKENS[kind]}::" in urn]
    assert list(failures(plain(property_value(request)), MODELS[kind])) == []


def refusal(form: str, kind: str, spec: Mapping[str, Any], folder: Path) -> str:
    """The words in which the input is refused, without its place."""
    with pytest.raises(PacificError) as caught:
        FORMS[form](kind, spec, folder)
    (line,) = str(caught.value).splitlines()
    return re.sub(r"^.*?(a\.yaml:\d+|Supervisor\w+ subject): (spec[.:] ?)?", "", line).replace(" in spec.", " in ")


HAPROXY = {
    "servers": [{"host": "10.0.0.5", "port": 5556}],
    "username": "admin",
    "certificateAuthority": "PEM",
}
OWNER = {"user": "ann", "domain": "example.com", "role": "OWNER", "identityProvider": "okta"}
REFUSED: Mapping[str, tuple[str, dict[str, Any], str, tuple[str, str] | None]] = {
    "too little CPU": (
        "Namespace",
        {"limits": {"cpu": "5MHz"}},
        "limits.cpu: the CPU limit of a namespace is too low: got '5MHz'; allowed: 10MHz or more",
        ("resourceSpec.cpuLimit", "got 5; allowed: 10 or more"),
    ),
    "an owner of elsewhere": (
        "Namespace",
        {"access": [OWNER]},
        "access[0].role: OWNER is only for users and groups of vCenter Single Sign-On: got 'OWNER'; "
        "allowed: EDIT, VIEW; fix: choose another role, or remove identityProvider",
        (
            "accessList[0].role",
            "got 'OWNER', which is only for subjects of vCenter Single Sign-On; allowed with identityProvider: "
            "EDIT, VIEW",
        ),
    ),
    "a limit above the limit": (
        "Namespace",
        {"limits": {"storage": "1Gi"}, "storagePolicies": [{"name": "gold", "limit": "2Gi"}]},
        "storagePolicies[0].limit: the limit of a storage policy is above the namespace's storage limit: "
        "got '2Gi'; allowed: 1Gi or less",
        None,
    ),
    "no load balancer": (
        "SupervisorCluster",
        {"loadBalancer": None},
        "a Supervisor whose workload network is of type VSPHERE needs a loadBalancer: "
        "fix: add loadBalancer: {provider: VSPHERE_FOUNDATION}",
        None,
    ),
    "no addresses": (
        "SupervisorCluster",
        {"loadBalancer": {"provider": "HAPROXY", "haproxy": HAPROXY}},
        "loadBalancer: a load balancer of HAPROXY has no addressRanges: fix: add addressRanges",
        ("workloads.edge.loadBalancerAddressRanges", "is required with provider HAPROXY"),
    ),
    "neither cluster nor zones": (
        "SupervisorCluster",
        {"cluster": None},
        "a Supervisor needs either cluster or zones: fix: give one of the two",
        ("cluster", "exactly one of cluster and zones must be given"),
    ),
}


@pytest.mark.parametrize(("kind", "fields", "words", "of_resource"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_in_the_same_words(
    kind: str, fields: dict[str, Any], words: str, of_resource: tuple[str, str] | None, tmp_path: Path
) -> None:
    spec = {name: value for name, value in {**LEAST[kind], **fields}.items() if value is not None}
    for form in FORMS:
        values = with_password(spec, {"config": "password"} if form == "document" else "hunter2")
        assert refusal(form, kind, values, tmp_path) == words, form
    request = {"name": "subject", **TABLES[kind].lower(unchecked(TABLES[kind].model, with_password(spec, "hunter2")))}
    assert (of_resource is None) or of_resource in list(failures(request, MODELS[kind]))


def with_password(spec: Mapping[str, Any], password: Any) -> dict[str, Any]:
    """``spec`` with the load balancer's password, which a document names and a program has."""
    balancer = spec.get("loadBalancer", {})
    if "haproxy" not in balancer:
        return dict(spec)
    return {**spec, "loadBalancer": {**balancer, "haproxy": {**balancer["haproxy"], "password": password}}}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("kind", "word", "fields"),
    [
        ("Namespace", "resourceSpec", "limits or objectCounts or defaults"),
        ("Namespace", "accessList", "access"),
        ("SupervisorCluster", "vspherePodsEnabled", "vspherePods"),
    ],
)
def test_vcenters_words_lead_to_the_same_fields(form: str, kind: str, word: str, fields: str, tmp_path: Path) -> None:
    words = refusal(form, kind, {**LEAST[kind], word: {}}, tmp_path)
    assert re.match(rf"unknown field in (spec|a {kind}): got '{word}'; ", words)
    assert words.endswith(f"; fix: write {fields}")


def virtual_machine_class(spec: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The resource that a document VirtualMachineClass becomes; there is no component of it."""
    (folder / "a.yaml").write_text(document("VirtualMachineClass", "subject", spec))
    graph = build_graph(load_estate([folder]))
    recording, _ = record(lambda: declare_estate(graph, SETTINGS))
    inputs: Mapping[str, Any] = recording.only("pacific:vcenter:VirtualMachineClass::subject").inputs
    return {name: value for name, value in inputs.items() if value is not None}


def test_a_virtual_machine_class_is_the_same_by_document_and_by_resource(tmp_path: Path) -> None:
    model = MODELS["pacific:vcenter:VirtualMachineClass"]
    request = virtual_machine_class({"cpuCount": 2, "memory": "2Gi"}, tmp_path)
    assert request == {"name": "subject", "cpuCount": 2, "memoryMib": 2048}
    assert list(failures(plain(property_value(request)), model)) == []
    with pytest.raises(PacificError, match=r"spec\.memory: .*; allowed: a multiple of 4Mi; "):
        virtual_machine_class({"cpuCount": 2, "memory": "6Mi"}, tmp_path)
    refused = {"name": "subject", "cpuCount": 2, "memoryMib": 6}
    assert list(failures(refused, model)) == [("memoryMib", "got 6; allowed: a multiple of 4")]
