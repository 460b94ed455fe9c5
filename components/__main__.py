"""The package ``pacific`` from its sources: what ``pulumi package add`` starts in this folder.

Runs in the repository's own environment, which ./run makes on first use (about a minute), whatever environment the
caller has. Needs the standard library alone. Standard output is the plug-in's, for its port.
"""

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Become the plug-in of this repository; returns an exit code only where that cannot be."""
    run = Path(__file__).resolve().parents[1] / "run"
    if not run.is_file():
        sys.stderr.write(
            f"pacific: {run} is not there: the plug-in runs from the whole repository, not from a copy of this folder; "
            "add it by the folder in a clone, or by the repository's address with /components behind it\n"
        )
        return 1
    command = ["/bin/sh", str(run), "--no-toolchain"]
    exit_code = subprocess.run([*command, "true"], stdout=sys.stderr, check=False).returncode
    if exit_code:
        sys.stderr.write(f"pacific: its Python environment could not be made; try: {run} --no-toolchain true\n")
        return exit_code
    os.execv("/bin/sh", [*command, "pulumi-resource-pacific", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
