"""``pacific ci``: the steps of a pipeline on a forge: plan on a pull request, apply on merge, drift by schedule."""

import os
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import typer

from pacific_infra import __version__
from pacific_infra.cli.ci_review import WAITING, Review, Reviewed
from pacific_infra.cli.ci_stacks import in_order, run_command, stacks_of
from pacific_infra.cli.options import JsonOption
from pacific_infra.cli.result import print_json
from pacific_infra.errors import PacificError
from pacific_infra.forge.forge import State
from pacific_infra.forge.pipeline import read_pipeline
from pacific_infra.forge.repository import Repository

app = typer.Typer(
    help="The steps of a pipeline: plan on a pull request, apply on merge, drift by schedule.", no_args_is_help=True
)
STEPS = ("plan", "apply", "drift")
PLACES = {
    "github": ".github/workflows/pacific-{step}.yml",
    "gitea": ".gitea/workflows/pacific-{step}.yml",
    "gitlab": ".gitlab/pacific-{step}.yml",
}
"""Where a forge's pipelines lie in a repository."""
REQUIRED = "pacific/plan"
"""The status that every planned pull request has, whichever stacks it changes."""
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Only this stack, PROJECT/STACK; may be given several times.")
]


@app.command("init")
def init(
    forge: Annotated[Literal["github", "gitlab", "gitea"], typer.Argument(help="The forge.")],
    folder: Annotated[Path, typer.Argument(help="The repository's top folder.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the three pipelines: plan on a pull request, apply on merge, drift by schedule."""
    # Gitea runs GitHub's workflows.
    templates = files("pacific_infra.forge") / "pipelines" / ("gitlab" if forge == "gitlab" else "github")
    texts = {
        PLACES[forge].format(step=step): (templates / f"{step}.yml")
        .read_text("utf-8")
        .replace("@VERSION@", __version__)
        for step in STEPS
    }
    existing = sorted(path for path in texts if (folder / path).exists())
    if existing:
        problem = "the repository has pipelines of these names already, none was written"
        raise PacificError(problem, place=str(folder), value=", ".join(existing), fix="remove them first")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if as_json:
        print_json("ci-init", {"forge": forge, "files": sorted(texts)})
        return
    for path in sorted(texts):
        typer.echo(f"wrote {folder / path}")
    if forge == "gitlab":
        typer.echo("  next: include them in .gitlab-ci.yml, as their first lines say")


@app.command("plan")
def plan(only: OnlyOption = None, as_json: JsonOption = False) -> None:
    """Plan the stacks that a pull request changes: a comment and a commit status each; the plan is kept for apply.

    The status pacific/plan is about all of them together, to be required before a merge. A stack is locked for the pull
    request from its plan to the merge. Exit code 1 where a plan fails.
    """
    pipeline, repository = read_pipeline(os.environ), Repository(Path.cwd())
    review = Review(pipeline.forge, repository, run_command)
    if pipeline.pull_request is None:
        raise PacificError("this job does not run for a pull request", fix="run pacific ci plan on pull requests only")
    request = pipeline.forge.pull_request(pipeline.pull_request)
    results: dict[str, str] = {}
    if not request.open:
        if not request.merged:
            review.release(request.number)
    elif request.head not in (repository.commit(), *repository.parents()):
        typer.echo(f"the pull request has a newer commit, {request.head[:12]}: its own job plans it", err=True)
    else:
        base = repository.merge_base(request.base_branch)
        changed = repository.changed(base)
        reviewed = Reviewed(request.number, request.head, base, repository.tree())
        stacks, planned = list(stacks_of(repository, only or ())), review.planned_stacks(request.number)
        concerned = {stack.name: stack for stack in stacks if stack.concerned(changed)}
        for name, firsts in in_order([*concerned.values()]).items():
            results[name] = review.plan(request, concerned[name], reviewed, firsts)
        for stack in stacks:
            if stack.ref in planned and stack.name not in concerned:
                results[stack.name] = review.forget(request, stack)
        if not only:
            state, text = _verdict(results)
            pipeline.forge.set_status(request.head, state, REQUIRED, text)
    _finish("ci-plan", {"pullRequest": request.number}, results, as_json=as_json)


@app.command("apply")
def apply(only: OnlyOption = None, as_json: JsonOption = False) -> None:
    """Converge what a merged pull request had planned, and nothing else.

    Another commit than the planned one is planned anew and not applied: run the job again to apply that.
    """
    pipeline, repository = read_pipeline(os.environ), Repository(Path.cwd())
    review = Review(pipeline.forge, repository, run_command)
    commit = repository.commit()
    changed = repository.changed(next(iter(repository.parents()), commit))
    request = pipeline.forge.pull_request_of(commit)
    planned = review.planned_stacks(request.number) if request is not None else ()
    concerned = {
        stack.name: stack
        for stack in stacks_of(repository, only or ())
        if stack.ref in planned or stack.concerned(changed)
    }
    if request is None and concerned:
        raise PacificError(
            "this commit came without a pull request, so nobody has seen its plan; nothing was applied",
            value=", ".join(concerned),
            fix="pacific plan and pacific up by hand, or bring the next change by a pull request",
        )
    results: dict[str, str] = {}
    if request is not None:
        for name, firsts in in_order([*concerned.values()]).items():
            missing = [first for first in firsts if results[first] in WAITING]
            step = partial(review.postpone, needed=missing) if missing else review.apply
            results[name] = step(request, concerned[name])
    _finish("ci-apply", {"pullRequest": request.number if request else None}, results, as_json=as_json)


@app.command("drift")
def drift(only: OnlyOption = None, as_json: JsonOption = False) -> None:
    """Look at every stack for drift: an issue each is opened, kept up to date, and closed when the drift is gone.

    Exit code 1 where a stack could not be looked at; drift itself ends with 0, since the issue says it.
    """
    review = Review(read_pipeline(os.environ).forge, Repository(Path.cwd()), run_command)
    stacks = stacks_of(review.repository, only or ())
    results = {stack.name: review.look_for_drift(stack) for stack in stacks if not stack.retired}
    _finish("ci-drift", {}, results, as_json=as_json)


def _verdict(results: Mapping[str, str]) -> tuple[State, str]:
    """The status of a pull request as a whole."""
    waiting = [f"{name}: {outcome}" for name, outcome in results.items() if outcome in WAITING]
    if waiting:
        return "failure", ", ".join(waiting)
    number = len(results)
    return "success", f"{number} {'stack' if number == 1 else 'stacks'} planned" if number else "no stack is concerned"


def _finish(schema: str, about: dict[str, object], results: dict[str, str], *, as_json: bool) -> None:
    """Report what happened to which stack; exit code 1 where somebody has to do something."""
    if as_json:
        print_json(schema, {**about, "stacks": results})
    else:
        for name, outcome in results.items():
            typer.echo(f"{name}: {outcome}")
        if not results:
            typer.echo("no stack is concerned")
    if WAITING.intersection(results.values()):
        raise SystemExit(1)
