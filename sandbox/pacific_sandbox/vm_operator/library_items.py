"""Items of vCenter's content libraries, over its REST API."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2

from pacific_sandbox.vcenter_client.session import VCenterConnection, VCenterUnavailable

_ITEMS = "/rest/com/vmware/content/library/item"
_CAPTURE = "/rest/com/vmware/vcenter/ovf/library-item"
_SESSION = "/rest/com/vmware/cis/session"
_SECONDS = 30.0
_T = TypeVar("_T")


class LibraryItems:
    """Every method opens its own session, since it is called rarely. All raise VCenterUnavailable with the reason."""

    def __init__(self, connection: VCenterConnection) -> None:
        self._connection = connection

    async def named(self, library: str) -> Mapping[str, tuple[str, str]]:
        """Identifier and description of each item of a library, by its name."""

        async def work(http: httpx2.AsyncClient) -> Mapping[str, tuple[str, str]]:
            items = {}
            for identifier in await _value(http, "GET", _ITEMS, {"library_id": library}) or ():
                item = await _value(http, "GET", f"{_ITEMS}/id:{identifier}")
                items[str(item["name"])] = (str(identifier), str(item.get("description") or ""))
            return items

        return await self._call(work)

    async def capture(self, library: str, machine: str, name: str, description: str) -> str:
        """Make an OVF template of a machine (``vm-N``) in a library; its identifier."""
        body = {
            "create_spec": {"name": name, "description": description},
            "source": {"type": "VirtualMachine", "id": machine},
            "target": {"library_id": library},
        }

        async def work(http: httpx2.AsyncClient) -> str:
            identifier = await _value(http, "POST", _CAPTURE, None, body)
            return str(identifier["ovf_library_item_id"])

        return await self._call(work)

    async def _call(self, work: Callable[[httpx2.AsyncClient], Awaitable[_T]]) -> _T:
        address = urlsplit(self._connection.url)
        context = ssl.create_default_context(cafile=self._connection.ca_file) if address.scheme == "https" else False
        password = await asyncio.to_thread(self._connection.password_file.read_text)
        base = f"{address.scheme}://{address.netloc}"
        try:
            async with httpx2.AsyncClient(base_url=base, verify=context, trust_env=False, timeout=_SECONDS) as http:
                login = await http.post(_SESSION, auth=(self._connection.username, password.splitlines()[0]))
                login.raise_for_status()
                http.headers["vmware-api-session-id"] = str(login.json()["value"])
                try:
                    return await work(http)
                finally:
                    await http.delete(_SESSION)
        except httpx2.HTTPError as error:
            raise VCenterUnavailable(str(error)) from error


async def _value(
    http: httpx2.AsyncClient, method: str, path: str, parameters: dict[str, str] | None = None, body: object = None
) -> Any:
    answer = await http.request(method, path, params=parameters, json=body)
    answer.raise_for_status()
    return answer.json().get("value")
