"""``pacific rollout``: the same documents on the vCenters of several sites, wave after wave."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from pacific_infra.cli.completion import complete_stack
from pacific_infra.cli.history import files_of
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, YesOption
from pacific_infra.cli.result import print_json
from pacific_infra.cli.session import command_line, interactive
from pacific_infra.converge.estate_file import SiteWave, read_estate_file
from pacific_infra.converge.history import can_go_back_to, ended
from pacific_infra.converge.project import ESTATE_FILE, Project, find_project
from pacific_infra.converge.rollout import Director, Rollout
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.plan.changes import UNCHANGED

_WAITING = 2
"""The exit code where a person's approval is missing."""


def rollout(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    yes: YesOption = False,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            "--approve",
            metavar="STACK",
            help="A site that may be changed now, where pacific.yaml asks for approval; may be repeated.",
            autocompletion=complete_stack,
        ),
    ] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Where a site fails, bring its wave back to the run before.")
    ] = False,
    preview_only: Annotated[bool, typer.Option("--preview-only", help="Show the waves, and do nothing.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Change the sites of pacific.yaml wave after wave: the same documents on several vCenters.

    A wave waits until all sites before it are done and healthy. It stops where a site fails or is unhealthy; run again,
    it goes on from there. Exit code 2: it waits for approval.
    """
    opened = find_project(project, None)
    waves = _waves(opened)
    approved = _approved(approve or (), waves)
    sites = SiteProcesses(opened)
    # What is approved already is approved for this run alone.
    options = [
        *(["--yes"] if yes else ()),
        *(["--roll-back"] if roll_back else ()),
        *(f"--approve {stack}" for stack in approve or ()),
    ]
    again = command_line(opened, " ".join(["rollout", *options]))
    if preview_only:
        seen = _preview(sites, waves)
    else:
        if not yes and not interactive():
            raise PacificError("no terminal to confirm on", fix=f"{again} --yes, after --preview-only")
        director = Director(sites, sites.say, approved, roll_back)
        seen = director.roll_out(waves, lambda stacks: None if yes else _ask(stacks))
    if json_output:
        print_json("rollout", rollout_json(waves, seen, preview=preview_only))
    else:
        typer.echo("\n".join(rollout_lines(waves, seen, again, preview=preview_only)))
    if code := exit_code(seen, preview=preview_only):
        raise SystemExit(code)


def exit_code(seen: Rollout, *, preview: bool) -> int:
    """0: it is done, or was looked at; 1: a site failed or is unhealthy; 2: a site waits for approval."""
    if seen.result == "failed":
        return 1
    return _WAITING if seen.result == "waiting" and not preview else 0


def _ask(stacks: Sequence[str]) -> None:
    typer.confirm(f"Converge {', '.join(stacks)}?", abort=True, err=True)


def _waves(project: Project) -> Sequence[SiteWave]:
    """Raises PacificError(s) where there are none, and where a site is no stack of the project."""
    content = read_estate_file(project.directory)
    if content is None or not content.sites:
        fix = f"write sites: [{{stacks: [STACK]}}] into {ESTATE_FILE}; see docs/fleets.md"
        raise PacificError("the project has no sites", place=ESTATE_FILE, fix=fix)
    unknown = [stack for wave in content.sites for stack in wave.stacks if stack not in project.declared_stacks]
    if unknown:
        raise PacificErrors(
            [
                PacificError(
                    "a site is a stack with a file of its own",
                    place=ESTATE_FILE,
                    value=stack,
                    allowed=sorted(project.declared_stacks) or None,
                    fix=f"write Pulumi.{stack}.yaml with its vCenter and its overlays",
                )
                for stack in unknown
            ]
        )
    return content.sites


def _approved(stacks: Sequence[str], waves: Sequence[SiteWave]) -> frozenset[str]:
    known = [stack for wave in waves for stack in wave.stacks]
    for stack in stacks:
        if stack not in known:
            raise PacificError("--approve names a site", value=stack, allowed=known, fix="name one of them")
    return frozenset(stacks)


def _preview(sites: "SiteProcesses", waves: Sequence[SiteWave]) -> Rollout:
    seen = Rollout.of(waves)
    for stack in seen.states:
        seen.look_at(sites, stack)
    return seen


@dataclass
class SiteProcesses:
    """The stacks of the sites, each looked at and changed by a ``pacific`` of its own."""

    project: Project
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _earlier: dict[str, int | None] = field(default_factory=dict)
    """The run that each stack would go back to."""

    def say(self, text: str) -> None:
        """Say it on standard error."""
        typer.echo(text, err=True)

    def changes(self, stack: str) -> Mapping[str, int]:
        """The changes of its plan, by operation."""
        code, document, error = self._run(stack, "plan", "--json")
        if code or document is None:
            raise PacificError(error)
        return {name: count for name, count in document["counts"].items() if count and name not in UNCHANGED}

    def converge(self, stacks: Sequence[str]) -> Mapping[str, str]:
        """Run ``up`` of each. An interrupt reaches each once, and is raised when they have ended."""
        for stack in stacks:
            self._earlier[stack] = self._last_good(stack)
        with ThreadPoolExecutor(max_workers=len(stacks)) as pool:
            runs = {stack: pool.submit(self._run, stack, "up", "--yes", "--json") for stack in stacks}
            try:
                results = {stack: run.result() for stack, run in runs.items()}
            except KeyboardInterrupt:
                for process in [*self._running.values()]:
                    process.send_signal(signal.SIGINT)
                raise
        return {stack: error for stack, (code, _, error) in results.items() if code}

    def illness(self, stack: str) -> str | None:
        """The first document that its status shows as unhealthy, and why; None: all are healthy."""
        code, document, error = self._run(stack, "status", "--json", "--detailed-exitcode", quiet=True)
        if not code:
            return None
        for name, node in (document or {"nodes": {}})["nodes"].items():
            live = node["live"] or {}
            if node["state"] != "converged":
                return f"{name} is {node['state']}"
            if live.get("state") not in (None, "healthy", "external"):
                return f"{name} is {live['state']}: {live.get('reason') or 'no reason is said'}"
        return error

    def changed_at(self, stack: str) -> float | None:
        """When its last run changed it, by its history; None: no run has."""
        ends = [
            run.began + run.seconds
            for run in map(ended, files_of(find_project(self.project.directory, stack)).runs())
            if run.seconds is not None and any(count for name, count in run.counts.items() if name not in UNCHANGED)
        ]
        return max(ends, default=None)

    def go_back(self, stack: str) -> str | None:
        """By ``rollback``."""
        number = self._earlier[stack]
        if number is None:
            return "there is no run to go back to"
        code, _, error = self._run(stack, "rollback", str(number), "--yes", "--json")
        return error if code else None

    def _last_good(self, stack: str) -> int | None:
        runs = map(ended, files_of(find_project(self.project.directory, stack)).runs())
        return max((run.number for run in runs if can_go_back_to(run)), default=None)

    def _run(self, stack: str, *words: str, quiet: bool = False) -> tuple[int, Any, str]:
        """The exit code, the JSON that it printed, and what it said went wrong. Its other output is shown, by site."""
        command = [sys.executable, "-m", "pacific_infra.cli", *words, "-s", stack, "-C", str(self.project.directory)]
        # A session of its own: the terminal's interrupt is for this process, which hands it on once.
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            self._running[stack] = process
            errors: list[str] = []

            def read_errors() -> None:
                for line in process.stderr or ():
                    if line.startswith("error: "):
                        errors.append(line.removeprefix("error: ").strip())
                    elif not quiet and line.strip():
                        self.say(f"[{stack}] {line.rstrip()}")

            reader = threading.Thread(target=read_errors)
            reader.start()
            try:
                output = process.stdout.read() if process.stdout is not None else ""
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
            finally:
                reader.join()
                del self._running[stack]
            code = process.wait()
        document = _document(output)
        errors += [error["message"] for error in (document or {}).get("errors", ()) if error["message"] not in errors]
        return code, document, "; ".join(errors) or f"pacific {words[0]} ended with exit code {code}"


def _document(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return None


def rollout_json(waves: Sequence[SiteWave], seen: Rollout, *, preview: bool) -> dict[str, Any]:
    """For programs."""
    return {
        "result": "preview" if preview and seen.result != "failed" else seen.result,
        "waves": [
            {
                "soak": wave.after.soak,
                "approval": wave.after.approval,
                "stacks": {
                    stack: {
                        "state": seen.states[stack],
                        "changes": dict(seen.changes.get(stack, {})),
                        "reason": seen.reasons.get(stack),
                    }
                    for stack in wave.stacks
                },
            }
            for wave in waves
        ],
    }


def rollout_lines(waves: Sequence[SiteWave], seen: Rollout, again: str, *, preview: bool) -> list[str]:
    """For people: the waves with their sites, and what to do next; ``again``: the command that goes on."""
    lines: list[str] = []
    for number, wave in enumerate(waves, 1):
        gate = [f"after {wave.after.soak} s of health"] if wave.after.soak else []
        gate += ["after approval"] if wave.after.approval else []
        lines.append(f"Wave {number}{'  ' if gate else ''}{', '.join(gate)}")
        for stack in wave.stacks:
            changes = ", ".join(f"{count} {name}" for name, count in seen.changes.get(stack, {}).items())
            state = f"to change: {changes}" if preview and changes else seen.states[stack]
            reason = seen.reasons.get(stack)
            lines.append(
                f"  {stack}  {state}{f' ({changes})' if changes and not preview else ''}"
                f"{f': {reason}' if reason else ''}"
            )
    waiting = [stack for stack, state in seen.states.items() if state == "waiting"]
    if waiting:
        lines.append(f"  next: {again}{''.join(f' --approve {stack}' for stack in waiting)}")
    elif seen.result == "failed" and not preview:
        lines.append(f"  next: {again} goes on from here, when what failed is put right")
    return lines
