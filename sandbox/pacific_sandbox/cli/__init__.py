"""``pacific sandbox`` with the groups of commands in it."""

from pacific_sandbox.cli import fault
from pacific_sandbox.cli.operator import flux, git, operator
from pacific_sandbox.cli.sandbox import app

app.add_typer(fault.app, name="fault")
for command in (operator, flux, git):
    app.command()(command)

__all__ = ["app"]
