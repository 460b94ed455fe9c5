"""What is said of the engine's failures: by document and line, each once, without its wrapping."""

from pathlib import Path

import pytest
from pulumi.automation import CommandError, CommandResult
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.engine_errors import EngineErrors, in_plain_words, is_summary
from pacific_infra.converge.engine_failures import EngineFailed, command_failure, with_engine_errors
from pacific_infra.converge.project import find_project
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError, PacificErrors

COMPONENT = "urn:pulumi:dev::p::pacific:index:VirtualMachine::shop/db"
MACHINE = (
    "urn:pulumi:dev::p::pacific:index:VirtualMachine$"
    "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine::shop/db-machine"
)
DENIAL = (
    'admission webhook "v.vmoperator.vmware.com" denied the request: spec.imageName: Invalid value: "x": '
    "field is immutable"
)
DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: db, namespace: shop}
spec: {class: small, image: x, storagePolicy: gold}
"""


def registered(urn: str, parent: str) -> EngineEvent:
    kind = urn.split("::")[2].rpartition("$")[2]
    state = {"type": kind, "urn": urn, "custom": True, "id": "", "parent": parent, "inputs": {}, "outputs": {}}
    step = {"op": "update", "urn": urn, "type": kind, "new": state, "provider": "", "keys": [], "diffs": []}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": step}})


def failed(message: str, urn: str = "") -> EngineEvent:
    text = {"urn": urn, "message": message, "color": "never", "severity": "error"}
    return EngineEvent.from_json({"sequence": 2, "timestamp": 1, "diagnosticEvent": text})


def collected(*events: EngineEvent) -> EngineErrors:
    errors = EngineErrors()
    for event in (registered(COMPONENT, ""), registered(MACHINE, COMPONENT), *events):
        errors.event(event)
    return errors


def test_a_denial_is_said_once_with_the_documents_line(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_text(DOCUMENT)
    wrapped = (
        '1 error occurred:\n\t* the Kubernetes API server reported that "shop/db" failed to fully initialize or become '
        f"live: {DENIAL}\n"
    )
    errors = collected(
        failed(f"Preview failed: {wrapped}", MACHINE),
        failed(wrapped, MACHINE),
        failed("preview failed", "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"),
        failed("Resource monitor has terminated, shutting down"),
    )
    with pytest.raises(PacificErrors) as raised, with_engine_errors(errors, load_estate([tmp_path])):
        raise EngineFailed("preview failed")
    assert str(raised.value).replace(f"{tmp_path}/", "") == (
        "db.yaml:1: VirtualMachine/shop/db (shop/db-machine): spec.imageName cannot change once the object exists: "
        '"x": field is immutable: fix: put it back'
    )


@pytest.mark.parametrize(
    ("urn", "subject"),
    [
        (MACHINE.replace("db-machine", "db-volume"), "db.yaml:1: VirtualMachine/shop/db (shop/db-volume)"),
        (MACHINE.replace("db-machine", "dbx-machine"), "shop/dbx-machine"),
    ],
)
def test_inputs_that_are_refused_are_said_at_the_document_of_their_component(
    tmp_path: Path, urn: str, subject: str
) -> None:
    (tmp_path / "db.yaml").write_text(DOCUMENT)
    kind = urn.split("::")[2].rpartition("$")[2]
    refused = failed(f"{kind} resource '{urn.rpartition('::')[2]}' has a problem: spec.size: too small", urn)
    with pytest.raises(PacificErrors) as raised, with_engine_errors(collected(refused), load_estate([tmp_path])):
        raise EngineFailed("preview failed")
    assert str(raised.value).replace(f"{tmp_path}/", "") == f"{subject}: spec.size: too small"


def test_where_only_the_whole_failed_that_is_said() -> None:
    assert [str(error) for error in collected(failed("preview failed")).errors()] == ["preview failed"]


def test_without_events_the_engines_last_words_stay() -> None:
    with pytest.raises(EngineFailed, match="no backend"), with_engine_errors(EngineErrors()):
        raise EngineFailed("no backend")


@pytest.mark.parametrize(
    "text", ["preview failed", "Update failed", "Resource monitor has terminated, shutting down", "2 errors occurred:"]
)
def test_a_summary_says_only_that_the_whole_failed(text: str) -> None:
    assert is_summary(text)


def test_what_is_no_refusal_keeps_the_providers_words() -> None:
    message = "1 error occurred:\n\t* Timeout occurred polling for 'web'\n\n"
    assert in_plain_words(message) == ("Timeout occurred polling for 'web'", None)
    assert in_plain_words("vCenter refused POST /x: busy; fix: wait") == (
        "vCenter refused POST /x: busy; fix: wait",
        None,
    )


def test_an_error_of_no_resource_has_no_name() -> None:
    (error,) = collected(failed("error: no vCenter", "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev")).errors()
    assert isinstance(error, PacificError)
    assert str(error) == "no vCenter"


def test_a_command_that_failed_is_said_without_the_login_at_the_state_service(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    stderr = "Logging in using access token from PULUMI_ACCESS_TOKEN\nerror: no such stack\n"
    error = CommandError(CommandResult(stdout="", stderr=stderr, code=255))
    failure = command_failure(error, find_project(tmp_path), {}, recorded=True)
    assert str(failure) == "no such stack"
