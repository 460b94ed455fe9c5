import re
from pathlib import Path

import pytest

from pacific_sandbox.toolchain.omissions import Omission


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "clouds").mkdir()
    (tmp_path / "clouds" / "aws.go").write_text("package clouds\n")
    (tmp_path / "setup.go").write_text("package main\n")
    (tmp_path / "main.go").write_text('import (\n\t"clouds"\n\t"fmt"\n)\n\nvar command = clouds.New()\n')
    return tmp_path


def test_paths_and_texts_are_left_out(module: Path) -> None:
    edits = {"main.go": (('\t"clouds"\n', ""), ("clouds.New()", 'fmt.Sprint("none")'))}
    Omission(("clouds", "setup.go"), edits).apply(module)
    assert [path.name for path in module.iterdir()] == ["main.go"]
    assert (module / "main.go").read_text() == 'import (\n\t"fmt"\n)\n\nvar command = fmt.Sprint("none")\n'


@pytest.mark.parametrize(
    ("omission", "message"),
    [
        (Omission(("gone.go",)), "gone.go is not in the module and cannot be left out"),
        (
            Omission(edits={"main.go": (("azure.New()", ""),)}),
            "main.go has this text 0 times, not once: azure.New()",
        ),
        (Omission(edits={"main.go": (("clouds", ""),)}), "main.go has this text 2 times, not once: clouds"),
    ],
)
def test_a_module_of_another_version_is_refused(module: Path, omission: Omission, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        omission.apply(module)
