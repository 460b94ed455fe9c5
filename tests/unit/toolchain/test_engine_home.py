"""The engine's home: the user's, without a log."""

from pathlib import Path

from pacific_infra.settings import Settings
from pacific_infra.toolchain.environment import engine_home


def test_all_but_the_log_is_in_the_users_home(tmp_path: Path) -> None:
    settings = Settings.read({"HOME": str(tmp_path)})
    for _ in range(2):
        variables = engine_home(settings)
    home = Path(variables["PULUMI_HOME"])
    (home / "plugins" / "resource-x").mkdir()
    assert (tmp_path / ".pulumi" / "plugins" / "resource-x").is_dir()
    # The engine logs nothing where it cannot make this folder.
    assert (home / "logs").is_file()
    assert variables["PULUMI_CREDENTIALS_PATH"] == str(tmp_path / ".pulumi")


def test_credentials_that_lie_elsewhere_stay_there(tmp_path: Path) -> None:
    settings = Settings.read({"HOME": str(tmp_path), "PULUMI_CREDENTIALS_PATH": str(tmp_path / "login")})
    assert engine_home(settings)["PULUMI_CREDENTIALS_PATH"] == str(tmp_path / "login")


def test_two_homes_of_a_user_are_not_mixed(tmp_path: Path) -> None:
    homes = {
        engine_home(Settings.read({"HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / name)}))["PULUMI_HOME"]
        for name in ("first", "second")
    }
    assert len(homes) == 2


def test_a_log_that_is_asked_for_is_kept(tmp_path: Path) -> None:
    assert engine_home(Settings.read({"HOME": str(tmp_path), "PACIFIC_ENGINE_LOG": "true"})) == {}


def test_the_engine_keeps_its_home_where_no_other_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert engine_home(Settings.read({"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")})) == {}
