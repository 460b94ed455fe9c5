"""The page is there before documents and record are read."""

import time
from pathlib import Path
from threading import Event

import pytest
from starlette.testclient import TestClient

from pacific_infra.errors import PacificError
from pacific_infra.view.collector import Inputs
from pacific_infra.view.guard import Guard
from pacific_infra.view.serving import Guarded, Opening
from tests.support.view_world import World
from tests.support.waiting import PATIENCE

GUARD = Guard(8722, "correct-token")


def opened(opening: Opening) -> TestClient:
    headers = {"Authorization": f"Bearer {GUARD.token}"}
    return TestClient(Guarded(opening, GUARD), base_url="http://127.0.0.1:8722", headers=headers)


def inputs(folder: Path) -> Inputs:
    return World().collector(folder)._inputs


def test_it_says_that_it_reads_and_then_has_the_pages(tmp_path: Path) -> None:
    read = Event()

    def begin() -> Inputs:
        read.wait(PATIENCE)
        return inputs(tmp_path)

    with opened(Opening("estate/<b>dev", begin, lambda: None)) as client:
        text = client.get("/documents/CrxWorkload/shop/web").text
        assert "Reading the documents and the record" in text
        assert "estate/&lt;b&gt;dev" in text
        assert '<meta http-equiv="refresh" content="1">' in text
        assert client.get("/static/view.css").status_code == 200
        answer = client.get("/view.json")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert client.get("/", headers={"Authorization": "Bearer of something else"}).status_code == 401
        read.set()
        end = time.monotonic() + PATIENCE
        while "CrxWorkload/shop/web" not in (text := client.get("/documents").text):
            assert time.monotonic() < end, text
            time.sleep(0.05)
        assert client.get("/view.json").json()["stack"] == "estate/dev"


def test_what_cannot_be_read_ends_it(tmp_path: Path) -> None:
    del tmp_path
    failed = Event()

    def begin() -> Inputs:
        raise PacificError("expected a mapping", place="a.yaml:1")

    opening = Opening("estate/dev", begin, failed.set)
    with opened(opening) as client:
        client.get("/")
        assert failed.wait(PATIENCE)
    with pytest.raises(PacificError, match=r"a\.yaml:1: expected a mapping"):
        raise opening.problem or AssertionError
