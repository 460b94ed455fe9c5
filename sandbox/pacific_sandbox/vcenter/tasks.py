"""``/api/cis/tasks``: what was begun and goes on. Kept until the next start."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import reply
from pacific_sandbox.vcenter.vapi_error import not_found


@dataclass(frozen=True)
class Task:
    """One task."""

    description: str
    service: str
    operation: str
    is_done: Callable[[], bool]


class Tasks:
    """All of them by identifier."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def routes(self) -> list[Route]:
        return [Route("/api/cis/tasks/{task}", self._get, methods=["GET"])]

    def add(self, name: str, task: Task) -> str:
        """Its identifier, which begins with ``name``."""
        identifier = f"{name}:com.vmware.cis.task"
        self._tasks[identifier] = task
        return identifier

    async def _get(self, request: Request) -> Response:
        identifier = request.path_params["task"]
        task = self._tasks.get(identifier)
        if task is None:
            raise not_found(f"Task {identifier} not found.")
        return reply(
            {
                "description": {"id": task.operation, "default_message": task.description, "args": []},
                "service": task.service,
                "operation": task.operation,
                "status": "SUCCEEDED" if task.is_done() else "RUNNING",
                "cancelable": False,
            }
        )
