"""``pacific version``."""

import typer

from pacific_infra import __version__


def version() -> None:
    """Print the version."""
    typer.echo(__version__)
