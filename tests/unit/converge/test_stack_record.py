"""What is recorded of a stack, read without Pulumi."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.project import Project, find_project
from pacific_infra.converge.stack_record import NotReadable, Output, StackRecord, is_selected, open_record
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, write_checkpoint
from pacific_infra.record.journal import Journal
from pacific_infra.record.replay import SUCCESS
from pacific_infra.record.secrets import SECRET_SIGNATURE, SIGNATURE
from pacific_infra.settings import Settings
from tests.support.passphrase_secrets import PASSPHRASE, SALT, encrypted

URN = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
PROVIDER = {"type": "passphrase", "state": {"salt": SALT}}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    config = {
        "pacific:server": "vcenter.test",
        "pacific:username": "alice",
        "pacific:password": {"secure": encrypted("of the stack")},
        "shop:parts": {"inner": {"secure": encrypted("a part")}},
    }
    (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"encryptionsalt": SALT, "config": config}))
    return find_project(tmp_path)


def recorded(
    project: Project,
    outputs: Mapping[str, Any],
    provider: Mapping[str, Any] = PROVIDER,
    passphrase: str | None = PASSPHRASE,
) -> StackRecord:
    """The record of a stack with these outputs."""
    files = StackFiles(project.directory, "shop", "dev")
    stack = {"urn": URN, "type": "pulumi:pulumi:Stack", "outputs": outputs}
    write_checkpoint(files, {"manifest": {}, "secrets_providers": dict(provider), "resources": [stack]})
    return opened(project, passphrase)


def opened(project: Project, passphrase: str | None = PASSPHRASE) -> StackRecord:
    variables = {"PULUMI_BACKEND_URL": project.directory.as_uri()}
    if passphrase is not None:
        variables["PULUMI_CONFIG_PASSPHRASE"] = passphrase
    record = open_record(project, Settings.read({"HOME": str(project.directory)}), variables, print)
    assert record is not None
    return record


def secret(value: Any) -> Mapping[str, str]:
    return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": encrypted(json.dumps(value))}


def test_outputs_are_read_with_what_is_secret_in_them(project: Project) -> None:
    outputs = {"kubeconfigs": secret({"one": "text"}), "endpoints": {"one": "192.0.2.1", "two": secret("hidden")}}
    assert recorded(project, outputs).outputs() == {
        "kubeconfigs": Output({"one": "text"}, secret=True),
        "endpoints": Output({"one": "192.0.2.1", "two": "hidden"}),
    }


def test_a_stack_that_was_made_and_never_converged_has_no_outputs(project: Project) -> None:
    record = recorded(project, {})
    write_checkpoint(record.files, {"manifest": {}})
    assert (record.outputs(), record.resources()) == ({}, [])


def test_what_a_killed_run_has_recorded_is_settled_only_by_who_has_the_lock(project: Project) -> None:
    files = recorded(project, {}).files
    journal = files.journal
    assert journal is not None
    state = {"urn": URN.replace("Stack::shop-dev", "Thing::new"), "type": "a:b:Thing", "custom": True, "id": "new"}
    entry = {"version": 1, "kind": SUCCESS, "sequenceID": 1, "operationID": 1, "state": state}
    writer = Journal(files)
    writer.append([entry])
    running = BackendLock(files)
    running.acquire()
    # The journal of a run that goes on is read, and stays that run's.
    record = opened(project)
    assert record.resources()[0]["id"] == "new"
    assert journal.exists()
    writer.close()
    running.release()
    assert opened(project).resources()[0]["id"] == "new"
    assert not journal.exists()
    assert not files.is_being_written()


def test_secrets_of_the_configuration_are_read(project: Project) -> None:
    record = recorded(project, {})
    assert record.secret("pacific:password") == "of the stack"
    assert record.secret("pacific:username") == "alice"
    assert record.secret("shop:none") is None


def test_what_only_pulumi_can_decrypt_is_left_to_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    outputs = {"kubeconfigs": secret("text")}
    with pytest.raises(NotReadable, match="it is encrypted by a service"):
        recorded(project, outputs, {"type": "cloud", "state": {"url": "awskms://key"}}).outputs()
    with pytest.raises(NotReadable, match="the passphrase is not known"):
        recorded(project, outputs, passphrase=None).outputs()
    with pytest.raises(NotReadable, match="only Pulumi decrypts parts of a value"):
        recorded(project, outputs).secret("shop:parts")


def test_a_wrong_passphrase_is_said_with_the_file_that_has_its_salt(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    with pytest.raises(PacificError) as raised:
        recorded(project, {"kubeconfigs": secret("text")}, passphrase="another").outputs()
    assert str(raised.value) == (
        "Pulumi.dev.yaml: its secrets are encrypted with another passphrase: fix: the passphrase is that of "
        "PULUMI_CONFIG_PASSPHRASE: set the right one"
    )


@pytest.mark.parametrize("backend", ["gs://bucket", "https://api.pulumi.com", ""])
def test_another_backend_is_left_to_pulumi(project: Project, backend: str) -> None:
    settings = Settings.read({"HOME": str(project.directory)})
    assert open_record(project, settings, {"PULUMI_BACKEND_URL": backend}, print) is None


def test_the_stack_that_plain_pulumi_is_about_is_known(project: Project, tmp_path: Path) -> None:
    record, home = recorded(project, {}), tmp_path / "pulumi-home"
    assert not is_selected(home, record, "file:///state")
    digest = hashlib.sha1(os.path.realpath(tmp_path / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    (home / "workspaces").mkdir(parents=True)
    file = home / "workspaces" / f"shop-{digest}-workspace.json"
    for content, selected in (
        ({"stacks": {"file:///state": "organization/shop/dev"}}, True),
        ({"stacks": {"file:///state": "organization/shop/prod"}}, False),
        ({"stacks": {"file:///other": "organization/shop/dev"}}, False),
        ({"stack": "dev"}, False),
        ([], False),
    ):
        file.write_text(json.dumps(content))
        assert is_selected(home, record, "file:///state") is selected


def test_the_record_is_read_without_pulumi_and_models_of_documents() -> None:
    program = """
import sys, pacific_infra.cli.outputs, pacific_infra.converge.stack_record
print([name for name in ("pulumi", "pacific_infra.documents") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
