"""``registervm``: a machine that runs in a namespace becomes a VirtualMachine of the VM service.

As vCenter's, it reads what VM Operator keeps in the machine's advanced options. Volumes are not registered anew.
"""

import secrets
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.namespaces import Namespaces
from pacific_sandbox.vcenter.replies import reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.supervisors import Supervisors
from pacific_sandbox.vcenter.tasks import Task, Tasks
from pacific_sandbox.vcenter.vapi_error import already_in_desired_state, invalid_argument, not_allowed, not_found
from pacific_sandbox.vcenter_client.machine_backup import RESOURCE, resource_of

_SPECIFICATION = {"vm": str}
_SERVICE = "com.vmware.vcenter.namespaces.instances"


class RegistrationRoutes:
    """Registers machines, one task each."""

    def __init__(
        self, inventory: Inventory, supervisors: Supervisors, namespaces: Namespaces, tasks: Tasks, state_change: float
    ) -> None:
        self._inventory, self._supervisors, self._namespaces = inventory, supervisors, namespaces
        self._tasks, self._state_change = tasks, state_change

    def routes(self) -> list[Route]:
        path = "/api/vcenter/namespaces/instances/{namespace}/registervm"
        return [Route(path, self._register, methods=["POST"])]

    async def _register(self, request: Request) -> Response:
        namespace = request.path_params["namespace"]
        record = self._namespaces.changeable(namespace)
        identifier = str((await read_body(request, _SPECIFICATION)).get("vm", ""))
        machines = await self._inventory.objects("vm")
        machine = next((item for item in machines if item.identifier == identifier), None)
        if machine is None:
            raise not_found(f"Virtual machine {identifier} not found.")
        resource = resource_of(machine.information["extra_config"])
        if resource is None:
            raise invalid_argument(f"Virtual machine {identifier} has no {RESOURCE} in its ExtraConfig.")
        if resource["metadata"]["namespace"] != namespace:
            raise invalid_argument(f"Virtual machine {identifier} is not in the folder of namespace {namespace}.")
        plane = self._supervisors.running(record["supervisor"])
        if plane is None:
            raise not_allowed(f"The Supervisor of namespace {namespace} does not run.")
        if not await plane.register_machine(resource):
            raise already_in_desired_state(f"VirtualMachine {resource['metadata']['name']} exists on the Supervisor.")
        since = time.time()
        task = Task(
            "Register a virtual machine.", _SERVICE, "register_VM", lambda: time.time() - since >= self._state_change
        )
        return reply(self._tasks.add(f"registervm-{secrets.token_hex(8)}", task))
