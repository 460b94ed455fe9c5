"""The settings ``pacific:*`` of a stack name a vCenter and a login."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings, configured_vcenter

COMPLETE = {"server": "vc.test", "username": "alice@vsphere.local", "passwordFile": "password", "caFile": "~/ca.pem"}


def refusal(settings: Mapping[str, object], root: Path) -> str:
    with pytest.raises(PacificError) as caught:
        configured_vcenter(settings.get, root, lambda: None)
    return str(caught.value)


def test_without_a_server_there_is_no_vcenter(tmp_path: Path) -> None:
    assert configured_vcenter({"username": "alice"}.get, tmp_path, lambda: "secret") is None


def test_relative_paths_begin_at_the_project(tmp_path: Path) -> None:
    assert configured_vcenter(COMPLETE.get, tmp_path, lambda: None) == VCenterSettings(
        "vc.test",
        "alice@vsphere.local",
        password_file=tmp_path / "password",
        ca_file=Path("~/ca.pem").expanduser(),
    )


def test_the_file_of_a_password_goes_before_the_password(tmp_path: Path) -> None:
    both = configured_vcenter(COMPLETE.get, tmp_path, lambda: "secret")
    assert both is not None
    assert both.password is None
    alone = configured_vcenter({**COMPLETE, "passwordFile": None}.get, tmp_path, lambda: "secret")
    assert alone is not None
    assert (alone.password, alone.password_file) == ("secret", None)


def test_a_login_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    assert refusal({"server": "vc.test"}, tmp_path) == (
        "no username for vc.test: fix: pulumi config set pacific:username NAME@DOMAIN"
    )
    assert refusal({"server": "vc.test", "username": "alice"}, tmp_path) == (
        "no password for alice at vc.test: fix: pulumi config set --secret pacific:password, "
        "or pulumi config set --plaintext pacific:passwordFile FILE"
    )


def test_who_brings_a_login_needs_none_in_the_settings(tmp_path: Path) -> None:
    assert configured_vcenter({"server": "vc.test"}.get, tmp_path) == VCenterSettings("vc.test", "")


@pytest.mark.parametrize(("value", "insecure"), [(True, True), ("true", True), ("False", False), (None, False)])
def test_a_program_and_a_command_read_the_same_truth(tmp_path: Path, value: object, insecure: bool) -> None:
    settings = configured_vcenter({**COMPLETE, "insecure": value}.get, tmp_path)
    assert settings is not None
    assert settings.insecure is insecure


def test_tls_is_not_turned_off_by_a_mistyped_word(tmp_path: Path) -> None:
    assert refusal({**COMPLETE, "insecure": "yes"}, tmp_path) == (
        "pacific:insecure: neither true nor false: got 'yes'; allowed: true, false"
    )
