"""Parts of Kubernetes objects over others, and values in Kubernetes' own spelling: merged and checked by the types."""

from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from pacific_infra.documents.kubernetes_api import merge_key, value_problems
from pacific_infra.documents.kubernetes_value import OfKubernetes
from pacific_infra.documents.model import Model
from pacific_infra.documents.strategic_merge import merge_keys_of, merged

TEMPLATE = "api.core.v1.PodTemplateSpec"
BASE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "args": ["a", "b"],
                "ports": [{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}],
            },
            {"name": "proxy", "image": "proxy:1"},
        ],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "other", "emptyDir": {}}],
    },
}


def merged_template(patch: dict[str, Any]) -> dict[str, Any]:
    return merged(BASE, patch, merge_keys_of(TEMPLATE))


def texts(value: Any, name: str, *, part: bool = False) -> list[str]:
    return [f"{'.'.join(map(str, problem.path))}: {problem.text}" for problem in value_problems(value, name, part=part)]


def test_containers_are_merged_by_name_and_new_ones_follow() -> None:
    patch = {"spec": {"containers": [{"name": "log", "image": "log:1"}, {"name": "web", "args": ["c"], "tty": True}]}}
    web, proxy, log = merged_template(patch)["spec"]["containers"]
    assert (web["image"], web["args"], web["tty"]) == ("web:1", ["c"], True)
    assert (proxy["image"], log["image"]) == ("proxy:1", "log:1")


def test_ports_of_one_number_and_two_protocols_both_stay() -> None:
    patch = {"spec": {"containers": [{"name": "web", "ports": [{"containerPort": 80}]}]}}
    ports = merged_template(patch)["spec"]["containers"][0]["ports"]
    assert [port.get("protocol") for port in ports] == ["TCP", "UDP", None]


def test_a_volume_takes_the_place_of_the_one_with_its_name() -> None:
    patch = {"spec": {"volumes": [{"name": "data", "hostPath": {"path": "/data"}}]}}
    assert merged_template(patch)["spec"]["volumes"] == [
        {"name": "data", "hostPath": {"path": "/data"}},
        {"name": "other", "emptyDir": {}},
    ]


def test_null_and_the_directive_delete_take_away() -> None:
    patch = {
        "metadata": {"labels": {"$patch": "replace", "tier": "front"}},
        "spec": {
            "automountServiceAccountToken": None,
            "volumes": [{"name": "other", "$patch": "delete"}],
        },
    }
    template = merged_template(patch)
    assert template["metadata"] == {"labels": {"tier": "front"}}
    assert template["spec"]["volumes"] == [{"name": "data", "emptyDir": {}}]
    assert "automountServiceAccountToken" not in template["spec"]


def test_lists_without_a_merge_key_and_maps_of_unknown_types_are_told_apart() -> None:
    assert merge_key("api.core.v1.Container", "env") == "name"
    assert merge_key("api.core.v1.PodSpec", "volumes") == "=name"
    assert merge_key("api.core.v1.PodSpec", "tolerations") is None
    both = merged({"spec": {"disks": [1], "size": {"cpu": 1}}}, {"spec": {"disks": [2], "size": {"memory": 2}}}, _none)
    assert both == {"spec": {"disks": [2], "size": {"cpu": 1, "memory": 2}}}


def _none(_path: object) -> None:
    return None


def test_the_base_is_left_as_it_is() -> None:
    merged_template({"spec": {"containers": [{"name": "web", "image": "web:2"}], "volumes": None}})
    assert BASE["spec"]["containers"][0]["image"] == "web:1"  # type: ignore[index]


def test_unknown_fields_wrong_types_and_missing_fields_are_named() -> None:
    rule = {"topologyKey": 5, "maxskew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    assert texts([rule], "[api.core.v1.TopologySpreadConstraint") == [
        "0.topologyKey: is of the wrong type",
        "0: maxSkew is missing",
        "0.maxskew: TopologySpreadConstraint has no such field",
    ]


def test_a_part_need_not_be_whole_but_its_items_have_their_merge_key() -> None:
    part = {"spec": {"containers": [{"image": "web:2"}], "nodename": "a", "$patch": "replace"}}
    assert texts(part, TEMPLATE, part=True) == [
        "spec.containers.0: name is missing, by which items are merged",
        "spec.nodename: PodSpec has no such field",
    ]
    assert texts({"spec": {"volumes": [{"name": "v", "nfs": {}}]}}, TEMPLATE, part=True) == []


def test_a_field_of_a_document_is_checked_where_it_stands() -> None:
    class Holder(Model):
        template: Annotated[dict[str, Any], OfKubernetes(TEMPLATE, part=True)]

    assert Holder(template={"spec": {"hostname": "web"}}).template == {"spec": {"hostname": "web"}}
    with pytest.raises(ValidationError) as refused:
        Holder(template={"spec": {"hostName": "a"}, "metadata": {"annotations": {"a": "${config.TOKEN}"}}})
    problems = refused.value.errors()[0]["ctx"]["problems"]
    assert [(problem.path, problem.text) for problem in problems] == [
        (("spec", "hostName"), "PodSpec has no such field"),
        (("metadata", "annotations", "a"), "a secret of the stack's configuration cannot be used here"),
    ]
    assert problems[0].fix == "write hostname"
