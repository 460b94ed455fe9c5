"""``pacific sandbox fault``: injects faults into the sandbox, to test what runs on it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pacific_infra.cli.options import JsonOption
from pacific_infra.cli.result import print_json
from pacific_sandbox.cli.sandbox import DirectoryOption, named_sandbox
from pacific_sandbox.faults.api_fault import APIS, EFFECTS
from pacific_sandbox.faults.sandbox_faults import SandboxFaults

app = typer.Typer(help="Have things go wrong in the sandbox: APIs, processes, datastores, hosts.", no_args_is_help=True)
host = typer.Typer(help="Have vCenter lose a host, or find it again.", no_args_is_help=True)
app.add_typer(host, name="host")


@app.command("list")
def list_faults(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Say what is declared, and how often it was applied."""
    faults = _faults(directory).list()
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in faults], indent=2))
        return
    for fault in faults:
        typer.echo(
            f"{fault.id:<24} {fault.text}" + ("" if fault.applied is None else f"; applied {fault.applied} times")
        )
    if not faults:
        typer.echo("nothing is declared")


@app.command()
def clear(
    identifier: Annotated[str | None, typer.Argument(metavar="[ID]", help="As `list` shows it; else all.")] = None,
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a fault, or all of them."""
    ended = _faults(directory).clear(identifier)
    _say(as_json, {"cleared": list(ended)}, f"cleared {', '.join(ended)}" if ended else "nothing was declared")


@app.command()
def api(  # noqa: PLR0917 - typer passes them by name
    effect: Annotated[str, typer.Argument(help="; ".join(f"{name}: {text}" for name, text in EFFECTS.items()))],
    value: Annotated[
        float | None, typer.Argument(help="slow: seconds; fail: the status; limit: seconds of Retry-After.")
    ] = None,
    on: Annotated[str, typer.Option("--on", help="; ".join(f"{name}: {text}" for name, text in APIS.items()))] = "rest",
    method: Annotated[str, typer.Option("--method", help="GET, POST, PUT, PATCH, DELETE, or * for any.")] = "*",
    path: Annotated[str, typer.Option("--path", help="Pattern of the path; * stands for anything.")] = "*",
    count: Annotated[int | None, typer.Option("--count", help="End after so many requests.")] = None,
    probability: Annotated[float, typer.Option("--probability", help="Of each request; more than 0, up to 1.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed meets the same ones of the same requests.")] = 0,
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have requests of an API go wrong, until that is cleared or --count is used up."""
    fault = _faults(directory).declare(
        api=on,
        effect=effect,
        value=value,
        method=method.upper(),
        path=path,
        count=count,
        probability=probability,
        seed=seed,
    )
    _say(as_json, fault.as_json(), f"fault {fault.id}: {fault.text()}")


@app.command()
def kill(
    process: Annotated[str, typer.Argument(help="A process that `pacific sandbox status` names.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """SIGKILL a process. The daemon starts it again; the daemon itself and all with it is started by the next `up`."""
    pid = _faults(directory).kill(process)
    _say(as_json, {"process": process, "pid": pid}, f"killed {process}, process {pid}")


@app.command()
def pause(
    process: Annotated[str, typer.Argument(help="A process that `pacific sandbox status` names.")],
    seconds: Annotated[float, typer.Argument(min=0.1, max=3600, help="How long; the command takes as long.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a process (SIGSTOP) and let it go on after SECONDS (SIGCONT)."""
    pid = _faults(directory).pause(process, seconds)
    answer = {"process": process, "pid": pid, "seconds": seconds}
    _say(as_json, answer, f"{process}, process {pid}, stood for {seconds:g} s")


@app.command("datastore-full")
def datastore_full(
    name: Annotated[str, typer.Argument(help="A datastore, such as datastore-01.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave no room on a datastore: machines cannot be made or powered on, volumes not made or grown."""
    _print_change(_faults(directory).fill(name), as_json)


@app.command("datastore-free")
def datastore_free(
    name: Annotated[str, typer.Argument(help="A datastore that is full.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a datastore its room back."""
    ended = _faults(directory).clear(f"datastore/{name}")
    _say(as_json, {"cleared": list(ended)}, f"cleared {', '.join(ended)}")


@host.command()
def lost(
    name: Annotated[str, typer.Argument(metavar="HOST", help="A host, such as esx-01.sandbox.test.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have vCenter reach a host no more: not responding, its machines disconnected, no operation on them."""
    _print_change(_faults(directory).lose_host(name), as_json)


@host.command()
def back(
    name: Annotated[str, typer.Argument(metavar="HOST", help="A host that is lost.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have vCenter reach a host again."""
    ended = _faults(directory).clear(f"host/{name}")
    _say(as_json, {"cleared": list(ended)}, f"cleared {', '.join(ended)}")


def _faults(directory: Path | None) -> SandboxFaults:
    return SandboxFaults(named_sandbox(directory))


def _print_change(identifier: str, as_json: bool) -> None:
    _say(as_json, {"id": identifier}, f"fault {identifier}")


def _say(as_json: bool, document: dict[str, Any], text: str) -> None:
    if as_json:
        print_json("fault", document)
    else:
        typer.echo(text)
