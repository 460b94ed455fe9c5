"""One session at the vCenter: SOAP for managed objects and storage policies, ``/rest`` for tags and libraries."""

import ipaddress
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx2

from pacific_infra.errors import PacificError
from pacific_sandbox.vcenter.vim_types import newest_versions, soap_stub_adapter, vim

_WITHIN = 60.0
_SESSION = "/com/vmware/cis/session"
OFFICIAL = "install the official plugin: pulumi plugin install resource vsphere --reinstall"


@dataclass(frozen=True)
class Login:
    """Where to log in, and as whom."""

    server: str
    """``host:port``, on this computer."""
    user: str
    password: str = field(repr=False)
    verified: bool = True
    """Whether the certificate is verified, by the system's authorities or those of ``SSL_CERT_FILE``."""

    @classmethod
    def of(cls, configuration: Mapping[str, Any], environment: Mapping[str, str]) -> "Login":
        """As the official plugin takes it: ``vsphere:vsphereServer`` or ``VSPHERE_SERVER``, and so on.

        Raises PacificError for what is missing, and for a vCenter that is not the sandbox's.
        """

        def value(name: str, variable: str) -> str:
            text = str(configuration.get(name) or environment.get(variable) or "")
            if not text:
                raise PacificError(f"vsphere:{name} is not set", fix=f"set it, or {variable}")
            return text

        server = value("vsphereServer", "VSPHERE_SERVER")
        host = server.rpartition(":")[0] if ":" in server else server
        if not _is_here(host):
            raise PacificError(
                "this pulumi-resource-vsphere is the sandbox's stand-in, for vCenters on this computer alone",
                value=server,
                fix=OFFICIAL,
            )
        unverified = str(configuration.get("allowUnverifiedSsl") or environment.get("VSPHERE_ALLOW_UNVERIFIED_SSL", ""))
        user, password = value("user", "VSPHERE_USER"), value("password", "VSPHERE_PASSWORD")
        return cls(server, user, password, verified=unverified.lower() not in ("true", "1"))

    def tls(self) -> ssl.SSLContext:
        """How the certificate is verified."""
        context = ssl.create_default_context()
        if not self.verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Site:
    """Logs in when it is first needed. Its calls come one at a time."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self.lock = threading.RLock()

    @cached_property
    def instance(self) -> Any:
        """pyvmomi's ``ServiceInstance``."""
        host, _, port = self._login.server.partition(":")
        stub = soap_stub_adapter(
            host=host,
            port=int(port or 443),
            version=newest_versions.Get("vim"),
            path="/sdk",
            sslContext=self._login.tls(),
            httpConnectionTimeout=_WITHIN,
        )
        instance = vim.ServiceInstance("ServiceInstance", stub)
        instance.content.sessionManager.Login(self._login.user, self._login.password, None)
        return instance

    @cached_property
    def _http(self) -> httpx2.Client:
        client = httpx2.Client(
            base_url=f"https://{self._login.server}/rest", verify=self._login.tls(), timeout=_WITHIN, trust_env=False
        )
        answer = client.post(_SESSION, auth=(self._login.user, self._login.password))
        if not answer.is_success:
            raise PacificError(f"vCenter refused the login of {self._login.user}", value=answer.status_code)
        client.headers["vmware-api-session-id"] = str(answer.json()["value"])
        return client

    def rest(self, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """``value`` of the answer; None for a 404 to GET, PATCH and DELETE. Raises PacificError."""
        try:
            answer = self._http.request(method, path, json=body, params=parameters)
        except httpx2.HTTPError as error:
            raise PacificError(f"vCenter {self._login.server} cannot be reached: {error}") from error
        if answer.status_code == 404 and method != "POST":
            return None
        if not answer.is_success:
            raise PacificError(f"vCenter refused {method} /rest{path}: {answer.text.strip() or answer.status_code}")
        return answer.json().get("value") if answer.content.strip() else None

    def close(self) -> None:
        """End both sessions, where they were begun."""
        if "instance" in self.__dict__:
            self.instance.content.sessionManager.Logout()
        if "_http" in self.__dict__:
            self._http.delete(_SESSION)
            self._http.close()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
