"""Plug-ins trust who signs the vCenter's certificate beside whom they trust already."""

import os
from pathlib import Path

import pytest

from pacific_infra.toolchain.environment import AUTHORITIES, trusting


def test_the_authority_is_added_to_those_that_the_user_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system.pem").write_text("of the user")
    (tmp_path / "ca.pem").write_text("of vCenter")
    monkeypatch.setenv(AUTHORITIES, str(tmp_path / "system.pem"))
    with trusting(tmp_path / "ca.pem") as variables:
        bundle = Path(variables[AUTHORITIES])
        assert bundle.read_text().split("\n") == ["of the user", "of vCenter", ""]
    assert not bundle.exists()
    assert os.environ[AUTHORITIES] == str(tmp_path / "system.pem")


def test_nothing_is_set_where_there_is_no_authority(tmp_path: Path) -> None:
    for authority in (None, tmp_path / "not-there.pem"):
        with trusting(authority) as variables:
            assert variables == {}
