"""The simulated vCenter as one ASGI application."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pacific_sandbox.control_plane_protocol import SupervisorControlPlanes
from pacific_sandbox.files import private_directory
from pacific_sandbox.vcenter.access_routes import AccessRoutes
from pacific_sandbox.vcenter.api_versions import ApiVersions
from pacific_sandbox.vcenter.cluster_routes import ClusterRoutes
from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.content_library_deletion import ContentLibraryDeletion
from pacific_sandbox.vcenter.content_library_routes import ContentLibraryRoutes
from pacific_sandbox.vcenter.edge_routes import EdgeRoutes
from pacific_sandbox.vcenter.image_registry_routes import ImageRegistryRoutes
from pacific_sandbox.vcenter.infrastructure_policy_routes import InfrastructurePolicyRoutes
from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.inventory_routes import InventoryRoutes
from pacific_sandbox.vcenter.load_balancer_routes import LoadBalancerRoutes
from pacific_sandbox.vcenter.namespace_routes import NamespaceRoutes
from pacific_sandbox.vcenter.namespace_template_routes import NamespaceTemplateRoutes
from pacific_sandbox.vcenter.namespaces import Namespaces
from pacific_sandbox.vcenter.precheck_routes import PrecheckRoutes
from pacific_sandbox.vcenter.recovery_routes import RecoveryRoutes
from pacific_sandbox.vcenter.registration_routes import RegistrationRoutes
from pacific_sandbox.vcenter.replies import no_operation
from pacific_sandbox.vcenter.service_catalogue_routes import ServiceCatalogueRoutes
from pacific_sandbox.vcenter.service_installation_routes import ServiceInstallationRoutes
from pacific_sandbox.vcenter.sessions import OLD_PATH, Sessions
from pacific_sandbox.vcenter.simulator import Simulator
from pacific_sandbox.vcenter.sso_routes import SsoRoutes
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisor_routes import SupervisorRoutes
from pacific_sandbox.vcenter.supervisor_settings_routes import SupervisorSettingsRoutes
from pacific_sandbox.vcenter.supervisors import Supervisors
from pacific_sandbox.vcenter.tagging_routes import TaggingRoutes
from pacific_sandbox.vcenter.tasks import Tasks
from pacific_sandbox.vcenter.upgrade_routes import UpgradeRoutes
from pacific_sandbox.vcenter.vapi_error import (
    VapiError,
    error_response,
    handle_error,
    unauthenticated,
    unauthorized,
)
from pacific_sandbox.vcenter.virtual_machine_class_routes import VirtualMachineClassRoutes
from pacific_sandbox.vcenter.virtual_machine_classes import VirtualMachineClasses
from pacific_sandbox.vcenter.vsphere_inventory import VSphereInventory
from pacific_sandbox.vcenter.zone_binding_routes import ZoneBindingRoutes
from pacific_sandbox.vcenter.zone_routes import ZoneRoutes

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SERVED_HERE = ("/api/vcenter/namespaces", "/api/vcenter/namespace-management", "/api/vcenter/consumption-domains")
"""Where vcsim's own answers would be wrong ones."""
_OWN_EXCEPT = (
    "/api/vcenter/namespace-management/distributed-switch-compatibility",
    "/api/vcenter/namespace-management/edge-cluster-compatibility",
)
_REST = ("/api/", "/rest/")
_UPLOADS = "/rest/com/vmware/cis/data/"
_FOR_EVERYBODY = ("/api/vcenter/namespaces-user/namespaces", "/api/appliance/system/version")


