"""ExternalSecret: the object that it makes, who waits for its Secret, and which keys are refused."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components import ExternalSecret
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
REMOTE = {"key": "shop/database", "property": "password", "version": "3"}
NAME = "{name: a, namespace: shop}"
ESTATE = """
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec:
  cluster: cluster-01
  storagePolicy: gold
  managementNetwork: {network: management, addressing: {mode: DHCP}}
  workloadNetwork: {type: VSPHERE, network: workload-01, addressing: {mode: DHCP}}
  loadBalancer: {provider: VSPHERE_FOUNDATION}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec: {supervisor: supervisor-01}
---
apiVersion: pacific.infra/v1alpha1
kind: ExternalSecret
metadata: {name: login, namespace: shop}
spec:
  secretStore: {name: vault}
  data: {password: {key: shop/database, property: password}}
"""
WORKLOAD = """
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  containers:
  - name: web
    image: web:1
    environment: {PASSWORD: {secret: login, key: password}}
"""


def spec_of(**fields: Any) -> Any:
    def program() -> pulumi.Output[str]:
        arguments: Any = {"namespace": "shop", "secret_store": {"name": "vault"}, **fields}
        return ExternalSecret("shop/login", arguments).name

    recording, name = record(program)
    assert name == "login"
    return of_kind(recording, "ExternalSecret")


def of_kind(recording: Recording, kind: str) -> Any:
    return next(item for item in recording if item.type.endswith(f":{kind}") and item.type.startswith("kube")).inputs


def graph_of(folder: Path, text: str) -> DependencyGraph:
    (folder / "estate.yaml").write_text(text)
    return build_graph(load_estate([folder]))


def pods_of(folder: Path, text: str) -> Any:
    graph = graph_of(folder, text)
    options = EstateOptions("4.18.1", secret=pulumi.Output.secret)
    recording, _ = record(lambda: declare_estate(graph, SETTINGS, options))
    return of_kind(recording, "Deployment")["spec"]["template"]["metadata"]


def test_the_object_has_the_fields_of_external_secrets() -> None:
    external = spec_of(
        data={"password": {**REMOTE, "decoding_strategy": "Auto"}},
        data_from=[{"extract": {"key": "shop/api"}}, {"find": {"path": "shop", "name": {"regexp": "^tls"}}}],
        target={
            "template": {"type": "kubernetes.io/tls", "metadata": {"labels": {"team": "shop"}}},
            "deletion_policy": "Merge",
        },
        refresh_interval="15m",
        refresh_policy="Periodic",
    )
    assert external["apiVersion"] == "external-secrets.io/v1"
    assert external["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
    assert external["spec"] == {
        "secretStoreRef": {"name": "vault", "kind": "SecretStore"},
        "target": {
            "name": "login",
            "creationPolicy": "Owner",
            "deletionPolicy": "Merge",
            "template": {"type": "kubernetes.io/tls", "metadata": {"labels": {"team": "shop"}}},
        },
        "refreshPolicy": "Periodic",
        "refreshInterval": "15m",
        "data": [{"secretKey": "password", "remoteRef": {**REMOTE, "decodingStrategy": "Auto"}}],
        "dataFrom": [{"extract": {"key": "shop/api"}}, {"find": {"path": "shop", "name": {"regexp": "^tls"}}}],
    }


def test_what_is_not_said_is_left_to_external_secrets_and_need_not_be_waited_for() -> None:
    external = spec_of(data={"password": {"key": "shop"}}, wait=False)
    assert "pulumi.com/waitFor" not in external["metadata"]["annotations"]
    assert external["spec"]["target"] == {"name": "login", "creationPolicy": "Owner"}
    assert set(external["spec"]) == {"secretStoreRef", "target", "refreshInterval", "data"}


@pytest.mark.parametrize(
    "use",
    [
        "{kind: Deployment, containers: [{name: a, image: a, environment: {A: {secret: login, key: password}}}]}",
        "{kind: Deployment, containers: [{name: a, image: a, envFrom: [{secret: login}]}]}",
        "{kind: Deployment, containers: [{name: a, image: a}], volumes: [{name: v, secret: login}]}",
        "{kind: Deployment, containers: [{name: a, image: a}], "
        "volumes: [{name: v, projected: {sources: [{secret: {name: login}}]}}]}",
        "{kind: Deployment, containers: [{name: a, image: a}], imagePullSecrets: [login]}",
    ],
)
def test_a_workload_waits_for_the_secret_that_it_names(tmp_path: Path, use: str) -> None:
    workload = f"---\napiVersion: pacific.infra/v1alpha1\nkind: CrxWorkload\nmetadata: {NAME}\nspec: {use}"
    assert "ExternalSecret/shop/login" in graph_of(tmp_path, ESTATE + workload).needs("CrxWorkload/shop/a")


def test_a_way_in_waits_for_its_certificate(tmp_path: Path) -> None:
    text = """
