"""``/rest/sandbox/sso``: users and groups of the SSO domain, for the sandbox's stand-in for pulumi-vsphere.

A vCenter has them at the SOAP interface of its Single Sign-On, which vcsim has with users of its own that cannot log in
anywhere else. Here they are those that log in at the vCenter and at Supervisors.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.users import Directory
from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_found

_ROOT = "/rest/sandbox/sso"
_USER = {"password!": str, "description": str, "firstName": str, "lastName": str, "emailAddress": str}
_GROUP = {"description": str, "users!": [str]}
_CHANGE = {"POST": False, "PUT": True}
"""Whether what a method writes has to be there."""


class SsoRoutes:
    """Create, read, change and delete users and groups."""

    def __init__(self, users: Path, store: Store) -> None:
        self._directory, self._store = Directory(users), store

    def routes(self) -> list[Route]:
        user, group = f"{_ROOT}/users/{{name}}", f"{_ROOT}/groups/{{name}}"
        return [
            Route(user, self._user, methods=["GET"]),
            Route(user, self._put_user, methods=["POST", "PUT"]),
            Route(user, self._delete_user, methods=["DELETE"]),
            Route(group, self._group, methods=["GET"]),
            Route(group, self._put_group, methods=["POST", "PUT"]),
            Route(group, self._delete_group, methods=["DELETE"]),
        ]

    async def _user(self, request: Request) -> Response:
        person = self._directory.user(request.path_params["name"])
        if person is None:
            raise not_found(f"SSO user {request.path_params['name']} not found.")
        return reply({"value": person})

    async def _put_user(self, request: Request) -> Response:
        name, body = request.path_params["name"], await read_body(request, _USER)
        self._check(request, name, known=self._directory.user(name) is not None)
        self._directory.put_user(name, body.pop("password"), body)
        return reply({"value": name})

    async def _delete_user(self, request: Request) -> Response:
        self._directory.remove_user(request.path_params["name"])
        return done()

    async def _group(self, request: Request) -> Response:
        name = request.path_params["name"]
        group = self._store.sso_groups.get(name)
        if group is None:
            raise not_found(f"SSO group {name} not found.")
        return reply({"value": {**group, "users": self._directory.members(name)}})

    async def _put_group(self, request: Request) -> Response:
        name, body = request.path_params["name"], await read_body(request, _GROUP)
        self._check(request, name, known=name in self._store.sso_groups)
        try:
            self._directory.put_members(name, body.pop("users"))
        except KeyError as error:
            raise invalid_argument(f"SSO user {error.args[0]} not found.") from None
        self._store.sso_groups[name] = body
        self._store.save()
        return reply({"value": name})

    async def _delete_group(self, request: Request) -> Response:
        name = request.path_params["name"]
        self._directory.put_members(name, ())
        self._store.sso_groups.pop(name, None)
        self._store.save()
        return done()

    @staticmethod
    def _check(request: Request, name: str, *, known: bool) -> None:
        if known and not _CHANGE[request.method]:
            raise already_exists(f"SSO principal {name} exists already.")
        if not known and _CHANGE[request.method]:
            raise not_found(f"SSO principal {name} not found.")
