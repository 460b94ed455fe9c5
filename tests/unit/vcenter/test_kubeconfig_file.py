"""The kubeconfig of one Supervisor, out of a file that may know many clusters."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile, configured_kubeconfig, endpoint_of


def write(folder: Path, **changes: Any) -> Path:
    (folder / "ca.pem").write_text("AUTHORITY")
    (folder / "me.key").write_text("KEY")
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "a", "cluster": {"server": "https://10.0.0.1:6443", "certificate-authority": "ca.pem"}},
            {"name": "b", "cluster": {"server": "https://10.0.0.2:6443"}},
        ],
        "users": [
            {"name": "alice", "user": {"exec": {"command": "./plugin", "args": ["--x"]}, "client-key": "me.key"}},
            {"name": "bob", "user": {"tokenFile": "token", "exec": {"command": "pacific-credential"}}},
        ],
        "contexts": [
            {"name": "shared", "context": {"cluster": "a", "user": "alice", "namespace": "shop"}},
            {"name": "home", "context": {"cluster": "b", "user": "bob"}},
        ],
        "current-context": "home",
        **changes,
    }
    file = folder / "config"
    file.write_text(yaml.safe_dump(content))
    return file


def test_the_context_that_is_called_like_the_supervisor(tmp_path: Path) -> None:
    configuration = json.loads(KubeconfigFile(write(tmp_path)).of_supervisor("shared"))
    authority = base64.b64encode(b"AUTHORITY").decode()
    assert configuration["clusters"] == [
        {"name": "shared", "cluster": {"server": "https://10.0.0.1:6443", "certificate-authority-data": authority}}
    ]
    user = configuration["users"][0]["user"]
    assert user["exec"] == {"command": str(tmp_path / "plugin"), "args": ["--x"]}
    assert base64.b64decode(user["client-key-data"]) == b"KEY"
    context = {"cluster": "shared", "user": "shared", "namespace": "shop"}
    assert configuration["contexts"] == [{"name": "shared", "context": context}]
    assert configuration["current-context"] == "shared"


def test_the_current_context_or_the_one_that_is_named(tmp_path: Path) -> None:
    file = write(tmp_path)
    other = KubeconfigFile(file).of_supervisor("other")
    assert endpoint_of(other) == "10.0.0.2:6443"
    # A token's file is read anew at each login, and a program of the PATH is found by it.
    user = json.loads(other)["users"][0]["user"]
    assert user == {"tokenFile": str(tmp_path / "token"), "exec": {"command": "pacific-credential"}}
    assert endpoint_of(KubeconfigFile(file, "shared").of_supervisor("other")) == "10.0.0.1:6443"


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    file = write(tmp_path, **{"current-context": ""})
    with pytest.raises(PacificError) as caught:
        KubeconfigFile(file).of_supervisor("other")
    assert str(caught.value) == (
        f"{file}: the kubeconfig has no context for the Supervisor other: got ''; allowed: home, shared; "
        "fix: pacific login other, or name an existing context with pacific:context"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "the kubeconfig does not exist: fix: pacific login SUPERVISOR, "
         "or name another file with pacific:kubeconfig"),
        ("- a list", "not a kubeconfig: fix: name another with pacific:kubeconfig"),
        ("a: [", "cannot read the kubeconfig: fix: fix the file"),
        ("clusters: 7", "the kubeconfig has no context for the Supervisor shared: allowed: none; "
         "fix: pacific login shared, or name an existing context with pacific:context"),
    ],
)  # fmt: skip
def test_a_file_that_is_none(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "config"
    if text is not None:
        file.write_text(text)
    with pytest.raises(PacificError) as caught:
        KubeconfigFile(file).of_supervisor("shared")
    assert str(caught.value) == f"{file}: {message}"


def test_parts_that_are_not_there(tmp_path: Path) -> None:
    file = write(tmp_path, users=[])
    with pytest.raises(PacificError) as caught:
        KubeconfigFile(file).of_supervisor("shared")
    assert str(caught.value) == f"{file} users: the kubeconfig has no such user: got 'alice'; fix: fix the file"
    file = write(tmp_path)
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(PacificError) as caught:
        KubeconfigFile(file).of_supervisor("shared")
    assert str(caught.value) == (
        f"{file}: the kubeconfig's certificate-authority cannot be read: got 'ca.pem'; fix: fix the kubeconfig"
    )


def test_where_settings_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/own:{tmp_path}/second")

    def configured(**settings: str) -> KubeconfigFile | None:
        return configured_kubeconfig(settings.get, tmp_path)

    assert configured() is None
    by_file = configured(kubeconfig="team.yaml")
    assert by_file == KubeconfigFile(tmp_path / "team.yaml")
    by_context = configured(context="shared")
    assert by_context == KubeconfigFile(tmp_path / "own", "shared")