---
apiVersion: pacific.infra/v1alpha1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {routes: [{host: shop.example.com, service: web, port: 80}], tls: [{secret: login}]}
"""
    assert "ExternalSecret/shop/login" in graph_of(tmp_path, ESTATE + text).needs("Ingress/shop/front")


def test_a_secret_of_somebody_else_is_nobody_to_wait_for(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, ESTATE + WORKLOAD.replace("secret: login", "secret: other"))
    assert [*graph.needs("CrxWorkload/shop/web")] == ["Namespace/shop"]


def test_a_key_that_the_secret_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PacificErrors) as refused:
        graph_of(tmp_path, ESTATE + WORKLOAD.replace("key: password", "key: pasword"))
    (error,) = refused.value.errors
    assert (error.problem, error.value, error.allowed) == (
        "the Secret of ExternalSecret/shop/login has no such key",
        "pasword",
        "password",
    )
    assert str(error.place).endswith("estate.yaml:33")
    assert str(error.fix).startswith("write one of them, or add it at ")


def test_keys_that_only_the_store_knows_are_let_through(tmp_path: Path) -> None:
    text = ESTATE.replace(
        "data: {password: {key: shop/database, property: password}}", "dataFrom: [{extract: {key: a}}]"
    )
    graph_of(tmp_path, text + WORKLOAD)


def test_pods_are_made_anew_when_something_else_is_asked_of_the_store(tmp_path: Path) -> None:
    before = pods_of(tmp_path, ESTATE + WORKLOAD)["annotations"]
    same = pods_of(tmp_path, ESTATE.replace("{name: vault}", "{name: vault, kind: SecretStore}") + WORKLOAD)[
        "annotations"
    ]
    other = pods_of(tmp_path, ESTATE.replace("property: password", "property: password, version: '2'") + WORKLOAD)
    assert before == same
    assert before["pacific.infra/secret-versions"] != other["annotations"]["pacific.infra/secret-versions"]


def test_pods_without_such_a_secret_carry_nothing_of_it(tmp_path: Path) -> None:
    assert "annotations" not in pods_of(tmp_path, ESTATE + WORKLOAD.replace("secret: login", "secret: other"))


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("{secretStore: {name: vault}}", "spec.data: nothing is taken from the store"),
        (
            "{secretStore: {name: vault}, dataFrom: [{}]}",
            "spec.dataFrom[0]: keys come either by extract or by find",
        ),
        ("{secretStore: {name: vault}, dataFrom: [{find: {path: a}}]}", "spec.dataFrom[0].find: this finds nothing"),
        (
            "{secretStore: {name: vault}, data: {a: {key: a}}, refreshInterval: hourly}",
            "spec.refreshInterval has the wrong form",
        ),
    ],
)
def test_what_external_secrets_would_not_take_is_refused(tmp_path: Path, spec: str, problem: str) -> None:
    text = (
        f"apiVersion: pacific.infra/v1alpha1\nkind: ExternalSecret\nmetadata: {{name: a, namespace: b}}\nspec: {spec}"
    )
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(PacificErrors) as refused:
        load_estate([tmp_path])
    assert [error.problem for error in refused.value.errors] == [problem]
