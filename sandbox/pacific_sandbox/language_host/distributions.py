"""Prints the distributions of the interpreter that runs it as a JSON list of {"name", "version"}, sorted by name.

A script on the standard library alone, run in the program's interpreter. Without ``--transitive`` only those that no
other one requires, as ``pip list --not-required``.
"""

import json
import re
import sys
from importlib.metadata import distributions


def main() -> None:
    """Print the list."""
    known = {}
    required = set()
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            known[_normal(name)] = {"name": name, "version": distribution.version}
        for requirement in distribution.requires or []:
            if "extra ==" not in requirement:
                required.add(_normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]))
    names = known if "--transitive" in sys.argv[1:] else known.keys() - required
    json.dump([known[name] for name in sorted(names)], sys.stdout)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
