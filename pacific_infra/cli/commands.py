"""The commands: where each lies and what help says of it, without importing any.

Importing all takes more than a second, most of it for what only a few need: Pulumi, pyVmomi, the models of documents.
"""

from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer

from pacific_infra import sandbox


@dataclass(frozen=True)
class Command:
    """One command or group of commands."""

    name: str
    help: str
    """The first paragraph of its function's docstring, or its group's help."""
    module: str
    """The module of ``pacific_infra.cli`` that has it: its function of the same name (``import_``), or its ``app``.
    Empty for a group that the sandbox brings."""
    group: bool = False
    examples: tuple[str, ...] = ()
    """Lines at the end of its help, each narrower than 80 columns."""
    context: dict[str, Any] | None = None
    """Settings of its click context."""

    def register(self, app: typer.Typer) -> None:
        """Import it and make it part of ``app``. Raises PacificError where the sandbox brings it and is missing."""
        if not self.module:
            app.add_typer(sandbox.entry("commands"), name=self.name)
            return
        module = import_module(f"pacific_infra.cli.{self.module}")
        if self.group:
            app.add_typer(module.app, name=self.name)
        else:
            function = f"{self.name}_" if iskeyword(self.name) else self.name
            # An empty line between two lines is how an epilogue keeps them apart.
            epilog = "\n\n".join(("Examples:", *(f"  {line}" for line in self.examples))) if self.examples else None
            app.command(self.name, context_settings=self.context, epilog=epilog)(getattr(module, function))

    def list_in(self, app: typer.Typer) -> None:
        """Show it in the help of ``app`` without importing it."""
        app.command(self.name, help=self.help)(_only_listed)


def _only_listed() -> None:
    raise AssertionError("the command that the arguments name is registered")


COMMANDS = (
    Command(
        "init",
        "Write a new project: Pulumi.yaml, its program, and documents of a small estate that runs in the sandbox.",
        "init",
    ),
    Command(
        "plan",
        "Show what up would do: each document by wave, its changes property by property, destroyed data first.",
        "plan",
        examples=(
            "pacific plan -s prod --detailed-exitcode",
            "pacific plan --markdown --save plan.json > comment.md",
        ),
    ),
    Command(
        "up",
        "Bring everything to its desired state, in dependency order; shows the plan and asks first unless --yes.",
        "up_command",
        examples=(
            "pacific up --yes",
            "pacific up --plan plan.json --yes   # what was approved, no more",
        ),
    ),
    Command(
        "down",
        "Remove every resource of the stack, in reverse order, and stop the sandbox if no other stack uses it.",
        "down",
        examples=(
            "pacific down --preview-only         # what would go, data first",
            "pacific down --application shop --yes",
        ),
    ),
    Command(
        "status",
        "Say for each document whether it is declared, what is recorded of it, and how it is: its health and the "
        "reason.",
        "status",
        examples=(
            "pacific status --watch",
            "pacific status --recorded            # contacts no server",
        ),
    ),
    Command(
        "outputs",
        "Print the stack's outputs; each Supervisor's kubeconfig is written to a file of your own, which is named.",
        "outputs",
    ),
    Command(
        "import",
        "Take over a Supervisor that runs: write documents of it and bring it into the stack, so that the plan is "
        "empty.",
        "importing",
        examples=("pacific import --from-supervisor cluster-01", "pacific import --documents-only --out found"),
    ),
    Command(
        "login",
        "Log in at a Supervisor and add it to your kubeconfig: a context for it and for each namespace of yours.",
        "login",
    ),
    Command(
        "credential",
        "Print a fresh token for kubectl: the exec credential plugin, the same as the program pacific-credential.",
        "login",
        context={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    ),
    Command(
        "graph",
        "Write the graph of documents, or a part of it, as a tree, DOT (Graphviz), Mermaid or JSON.",
        "graph",
        examples=(
            "pacific graph --around shop/web --depth 1",
            "pacific graph -o dot | dot -Tsvg > estate.svg",
        ),
    ),
    Command(
        "why",
        "Say what A waits for and what waits for it; with B, why one of them comes after the other.",
        "why",
        examples=(
            "pacific why shop/web",
            "pacific why shop/web data/orders",
        ),
    ),
    Command(
        "capacity",
        "Compare what the documents ask for with the limits of their namespaces and, with --site or --live, "
        "with hosts.",
        "capacity",
    ),
    Command("policy", "Check the documents against the built-in rules and those of installed packs.", "policy"),
    Command(
        "drift",
        "Compare what is there with what the last converge left, property by property; changes nothing.",
        "drift",
        examples=("pacific drift --detailed-exitcode   # 2 where something differs",),
    ),
    Command(
        "diff",
        "Compare the documents of two runs of the history, or of one with those that there are now.",
        "diff",
        examples=("pacific diff 12 14", "pacific diff 12            # with the documents of now"),
    ),
    Command(
        "promote",
        "Show what would change in TO if it had the documents of FROM, and how their outputs differ.",
        "promote",
        examples=("pacific promote dev prod   # exit code 2 where they differ",),
    ),
    Command(
        "rollback",
        "Plan going back to the documents of an earlier run, ask, and converge.",
        "rollback",
        examples=("pacific rollback 12 --preview-only",),
    ),
    Command(
        "rollout",
        "Change the sites of pacific.yaml wave after wave: the same documents on several vCenters.",
        "rollout",
        examples=("pacific rollout --preview-only", "pacific rollout --yes --approve prod"),
    ),
    Command(
        "render",
        "Write what a controller in a cluster needs to converge the stack from git: objects only, nothing is applied.",
        "render",
    ),
    Command(
        "discover",
        "List what this vCenter and its Supervisors offer: versions, classes, images, policies, networks, releases.",
        "discover",
        examples=("pacific discover images networks --json",),
    ),
    Command(
        "view",
        "Show what is declared, recorded and there, live: a page for a browser. Changes nothing.",
        "view",
        examples=("pacific view", "pacific view --tui             # in this terminal", "pacific view --json --once"),
    ),
    Command("schema", "Write the JSON Schema of documents, for editors and checks.", "schema"),
    Command("version", "Print the version.", "version"),
    Command(
        "history",
        "Say what was run on the stack: who ran it, when, from which commit, what it changed and how it ended.",
        "history",
        group=True,
    ),
    Command(
        "ci",
        "The steps of a pipeline: plan on a pull request, apply on merge, drift by schedule.",
        "ci",
        group=True,
    ),
    Command(
        "supervisor",
        "Back up a Supervisor, list its backups, download its support bundle, and register VMs in its namespaces.",
        "supervisor",
        group=True,
    ),
    Command(
        "sandbox",
        "The embedded sandbox: a simulated vCenter with real Kubernetes control planes.",
        "",
        group=True,
    ),
    Command(
        "backend",
        "Where the state lies: set up one in Postgres or S3 that several people and machines share.",
        "backend",
        group=True,
    ),
    Command(
        "toolchain",
        "The programs that pacific runs: Pulumi, its plugins, and the sandbox's control plane.",
        "toolchain",
        group=True,
    ),
)
"""In the order of help."""


def application(word: str | None = None) -> typer.Typer:
    """The command line, with the command ``word`` ready to run and the others listed; None: all of them ready."""
    app = typer.Typer(
        help="Declare, plan and converge a VMware vSphere Supervisor as one dependency graph.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    for command in COMMANDS:
        if word in (None, command.name):
            command.register(app)
        else:
            command.list_in(app)
    return app
