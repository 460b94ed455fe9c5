"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.completion import complete_application, complete_stack

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack", "-s", help="The Pulumi stack to work on.", show_default="dev", autocompletion=complete_stack
    ),
]
CreateOption = Annotated[
    bool, typer.Option("--create", help="Make the stack where there is none of this name and no Pulumi.NAME.yaml.")
]
ProjectOption = Annotated[
    Path, typer.Option("--project", "-C", help="The project's folder, or one below it.", file_okay=False)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Go ahead without asking.")]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Look at what is there first: puts right what others have changed.")
]
EngineOption = Annotated[
    bool, typer.Option("--engine", help="Have the engine compare, also where nothing has changed since the last run.")
]
SiteOption = Annotated[
    Path | None, typer.Option("--site", help="File with the site's hosts and datastores (docs/capacity.md).")
]
PricesOption = Annotated[
    Path | None, typer.Option("--prices", help="File with prices: adds what each namespace costs a month.")
]
ApplicationOption = Annotated[
    str | None,
    typer.Option(
        "--application",
        help="Only the parts of this application (docs/applications.md).",
        autocompletion=complete_application,
    ),
]
PartitionOption = Annotated[
    str | None,
    typer.Option(
        "--partition",
        metavar="RULE",
        help="Into which stacks the documents are split: namespace, application, a number, or none (docs/fleets.md). "
        "[default: as pacific.yaml says]",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Stacks at a time, where the estate is in several. [default: 1, or all threads of --on]",
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="PLACE", help="Whose workers do it, such as dask://HOST:PORT (docs/fleets.md)."),
]
CURRENT_FOLDER = Path()
