"""``pacific sandbox`` with the groups of commands in it."""

from pacific_sandbox.cli import fault
from pacific_sandbox.cli.operator import operator
from pacific_sandbox.cli.sandbox import app

app.add_typer(fault.app, name="fault")
app.command()(operator)

__all__ = ["app"]
