"""What ``pacific why`` says of one document."""

from pathlib import Path

import pytest

from pacific_infra.cli.why import why


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a namespace and the Supervisor that it lies on."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\nconfig: {documents: {default: [a.yaml]}}\n")
    head = "apiVersion: pacific.infra/v1alpha1\nkind: "
    (tmp_path / "a.yaml").write_text(
        f"{head}SupervisorCluster\nmetadata: {{name: s}}\nspec: {{external: true}}\n---\n"
        f"{head}Namespace\nmetadata: {{name: shop}}\nspec: {{supervisor: s}}\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("s", ["waits for nothing", "is waited for by 1 document, 1 of them directly:"]),
        ("shop", ["waits for 1 document, 1 of them directly:", "is waited for by nothing"]),
    ],
)
def test_both_sides_are_counted(folder: Path, capsys: pytest.CaptureFixture[str], name: str, lines: list[str]) -> None:
    why(name, None, folder)
    assert [line for line in capsys.readouterr().out.splitlines() if "wait" in line] == lines
