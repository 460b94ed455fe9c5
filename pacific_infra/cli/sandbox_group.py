"""``pacific sandbox`` with the groups of commands in it."""

from pacific_infra.cli import fault
from pacific_infra.cli.sandbox import app

app.add_typer(fault.app, name="fault")

__all__ = ["app"]
