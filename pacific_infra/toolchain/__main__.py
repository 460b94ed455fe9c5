"""``python -m pacific_infra.toolchain``: install what is missing, then print the environment; ./run evaluates it.

The same as ``pacific toolchain install`` and ``env``, without the command line's imports: it runs at every ./run.
"""

import shlex
import sys
from collections.abc import Callable, Mapping

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain
from pacific_infra.toolchain.terminal_lines import TerminalLines


def main(use: Callable[[Mapping[str, str]], object]) -> int:
    """Install, and give ``use`` the environment; returns the exit code."""
    lines = TerminalLines()
    toolchain = find_toolchain(Settings.read())
    try:
        toolchain.install(lines.say, live=lines.live)
    except PacificError as error:
        lines.say(f"error: {error}")
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        lines.say(f"error: {error.filename}: {str(error.strerror).lower()}")
        return 1
    except KeyboardInterrupt:
        lines.say("interrupted; the next run goes on from here")
        return 130
    use(toolchain.environment())
    return 0


def exports(variables: Mapping[str, str]) -> str:
    """``variables`` as lines for a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


if __name__ == "__main__":
    sys.exit(main(lambda variables: sys.stdout.write(exports(variables))))
