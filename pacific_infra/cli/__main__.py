"""Runs the ``pacific`` command as a module."""

from pacific_infra.cli import main

if __name__ == "__main__":
    main()
