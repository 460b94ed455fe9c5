"""The ``pacific`` command: exit codes 0 done, 1 error, 2 changes where asked for with ``--detailed-exitcode``."""

from pacific_infra.cli.main import main

__all__ = ["main"]
