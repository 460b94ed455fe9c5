"""Runs of Python code that share one start: each call is a process of its own, forked after the imports."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.waiting import PATIENCE

_SERVER = """
import json, os, sys
from pathlib import Path

calls = json.loads(sys.stdin.read())
{imports}

def run(words, variables):
    files = [Path({folder!r}, name) for name in ("stdout", "stderr")]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ.update(variables)
            for number, file in enumerate(files, 1):
                os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            {call}
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return [status, *(file.read_text() for file in files)]

print(json.dumps([run(*call) for call in calls]))
"""


class Call(NamedTuple):
    """Words of a command, and variables of its environment beside those of the server."""

    words: list[str]
    variables: dict[str, str] = {}  # noqa: RUF012 - nothing changes it


@dataclass(frozen=True)
class Finished:
    """How a call ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run_forked(
    imports: str, call: str, calls: Sequence[Call], *, folder: Path, environment: Mapping[str, str]
) -> list[Finished]:
    """Run ``call``, a line of Python that reads ``words``, for each of ``calls`` in ``folder``, one after the other.

    ``imports`` are run once before. An uncaught exception is exit code 1 with a traceback, as everywhere.
    """
    script = _SERVER.format(imports=imports, call=call, folder=str(folder))
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(calls),
        env=dict(environment),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return [Finished(*answer) for answer in json.loads(done.stdout)]
