"""Backups of Supervisors (8.0 U3): jobs that write archives on the file system of vCenter's appliance."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.reading import lower_names

_SUPERVISORS = "/vcenter/namespace-management/supervisors"


@dataclass(frozen=True)
class Archive:
    """One backup, where it lies and what it is of."""

    archive: str
    supervisor: str
    """Identifier of the Supervisor."""
    location: str
    """Absolute path on vCenter's appliance."""
    timestamp: str
    supervisor_version: str
    comment: str
    usable: bool
    """Whether a restore takes it."""
    unusable_reasons: tuple[str, ...] = ()


async def begin_backup(client: VCenterClient, supervisor: str, specification: dict[str, Any]) -> str:
    """Begin a job; ``recovery.backup.Jobs.CreateSpec``. Returns the task.

    Raises AlreadyExists where one is under way, NotAllowed for a Supervisor that is not healthy.
    """
    return str(await client.post(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/recovery/backup/jobs", specification))


async def task_progress(client: VCenterClient, task: str) -> str | None:
    """What the task waits for; None: it is done. Raises PacificError with vCenter's reason where it has failed."""
    info = dict(lower_names(await client.get(f"/cis/tasks/{quote(task, safe='')}")))
    status = str(info.get("status"))
    if status == "FAILED":
        error = info.get("error")
        texts = message_texts(error.get("messages")) if isinstance(error, dict) else []
        raise PacificError(f"vCenter's task {task} has failed: {'; '.join(texts) or 'it gives no reason'}")
    return None if status == "SUCCEEDED" else f"vCenter's task {task} is {status}"


async def list_archives(client: VCenterClient, supervisor: str | None = None) -> list[Archive]:
    """The archives on vCenter's appliance, of one Supervisor or all, the oldest first."""
    answer = lower_names(await client.get(f"{_SUPERVISORS}/recovery/backup/archives")) or []
    archives = [
        Archive(
            archive=str(item["archive"]),
            supervisor=str(item["supervisor"]),
            location=str(item.get("location") or ""),
            timestamp=str(item.get("timestamp") or ""),
            supervisor_version=str(item.get("supervisor_version") or ""),
            comment=str(item.get("comment") or ""),
            usable=bool(item.get("usable")),
            unusable_reasons=tuple(message_texts(item.get("unusable_reasons"))),
        )
        for item in answer
    ]
    return sorted(
        (item for item in archives if supervisor in (None, item.supervisor)), key=lambda archive: archive.timestamp
    )
