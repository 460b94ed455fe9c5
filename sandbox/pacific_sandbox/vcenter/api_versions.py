"""Which operations came with which version of vCenter, as its bindings say: an older one does not know the path."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pacific_sandbox.vcenter.replies import no_operation
from pacific_sandbox.vcenter.shape import V8_0_3, V9_0, V9_1, Version
from pacific_sandbox.vcenter.vapi_error import VapiError, error_response

_MANAGEMENT = "/api/vcenter/namespace-management"
_SEGMENT = "[^/]+"
_SINCE: Sequence[tuple[str, str, Version]] = (
    ("DELETE", f"{_MANAGEMENT}/supervisors/{_SEGMENT}", V9_1),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/(control-plane|workloads)/.*", V9_1),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/(vsphere-pod|supervisor-service)-settings", V9_1),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/certificates", V9_1),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/support-bundles", V9_1),
    (".*", f"{_MANAGEMENT}/supervisors/(.*/)?recovery/backup/.*", V8_0_3),
    ("POST", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/supervisor-services/{_SEGMENT}", V8_0_3),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/supervisor-services/.*/precheck", V8_0_3),
    ("(?!POST).*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/supervisor-services(/{_SEGMENT})?", V9_0),
    ("POST", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/supervisor-services", V9_0),
    (".*", f"{_MANAGEMENT}/software/supervisors/{_SEGMENT}/prechecks", V8_0_3),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/networks/edges(/{_SEGMENT})?", V9_0),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/zones(/{_SEGMENT})?/bindings", V9_0),
    (".*", f"{_MANAGEMENT}/supervisors/{_SEGMENT}/container-image-registries(/{_SEGMENT})?", V8_0_3),
    (".*", f"{_MANAGEMENT}/infrastructure-policies(/{_SEGMENT})?", V9_1),
    (".*", f"{_MANAGEMENT}/software/supervisors/upgrades(/.*)?", V9_1),
    (".*", f"{_MANAGEMENT}/software/supervisors/versions(/.*)?", V9_0),
    ("DELETE", f"/api/vcenter/namespaces/instances/{_SEGMENT}/zones/{_SEGMENT}", V9_0),
)


def is_known(method: str, path: str, version: Version) -> bool:
    """Whether a vCenter of ``version`` has the operation."""
    return not any(
        version < since and re.fullmatch(methods, method) and re.fullmatch(paths, path)
        for methods, paths, since in _SINCE
    )


class ApiVersions:
    """ASGI middleware: refuses what came later than ``version``."""

    def __init__(self, app: ASGIApp, version: Version) -> None:
        self._app = app
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._app
        if scope["type"] == "http" and not is_known(scope["method"], scope["path"], self._version):
            error = no_operation(Request(scope))
            assert isinstance(error, VapiError)  # noqa: S101 - that is what it makes
            answer = error_response(error, scope["path"])
        await answer(scope, receive, send)