def create_app(
    configuration: VCenterConfiguration,
    control_planes: SupervisorControlPlanes,
    inventory: Inventory | None = None,
) -> Starlette:
    """The application; its lifespan restores what is recorded, and ends the control planes.

    ``inventory`` is that of vcsim unless another is given. Raises PacificError where the recorded state is not whole;
    starting raises it where vcsim does not get ready in time.
    """
    private_directory(configuration.directory)
    store = Store(configuration.directory / "vcenter.json")
    simulator = Simulator(configuration)
    if inventory is None:
        inventory = VSphereInventory(configuration, simulator)
    sessions = Sessions(configuration.users, configuration.session_idle)
    classes = VirtualMachineClasses(store)
    supervisors = Supervisors(configuration, store, inventory, control_planes)
    namespaces = Namespaces(configuration, store, inventory, supervisors, classes)
    pass_on = _passing_on(simulator, sessions)
    tasks = Tasks()
    routes = [
        *sessions.routes(),
        *InventoryRoutes(inventory, configuration.version).routes(),
        *ContentLibraryRoutes(inventory).routes(),
        *tasks.routes(),
        *RecoveryRoutes(supervisors, tasks, configuration.state_change).routes(),
        *RegistrationRoutes(inventory, supervisors, namespaces, tasks, configuration.state_change).routes(),
        *SupervisorRoutes(store, inventory, supervisors).routes(),
        *SupervisorSettingsRoutes(configuration.ca_file, inventory, supervisors).routes(),
        *EdgeRoutes(inventory, supervisors).routes(),
        *ZoneBindingRoutes(store, supervisors).routes(),
        *ClusterRoutes(configuration.ca_file, inventory, supervisors).routes(),
        *LoadBalancerRoutes(supervisors).routes(),
        *VirtualMachineClassRoutes(classes).routes(),
        *ServiceInstallationRoutes(store, supervisors, configuration.state_change).routes(),
        *ServiceCatalogueRoutes(store).routes(),
        *ImageRegistryRoutes(store, supervisors).routes(),
        *PrecheckRoutes(store, supervisors, configuration.state_change).routes(),
        *UpgradeRoutes(store, supervisors, configuration.state_change).routes(),
        *InfrastructurePolicyRoutes(store).routes(),
        *NamespaceTemplateRoutes(store, supervisors, namespaces).routes(),
        *ZoneRoutes(store, inventory).routes(),
        *TaggingRoutes(store).routes(),
        *SsoRoutes(configuration.users, store).routes(),
        *AccessRoutes(namespaces).routes(),
        *NamespaceRoutes(sessions, supervisors, namespaces).routes(),
        *ContentLibraryDeletion(store, inventory, pass_on).routes(),
        Route("/{path:path}", pass_on, methods=_METHODS),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await inventory.connect()
        store.save()
        await supervisors.restore()
        namespaces.restore()
        try:
            yield
        finally:
            await namespaces.stop()
            await supervisors.stop()
            await inventory.close()
            await simulator.close()

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={VapiError: handle_error},
        middleware=[Middleware(_Authorization, sessions), Middleware(ApiVersions, configuration.version)],
    )
    app.state.version = configuration.version
    return app


class _Authorization:
    """ASGI middleware: asks of all REST operations for a session, an administrator's but for a few.

    SOAP has sessions of its own, which vcsim looks after.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._error(Request(scope)) if scope["type"] == "http" else None
        answer = self._app if error is None else error_response(error, scope["path"])
        await answer(scope, receive, send)

    def _error(self, request: Request) -> VapiError | None:
        path = request.url.path
        if not path.startswith(_REST) or path in ("/api/session", OLD_PATH):
            return None
        session = self._sessions.find(request)
        if session is None:
            # The session of an upload is vcsim's, which vcsim knows.
            return None if path.startswith(_UPLOADS) else unauthenticated()
        if session.is_administrator or path in _FOR_EVERYBODY:
            return None
        return unauthorized(f"User {session.user.principal} lacks a privilege for {request.method} {path}.")


def _passing_on(simulator: Simulator, sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    async def pass_on(request: Request) -> Response:
        path = request.url.path
        if (path.startswith(_SERVED_HERE) and path not in _OWN_EXCEPT) or path == "/api":
            raise no_operation(request)
        with_session = path.startswith(_REST) and sessions.find(request) is not None
        return await simulator.pass_on(request, with_session=with_session)

    return pass_on
