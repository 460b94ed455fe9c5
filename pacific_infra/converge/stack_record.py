"""What is recorded of a stack, read from its backend without Pulumi, which takes half a second to start."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.converge.passphrase import wrong_passphrase
from pacific_infra.converge.project import Project
from pacific_infra.converge.stack_lock import locked, remove_stale_locks
from pacific_infra.converge.unsettled import UnsettledSteps, file_of
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.backends import backend_folder, backend_of
from pacific_infra.record.bucket import read_together
from pacific_infra.record.estate import EstateRecordFile
from pacific_infra.record.journal import current_deployment
from pacific_infra.record.secrets import WrongPassphrase, decrypter_of, is_recorded_secret, passphrase_of, plain
from pacific_infra.settings import Settings

STACK = "pulumi:pulumi:Stack"
"""Type token of the resource whose outputs are the stack's."""


@dataclass(frozen=True)
class Output:
    """An output of a stack."""

    value: Any
    secret: bool = False


class NotReadable(PacificError):
    """Only Pulumi can decrypt it."""


class StackRecord:
    """The record of one stack and the secrets of its configuration; made with ``open_record``."""

    def __init__(
        self, project: Project, files: StackFiles, environment: Mapping[str, str], unsettled: UnsettledSteps
    ) -> None:
        """``environment``: with Pulumi's variables."""
        self.project = project
        self.files = files
        self.unsettled = unsettled
        self._environment = environment

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose change is a change of the record; none: the backend is no folder."""
        paths = (self.files.checkpoint, self.files.journal)
        return tuple(path for path in paths if isinstance(path, Path))

    def deployment(self) -> Mapping[str, Any]:
        """The stack's state as ``pulumi stack export`` writes it, with secrets still encrypted."""
        return current_deployment(self.files)[0] or {}

    def resources(self) -> list[Mapping[str, Any]]:
        """The stack's resources as recorded, with secrets still encrypted."""
        return list(self.deployment().get("resources") or ())

    def outputs(self) -> Mapping[str, Output]:
        """The stack's outputs. Raises NotReadable, and PacificError for a wrong passphrase."""
        deployment = self.deployment()
        resources = deployment.get("resources") or ()
        outputs = next((resource.get("outputs") for resource in resources if resource["type"] == STACK), None) or {}
        provider = deployment.get("secrets_providers") or {}
        salt = (provider.get("state") or {}).get("salt") if provider.get("type") == "passphrase" else None

        def decrypt(ciphertext: str) -> str:
            return self._decrypted(ciphertext, salt)

        return {name: Output(plain(value, decrypt), is_recorded_secret(value)) for name, value in outputs.items()}

    def secret(self, key: str) -> str | None:
        """A value of the stack's configuration, decrypted; None where it has none. Keep it out of logs and results.

        Raises as ``outputs``.
        """
        if key not in self.project.secret_keys:
            if self.project.imports_environments:
                raise NotReadable("only Pulumi can open environments of Pulumi ESC")
            value = self.project.configuration.get(key)
            return None if value is None else str(value)
        settings = yaml.safe_load(self.project.stack_settings.read_text())
        value = settings["config"][key]
        if not isinstance(value, Mapping) or "secure" not in value:
            raise NotReadable("only Pulumi decrypts parts of a value")
        return self._decrypted(str(value["secure"]), settings.get("encryptionsalt"))

    def _decrypted(self, ciphertext: str, salt: str | None) -> str:
        if salt is None:
            raise NotReadable("it is encrypted by a service, and not with a passphrase")
        phrase = passphrase_of(self._environment)
        if phrase is None:
            raise NotReadable("the passphrase is not known")
        try:
            return decrypter_of(salt, phrase).text(ciphertext)
        except WrongPassphrase:
            raise wrong_passphrase(self.project.stack_settings, self._environment, recorded=True) from None


def open_record(
    project: Project, settings: Settings, variables: Mapping[str, str], say: Callable[[str], object]
) -> StackRecord | None:
    """The record of the project's stack; None where it is not there, or in a backend that only Pulumi reads. Locks of
    dead processes are removed first, which ``say`` is told, and what a killed run has recorded is settled.

    ``variables``: those that any run of Pulumi gets from the toolchain.
    """
    backend = backend_of(settings, variables)
    folder = backend_folder(backend)
    if folder is None:
        return None
    files = StackFiles(folder, project.name, project.stack)
    try:
        for pid in remove_stale_locks(folder, project.name, project.stack):
            say(f"removed the lock that the killed process {pid} left on the stack")
    except OSError as error:
        say(f"{error.filename}: the lock that a killed process left cannot be removed ({error.strerror})")
    if not files.exists():
        return None
    _settle_unless_locked(files)
    return StackRecord(project, files, {**os.environ, **variables}, unsettled_steps(project, settings, backend))


def _settle_unless_locked(files: StackFiles) -> None:
    """Settle what a killed run has recorded. Where that cannot be now, its journal is read as it is.

    Under the stack's lock: a run that begins meanwhile writes another journal in its place.
    """
    if files.journal is not None and files.journal.exists():
        # Refused where another run goes on, or nothing can be written here.
        with suppress(PacificError, OSError), locked(files):
            pass


def open_joined(
    project: Project, settings: Settings, variables: Mapping[str, str], say: Callable[[str], object]
) -> StackRecord | None:
    """As ``open_record``, of all stacks where the project's estate is in several."""
    first = open_record(project, settings, variables, say)
    estate = EstateRecordFile.of(first.files).read() if first is not None and project.estate is None else None
    if first is None or estate is None:
        return first
    members = [replace(project, stack=stack, estate=project.stack) for stack in estate.stacks if stack != project.stack]
    backend = first.files.backend
    records = read_together(backend, lambda member: open_record(member, settings, variables, say), members)
    others = {record.project.stack: record for record in records if record is not None}
    from pacific_infra.converge.joined_record import JoinedRecord  # noqa: PLC0415 - it loads the documents' models

    return JoinedRecord(first, estate, others)


def unsettled_steps(project: Project, settings: Settings, backend: str) -> UnsettledSteps:
    """What earlier runs of the stack have left undecided."""
    return UnsettledSteps(file_of(settings.state_directory, backend, project.name, project.stack))


def is_selected(pulumi_home: Path, record: StackRecord, backend: str) -> bool:
    """Whether ``pulumi`` without a stack's name is about this stack: pkg/workspace/workspace.go of Pulumi."""
    project = record.project
    digest = hashlib.sha1(os.path.realpath(project.directory / "Pulumi.yaml").encode(), usedforsecurity=False)
    file = pulumi_home / "workspaces" / f"{project.name}-{digest.hexdigest()}-workspace.json"
    try:
        return bool(json.loads(file.read_bytes())["stacks"][backend] == record.files.qualified_name)
    except (OSError, ValueError, KeyError, TypeError):
        return False
