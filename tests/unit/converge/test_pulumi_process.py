"""Commands of Pulumi that run at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.automation import CommandError

from pacific_infra.converge.pulumi_process import PulumiProcess
from tests.support.waiting import wait_until

SCRIPT = """#!/bin/sh
: > "$3.started"
if [ "$2" = engine ]; then trap 'exit 7' INT; while :; do sleep 0.05; done; fi
until [ -e "$3" ]; do sleep 0.02; done
"""


@pytest.mark.parametrize("stop", [lambda process: process.end(5.0), lambda process: process.interrupt()])
def test_an_engine_ends_that_began_while_another_command_ran(
    tmp_path: Path, stop: Callable[[PulumiProcess], None]
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    process = PulumiProcess(program, (3, 274, 1), {})
    query, engine = tmp_path / "query", tmp_path / "engine"
    with ThreadPoolExecutor(2) as threads:
        answer = threads.submit(process.run, ["query", str(query)], str(tmp_path), {})
        wait_until("the query", (tmp_path / "query.started").exists)
        run = threads.submit(process.run, ["engine", str(engine)], str(tmp_path), {})
        wait_until("the engine", (tmp_path / "engine.started").exists)
        query.touch()
        assert answer.result().code == 0
        stop(process)
        with pytest.raises(CommandError, match="code: 7"):
            run.result()
