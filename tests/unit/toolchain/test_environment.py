import json
import os
import stat
import sys
from pathlib import Path

import pytest

from pacific_infra.settings import Settings
from pacific_infra.toolchain.environment import environment, passphrase_file


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_a_user_who_has_chosen_nothing_gets_a_local_backend(home: dict[str, str], tmp_path: Path) -> None:
    variables = environment(Settings.read(home), [Path("/tools/bin")], bundled_hosts=True)
    state = tmp_path / ".local/state/pacific-infra"
    assert variables["PULUMI_BACKEND_URL"] == f"file://{state}/pulumi"
    assert (state / "pulumi").is_dir()
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == f"{state}/passphrase"
    assert variables["PATH"].split(os.pathsep)[0] == "/tools/bin"
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert variables["VIRTUAL_ENV"] == sys.prefix


def test_what_the_user_has_chosen_stays(home: dict[str, str], tmp_path: Path) -> None:
    chosen = home | {"PULUMI_BACKEND_URL": "s3://bucket", "PULUMI_CONFIG_PASSPHRASE": ""}
    variables = environment(Settings.read(chosen), [], bundled_hosts=False)
    assert variables.keys().isdisjoint({"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE"})
    # An engine without hosts beside it needs those on PATH, whatever the shell has from another one.
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "false"
    assert not (tmp_path / ".local").exists()


def test_a_token_of_pulumi_cloud_is_a_choice_of_its_backend(home: dict[str, str]) -> None:
    variables = environment(Settings.read(home | {"PULUMI_ACCESS_TOKEN": "pul-1"}), [], bundled_hosts=True)
    assert "PULUMI_BACKEND_URL" not in variables


@pytest.mark.parametrize(
    ("credentials", "chosen"),
    [
        ({"current": "https://api.pulumi.com"}, True),
        ({"$pulumiSecureStore": 1, "backend": "secret-service", "data": "eA=="}, True),
        ({"current": ""}, False),
        ([], False),
    ],
)
def test_a_login_is_a_choice(home: dict[str, str], tmp_path: Path, credentials: object, chosen: bool) -> None:
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "credentials.json").write_text(json.dumps(credentials))
    variables = environment(Settings.read(home), [], bundled_hosts=True)
    assert ("PULUMI_BACKEND_URL" not in variables) == chosen


def test_a_login_whose_credentials_lie_elsewhere_is_a_choice(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "credentials.json").write_text(json.dumps({"current": "s3://bucket"}))
    chosen = Settings.read(home | {"PULUMI_CREDENTIALS_PATH": str(tmp_path / "mine")})
    assert "PULUMI_BACKEND_URL" not in environment(chosen, [], bundled_hosts=True)


def test_the_passphrase_is_made_once_and_is_for_its_owner_alone(home: dict[str, str]) -> None:
    file = passphrase_file(Settings.read(home))
    first = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first) >= 40
    assert passphrase_file(Settings.read(home)).read_text() == first
    assert [path.name for path in file.parent.iterdir()] == ["passphrase"]


def test_each_folder_is_once_on_the_path(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/tools/bin:/bin")
    variables = environment(Settings.read(home), [Path("/tools/bin"), Path("/venv/bin")], bundled_hosts=True)
    assert variables["PATH"] == "/tools/bin:/venv/bin:/usr/bin:/bin"
