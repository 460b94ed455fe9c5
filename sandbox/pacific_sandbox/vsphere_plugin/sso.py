"""Users and groups of Single Sign-On, those of the sandbox's own SSO domain."""

from collections.abc import Mapping
from urllib.parse import quote

from pacific_infra.errors import PacificError
from pacific_sandbox.users import DOMAIN
from pacific_sandbox.vsphere_plugin.kind import Kind, Values
from pacific_sandbox.vsphere_plugin.site import Site

_PERSON = ("description", "firstName", "lastName", "emailAddress")


def _path(kind: str, name: str) -> str:
    return f"/sandbox/sso/{kind}/{quote(name.partition('@')[0], safe='')}"


def _user(inputs: Values) -> Values:
    return {name: inputs[name] for name in ("password", *_PERSON) if name in inputs}


def _create_user(site: Site, inputs: Values) -> str:
    site.rest("POST", _path("users", inputs["name"]), _user(inputs))
    return f"{inputs['name']}@{DOMAIN}"


def _read_user(site: Site, identifier: str) -> Values | None:
    person = site.rest("GET", _path("users", identifier))
    return None if person is None else {"name": identifier.partition("@")[0], "domain": DOMAIN, **person}


def _update_user(site: Site, identifier: str, inputs: Values) -> None:
    site.rest("PUT", _path("users", identifier), _user(inputs))


def _delete_user(site: Site, identifier: str) -> None:
    site.rest("DELETE", _path("users", identifier))


def _group(inputs: Values) -> Values:
    members = inputs.get("memberUsers") or []
    for member in members:
        if member.get("domain", DOMAIN).lower() != DOMAIN:
            raise PacificError("the sandbox has one SSO domain", value=member["domain"], allowed=DOMAIN)
    described = {"description": inputs["description"]} if "description" in inputs else {}
    return {"users": [member["name"] for member in members], **described}


def _create_group(site: Site, inputs: Values) -> str:
    site.rest("POST", _path("groups", inputs["name"]), _group(inputs))
    return f"{inputs['name']}@{DOMAIN}"


def _read_group(site: Site, identifier: str) -> Values | None:
    group = site.rest("GET", _path("groups", identifier))
    if group is None:
        return None
    members = [{"name": name} for name in group["users"]]
    return {"name": identifier.partition("@")[0], "description": group.get("description") or "", "memberUsers": members}


def _update_group(site: Site, identifier: str, inputs: Values) -> None:
    site.rest("PUT", _path("groups", identifier), _group(inputs))


def _delete_group(site: Site, identifier: str) -> None:
    site.rest("DELETE", _path("groups", identifier))


KINDS: Mapping[str, Kind] = {
    "SsoUser": Kind(
        {"name": "string", "domain": "string", "password": "string", **dict.fromkeys(_PERSON, "string")},
        required=("password",),
        fixed=("name", "domain"),
        create=_create_user,
        read=_read_user,
        update=_update_user,
        delete=_delete_user,
        unread=("password",),
    ),
    "SsoGroup": Kind(
        {"name": "string", "description": "string", "memberUsers": "member[]", "memberGroups": "member[]"},
        required=(),
        fixed=("name",),
        create=_create_group,
        read=_read_group,
        update=_update_group,
        delete=_delete_group,
        refused=("memberGroups",),
    ),
}
