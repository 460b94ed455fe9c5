"""Going back to the documents of an earlier run: what is wrong with them is told by the run."""

from pathlib import Path

import pytest

from pacific_infra.cli.rollback import naming_run
from pacific_infra.errors import PacificError, PacificErrors

FILE = Path("/tmp/pacific-run-36/documents.yaml")  # noqa: S108 - nothing is written


def test_a_line_of_the_runs_documents_is_told_by_the_run() -> None:
    refusal = PacificError("a volume can grow, not shrink", place=f"{FILE}:75", value="1Gi", fix="keep 2Gi")
    with pytest.raises(PacificErrors) as raised, naming_run(36, FILE):
        raise refusal
    assert str(raised.value) == "run 36, line 75: a volume can grow, not shrink: got '1Gi'; fix: keep 2Gi"


def test_any_other_error_stays_as_it_is() -> None:
    refusal = PacificError("vCenter does not answer", place="pacific:server")
    with pytest.raises(PacificError) as raised, naming_run(36, FILE):
        raise refusal
    assert raised.value is refusal
