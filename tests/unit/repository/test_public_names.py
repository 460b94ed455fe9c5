"""What ``import pacific_infra`` and ``import pacific_components`` give."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pacific_components
import pytest
from pacific_components.package import exports as components_exports

import pacific_infra
import pacific_infra.documents
from pacific_infra.documents import exports as documents_exports
from tests.support.waiting import PATIENCE


@pytest.mark.parametrize("package", [pacific_infra, pacific_components], ids=lambda package: package.__name__)
def test_public_names_are_sorted_there_and_documented(package: object) -> None:
    names: list[str] = package.__all__  # type: ignore[attr-defined]
    assert names == sorted(set(names))
    assert set(names) <= set(dir(package))
    assert [name for name in names if not getattr(package, name).__doc__] == []


@pytest.mark.parametrize(
    ("package", "text"),
    [
        (pacific_infra.documents, documents_exports.package_module()),
        (pacific_components, components_exports.package_module()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_exports_are_those_of_the_registry_of_kinds(package: ModuleType, text: str) -> None:
    assert Path(str(package.__file__)).read_text(encoding="utf-8") == text, "run: make generated"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pacific_infra' has no attribute 'estate'"):
        pacific_infra.estate  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, pacific_infra; print([name for name in sys.modules if name.startswith('pacific_infra.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "[]\n"


def test_all_names_together_need_no_pulumi() -> None:
    code = "import sys\nfrom pacific_infra import *\nprint('pulumi' in sys.modules, Estate.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "False Estate\n"
