import json
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.declared_faults import DeclaredFaults, FaultsFile
from pacific_sandbox.faults.middleware import operation

CREATE = ApiRequest("rest", "POST", "/api/vcenter/namespaces/instances/v2")


@pytest.mark.parametrize(
    ("values", "meets"),
    [
        ({}, True),
        ({"method": "POST"}, True),
        ({"method": "GET"}, False),
        ({"path": "/api/vcenter/namespaces/*"}, True),
        ({"path": "*/v2"}, True),
        ({"path": "/api/vcenter/namespaces/instances"}, False),
        ({"api": "soap"}, False),
    ],
)
def test_a_fault_meets_requests_by_api_method_and_path(values: dict[str, Any], meets: bool) -> None:
    fault = ApiFault(**{"id": "1", "api": "rest", "effect": "hang", **values})
    assert fault.meets(CREATE) is meets


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"api": "grpc"}, "fault 1: no such API: got 'grpc'; allowed: rest, soap, kubernetes"),
        ({"effect": "explode"}, "fault 1: no such effect: got 'explode'; allowed: slow, fail, limit, hang, lose"),
        ({"effect": "slow", "value": 0}, "fault 1: slow needs a value: got 0; allowed: seconds, 0.001 to 3600"),
        ({"effect": "slow"}, "fault 1: slow needs a value: allowed: seconds, 0.001 to 3600"),
        ({"effect": "fail", "value": 200}, "fault 1: fail needs a value: got 200; allowed: a status, 400 to 599"),
        ({"value": 3}, "fault 1: hang takes no value: got 3"),
        ({"method": "P T"}, "fault 1: not a method: got 'P T'; allowed: GET, POST, PUT, PATCH, DELETE or *"),
        ({"path": "api"}, "fault 1: not a pattern of a path: got 'api'; allowed: /... or *..."),
        ({"count": 0}, "fault 1: not a count: got 0; allowed: 1 or more"),
        ({"probability": 1.5}, "fault 1: not a probability: got 1.5; allowed: more than 0, up to 1"),
    ],
)
def test_a_bad_declaration_is_one_sentence_with_what_is_allowed(values: dict[str, Any], message: str) -> None:
    with pytest.raises(PacificError) as caught:
        ApiFault(**{"id": "1", "api": "rest", "effect": "hang", **values})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"effect": "hang"}, "rest * *: hangs"),
        ({"effect": "lose", "method": "POST", "count": 2}, "rest POST *: answer lost after the commit, 2 times"),
        ({"effect": "slow", "value": 0.5, "path": "/api/*"}, "rest * /api/*: slow by 0.5 s"),
        ({"effect": "limit", "value": 0}, "rest * *: 429, Retry-After 0"),
        ({"effect": "fail", "value": 503, "probability": 0.05}, "rest * *: fails with 503, 5% of them (seed 0)"),
    ],
)
def test_a_fault_in_words(values: dict[str, Any], message: str) -> None:
    assert ApiFault(**{"id": "1", "api": "rest", **values}).text() == message


def test_the_file_keeps_what_was_declared(tmp_path: Path) -> None:
    file = FaultsFile(tmp_path / "faults.json")
    assert file.read() == DeclaredFaults()
    assert file.stamp() is None
    fault = ApiFault("1", "rest", "slow", value=2.5, method="POST", count=3, probability=0.5, seed=7)
    with file.changing() as change:
        change.declared = change.declared.with_api(fault).with_full("datastore-01", ["cluster-01"]).with_lost("esx-01")
    before = file.stamp()
    declared = FaultsFile(tmp_path / "faults.json").read()
    assert declared.api == (fault,)
    assert declared.identifiers() == ["1", "datastore/datastore-01", "host/esx-01"]
    assert declared.full_datastore_of("cluster-01") == "datastore-01"
    assert declared.full_datastore_of("cluster-02") is None
    with file.changing() as change:
        change.declared = change.declared.without("datastore/datastore-01").without("1").without("host/esx-01")
    assert file.stamp() != before
    assert file.read() == DeclaredFaults(last=1)


def test_numbers_are_not_given_twice() -> None:
    first = DeclaredFaults().with_api(ApiFault("1", "rest", "hang"))
    assert first.cleared().last == 1
    assert first.without("1").last == 1


def test_what_is_not_declared_cannot_be_cleared() -> None:
    declared = DeclaredFaults().with_lost("esx-01")
    with pytest.raises(PacificError, match=r"no such fault: got '7'; allowed: host/esx-01$"):
        declared.without("7")
    with pytest.raises(PacificError, match="allowed: none: nothing is declared"):
        DeclaredFaults().without("7")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        json.dumps({"last": 1, "api": [{"id": "1"}], "fullDatastores": {}, "lostHosts": []}),
        json.dumps(
            {"last": 1, "api": [{"id": "1", "api": "rest", "effect": "slow", "value": "x"}], "fullDatastores": {}}
        ),
    ],
)
def test_a_broken_file_is_refused_but_can_be_cleared(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text)
    file = FaultsFile(path)
    with pytest.raises(PacificError):
        file.read()
    with file.changing(whole=False) as change:
        change.declared = change.declared.cleared()
    assert file.read() == DeclaredFaults()


def test_the_operation_of_an_envelope() -> None:
    envelope = (
        b'<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        b"<soapenv:Header><vcSessionCookie>x</vcSessionCookie></soapenv:Header><soapenv:Body>\n"
        b'<CreateVM_Task xmlns="urn:vim25"><_this type="Folder">group-v4</_this></CreateVM_Task>'
        b"</soapenv:Body></soapenv:Envelope>"
    )
    assert operation(envelope) == "CreateVM_Task"
    assert operation(b"not an envelope") == ""
