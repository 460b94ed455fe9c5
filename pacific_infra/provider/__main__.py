"""The plug-in's entry point."""

import sys

from pacific_infra.provider.server import run


def main() -> int:
    """Serve the engine whose address is on the command line."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
