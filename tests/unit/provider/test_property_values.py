from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from pacific_infra.provider.models.namespace import NamespaceInputs
from pacific_infra.provider.models.supervisor import SupervisorInputs
from pacific_infra.provider.models.virtual_machine_class import VirtualMachineClassInputs
from pacific_infra.provider.property_values import (
    UNKNOWN,
    has_unknown,
    plain,
    plain_properties,
    property_value,
    property_values,
    secret_paths,
)


@pytest.mark.parametrize("unknown", [PropertyValue(rpc.UNKNOWN), PropertyValue.computed()])
def test_unknown_arrives_in_two_forms_and_leaves_in_the_one_that_can_be_sent(unknown: PropertyValue) -> None:
    assert plain(unknown) is UNKNOWN
    assert property_value(UNKNOWN) == PropertyValue(rpc.UNKNOWN)
    property_value(UNKNOWN).marshal()


@pytest.mark.parametrize("value", [True, False, "text", "", 3, 2.5, [1, "a", {"b": False}], {"a": [], "b": {}}])
def test_there_and_back(value: Any) -> None:
    wire = property_value(value).marshal()
    back = plain(PropertyValue.unmarshal(wire))
    assert back == value
    assert type(back) is type(value)


def test_whole_numbers_are_ints_and_truth_stays_truth() -> None:
    assert type(plain(PropertyValue(3.0))) is int
    assert plain(PropertyValue(True)) is True


def test_null_is_absent() -> None:
    values = {"a": PropertyValue.null(), "b": PropertyValue({"c": PropertyValue.null()})}
    assert plain_properties(values) == {"b": {}}
    assert property_value({"a": None}) == PropertyValue({})


def test_secrets_are_read_through_at_every_depth_and_named() -> None:
    inner = PropertyValue({"policy": PropertyValue("gold", is_secret=True)})
    values = {"storageSpecs": PropertyValue([inner]), "name": PropertyValue("shop")}
    assert plain_properties(values) == {"storageSpecs": [{"policy": "gold"}], "name": "shop"}
    assert secret_paths(values) == {"storageSpecs"}
    marked = property_values(plain_properties(values), NamespaceInputs, secret_paths(values))
    assert marked["storageSpecs"].is_secret
    assert not marked["name"].is_secret


def test_a_secret_inside_an_object_hides_nothing_else() -> None:
    banner = {"loginBanner": PropertyValue("hello", is_secret=True), "size": PropertyValue("TINY")}
    values = {"controlPlane": PropertyValue(banner), "name": PropertyValue("site")}
    assert secret_paths(values) == {"controlPlane.loginBanner"}
    marked = property_values(plain_properties(values), SupervisorInputs, secret_paths(values))
    assert marked == values


def test_a_secret_in_an_object_without_a_model_hides_the_object() -> None:
    values = {"configSpec": PropertyValue({"annotation": PropertyValue("hello", is_secret=True)})}
    marked = property_values(plain_properties(values), VirtualMachineClassInputs, secret_paths(values))
    assert marked["configSpec"].is_secret


def test_what_the_model_calls_secret_is_marked_at_its_depth() -> None:
    plain_values = {"workloads": {"edge": {"nsxAdvanced": {"password": "p", "username": "u"}}}}
    edge: Any = property_values(plain_values, SupervisorInputs)["workloads"].value
    advanced = edge["edge"].value["nsxAdvanced"].value
    assert advanced["password"] == PropertyValue("p", is_secret=True)
    assert advanced["username"] == PropertyValue("u")


def test_an_unknown_secret_stays_unknown_and_secret() -> None:
    values = {"description": PropertyValue(rpc.UNKNOWN, is_secret=True)}
    assert plain_properties(values) == {"description": UNKNOWN}
    marked = property_values(plain_properties(values), NamespaceInputs, secret_paths(values))
    assert marked["description"] == PropertyValue(rpc.UNKNOWN, is_secret=True)


def test_has_unknown() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": 1}]})
