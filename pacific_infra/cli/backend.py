"""``pacific backend``: where the state lies that several people and machines share."""

import tempfile
import uuid
from typing import Annotated
from urllib.parse import urlsplit

import typer

from pacific_infra.cli.result import print_json
from pacific_infra.errors import PacificError
from pacific_infra.record.backends import EXTRAS, backend_folder, engine_variables
from pacific_infra.record.bucket import BucketFile
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain

app = typer.Typer(
    help="Where the state lies: set up one in Postgres or S3 that several people and machines share.",
    no_args_is_help=True,
)


@app.callback()
def backend() -> None:
    """Keep ``init`` a word of its own."""


@app.command()
def init(
    url: Annotated[str, typer.Argument(metavar="URL", help="postgres://USER@HOST:PORT/DATABASE or s3://BUCKET.")],
    *,
    role: Annotated[
        str | None,
        typer.Option("--role", help="Postgres: give this role what the engine needs, and no more. It has to be there."),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Make what the engine needs there, check that it can be read and written, and say what to set.

    May be repeated. The password is best in PGPASSWORD or ~/.pgpass, which the engine reads as well.
    """
    scheme = urlsplit(url).scheme
    if scheme not in EXTRAS:
        raise PacificError(
            "this backend needs no setting up", value=f"{scheme}://" if scheme else url, allowed="postgres://, s3://"
        )
    folder = backend_folder(url)
    if not isinstance(folder, BucketFile):
        raise PacificError(f"{scheme}:// needs the extra {scheme}", fix=f"pip install 'pacific-infra[{scheme}]'")
    done: tuple[str, ...] = ()
    if scheme == "postgres":
        from pacific_infra.record.postgres import PostgresUrl  # noqa: PLC0415 - of an extra
        from pacific_infra.record.postgres_setup import set_up  # noqa: PLC0415 - the same

        done = set_up(PostgresUrl(url), role).done
    elif role is not None:
        raise PacificError("only Postgres has roles", place="--role", value=role, fix="leave it out")
    _try(folder)
    engine = _try_engine(url)
    shown = _url_to_set(url, role)
    if json_output:
        print_json("backend", {"url": shown, "done": list(done), "engine": engine})
        return
    for line in done:
        typer.echo(line)
    typer.echo(f"{folder.bucket.url} can be read and written" + (", also by the engine" if engine else ""))
    if not engine:
        typer.echo("  the engine was not asked: it is not installed yet (pacific toolchain install)")
    typer.echo(f"  set     export PULUMI_BACKEND_URL='{shown}'")
    typer.echo(f"  or, in Pulumi.yaml:\n    backend:\n      url: {shown}")
    if scheme == "postgres":
        typer.echo("  and     export PGPASSWORD=..., or a line of ~/.pgpass, where the server asks for a password")
    typer.echo("  secrets are encrypted with a passphrase: all who share the state set the same, by")
    typer.echo("          export PULUMI_CONFIG_PASSPHRASE_FILE=FILE")


def _try(folder: BucketFile) -> None:
    """Write, list, read and remove a key as the engine does. Raises PacificError."""
    file = folder / ".pulumi" / "pacific-tries" / f"{uuid.uuid4()}.json"
    file.bucket.put(file.key, b"{}")
    try:
        if file.read_bytes() != b"{}" or [*file.parent.glob("*.json")] == []:
            raise PacificError("what is written cannot be read again", place=file.bucket.url)
    finally:
        file.unlink()


def _try_engine(url: str) -> bool:
    """Have the engine open the backend; False: it is not installed. Raises PacificError with its words."""
    toolchain = find_toolchain(Settings.read())
    if not toolchain.installed:
        return False
    from pulumi.automation import CommandError  # noqa: PLC0415 - it takes a second to import

    from pacific_infra.converge.pulumi_process import PulumiProcess  # noqa: PLC0415 - the same

    variables = {**toolchain.environment(), **engine_variables(url, 1), "PULUMI_BACKEND_URL": url}
    process = PulumiProcess(toolchain.program("pulumi"), toolchain.pulumi_version(), variables)
    with tempfile.TemporaryDirectory(prefix="pacific-backend-") as folder:
        try:
            process.run(["stack", "ls", "--all", "--json"], folder, {"PULUMI_CREDENTIALS_PATH": folder})
        except CommandError as error:
            words = [line.strip() for line in str(error).splitlines() if line.strip().startswith("error:")]
            problem = f"the engine cannot use the backend: {'; '.join(words)}"
            raise PacificError(problem, place=_url_to_set(url, None)) from None
    return True


def _url_to_set(url: str, role: str | None) -> str:
    """The URL without its password, for ``role`` where the state is set up for one."""
    parts = urlsplit(url)
    query = "&".join(argument for argument in parts.query.split("&") if not argument.startswith("password="))
    written, _, host = parts.netloc.rpartition("@")
    user = role or written.partition(":")[0]
    return parts._replace(netloc=f"{user}@{host}" if user else host, query=query).geturl()
