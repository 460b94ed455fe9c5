"""Sessions over SOAP, REST and of the datastores' files: each belongs to the client that logged in, and to no other."""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import SoapStubAdapter, VmomiSupport, pbm, vim, vmodl

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from pacific_sandbox.web_server import WebServer
from tests.support.vcenter_client import basic
from tests.support.vcenter_doubles import ControlPlanesDouble, InventoryDouble
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.sandbox
ADMINISTRATOR = "administrator@vsphere.local"
CATEGORIES = "/rest/com/vmware/cis/tagging/category"
OLD_SESSION = "/rest/com/vmware/cis/session"


@dataclass
class Site:
    """A simulated vCenter that is served at a port."""

    port: int
    ca_file: Path

    def soap(self) -> Any:
        """A session of its own."""
        return SmartConnect(
            host="127.0.0.1", port=self.port, user=ADMINISTRATOR, pwd="admin", sslContext=self._context()
        )

    @contextlib.contextmanager
    def stranger(self, cookie: str = "", path: str = "/sdk", version: str = "vim") -> Iterator[Any]:
        """The connection of who has not logged in; ``cookie`` is sent with each request."""
        adapter = SoapStubAdapter(
            host="127.0.0.1",
            port=self.port,
            path=path,
            version=VmomiSupport.newestVersions.Get(version),
            sslContext=self._context(),
        )
        adapter.cookie = cookie
        try:
            yield adapter
        finally:
            adapter.DropConnections()

    def rest(self) -> httpx2.Client:
        """A client with cookies of its own."""
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=self._context(), trust_env=False, timeout=PATIENCE
        )

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))


@pytest.fixture
def site(simulator: Callable[[], VCenterConfiguration], tmp_path: Path) -> Iterator[Site]:
    users = json.loads((tmp_path / "users.json").read_text())
    # Both passwords are one, as in a sandbox.
    (tmp_path / "password").write_text(users[ADMINISTRATOR]["password"])
    configuration = simulator()
    assert configuration.ca_file is not None
    app = create_app(configuration, ControlPlanesDouble(), InventoryDouble())
    listener = socket.create_server(("127.0.0.1", 0))
    server = WebServer("vCenter", app, listener, CertificateAuthority.open(tmp_path / "authority").server())
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        await server.start(PATIENCE)
        started.set()
        await asyncio.to_thread(stop.wait)
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield Site(listener.getsockname()[1], configuration.ca_file)
    finally:
        stop.set()
        thread.join(PATIENCE)


@contextlib.contextmanager
def logged_in(site: Site) -> Iterator[Any]:
    instance = site.soap()
    try:
        yield instance
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


def post(client: httpx2.Client, operation: str, arguments: str, **headers: str) -> httpx2.Response:
    """Send a SOAP request as it is."""
    body = f'<{operation} xmlns="urn:vim25">{arguments}</{operation}>'
    envelope = f'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>{body}</Body></Envelope>'
    return client.post("/sdk", content=envelope, headers={"content-type": "text/xml", **headers})


def root_folder(content: Any) -> vmodl.query.PropertyCollector.FilterSpec:
    return vmodl.query.PropertyCollector.FilterSpec(
        objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=content.rootFolder)],
        propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.Folder, pathSet=["name"])],
    )


READS: dict[str, Callable[[Any], object]] = {
    "a property": lambda content: content.rootFolder.name,
    "RetrieveProperties": lambda content: content.propertyCollector.RetrieveContents([root_folder(content)]),
    "RetrievePropertiesEx": lambda content: content.propertyCollector.RetrievePropertiesEx(
        [root_folder(content)], vmodl.query.PropertyCollector.RetrieveOptions()
    ),
    "a view": lambda content: content.viewManager.CreateContainerView(content.rootFolder, None, True),
    "a change": lambda content: content.rootFolder.CreateFolder("mine"),
    "the sessions": lambda content: content.sessionManager.TerminateSession(["x"]),
}


@pytest.mark.parametrize("name", READS)
def test_who_has_not_logged_in_gets_not_authenticated_while_others_have(site: Site, name: str) -> None:
    read = READS[name]
    with logged_in(site) as instance, site.stranger() as stranger:
        with pytest.raises(vim.fault.NotAuthenticated):
            read(vim.ServiceInstance("ServiceInstance", stranger).content)
        assert instance.content.rootFolder.name == "Datacenters"


REQUESTS = {
    "RetrievePropertiesEx": (
        '<_this type="PropertyCollector">propertyCollector</_this><specSet><propSet><type>Folder</type>'
        "<pathSet>name</pathSet></propSet><objectSet>"
        '<obj type="Folder">group-d1</obj></objectSet></specSet><options/>'
    ),
    "CurrentTime": '<_this type="ServiceInstance">ServiceInstance</_this>',
}


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_request_without_any_cookie_does_not_act_as_who_has_logged_in(site: Site, operation: str) -> None:
    with logged_in(site) as instance, site.rest() as client:
        assert instance.content.rootFolder._moId == "group-d1"
        answer = post(client, operation, REQUESTS[operation])
        assert answer.status_code == 500
        assert 'type="NotAuthenticated"' in answer.text


def test_clients_without_any_cookie_log_in_while_others_are(site: Site) -> None:
    """As Terraform's provider does at each of its commands."""
    login = (
        f'<_this type="SessionManager">SessionManager</_this><userName>{ADMINISTRATOR}</userName>'
        "<password>admin</password>"
    )
    with logged_in(site):
        for _ in range(2):
            with site.rest() as client:
                assert post(client, "Login", login).status_code == 200
                # The client keeps the cookie of its own session.
                assert post(client, "CurrentTime", REQUESTS["CurrentTime"]).status_code == 200


def test_sessions_of_several_clients_live_side_by_side_and_a_logout_ends_its_own(site: Site) -> None:
    with logged_in(site) as first:
        with logged_in(site) as second:
            keys = [item.content.sessionManager.currentSession.key for item in (first, second)]
            assert len(set(keys)) == 2
            cookie = second._stub.cookie
        assert first.content.sessionManager.currentSession.key == keys[0]
        with site.stranger(cookie) as ended, pytest.raises(vim.fault.NotAuthenticated):
            assert vim.ServiceInstance("ServiceInstance", ended).content.rootFolder.name


@pytest.mark.parametrize("cookie", ["vmware_soap_session=made-up", "vmware_soap_session=", "other=1"])
def test_a_cookie_that_nobody_was_given_is_no_session(site: Site, cookie: str) -> None:
    with logged_in(site), site.stranger(cookie) as stranger, pytest.raises(vim.fault.NotAuthenticated):
        assert vim.ServiceInstance("ServiceInstance", stranger).content.rootFolder.name


def test_a_wrong_password_a_token_and_a_certificate_log_nobody_in(site: Site) -> None:
    with site.stranger() as stranger:
        manager = vim.ServiceInstance("ServiceInstance", stranger).content.sessionManager
        assert manager is not None
        with pytest.raises(vim.fault.InvalidLogin):
            manager.Login(ADMINISTRATOR, "wrong", None)
        stranger.samlToken = "<Assertion><Subject><NameID>administrator</NameID></Subject></Assertion>"
        with pytest.raises(vim.fault.InvalidLogin):
            manager.LoginByToken(None)
        with pytest.raises(vim.fault.InvalidLogin):
            manager.LoginExtensionByCertificate("com.example", None)


def test_storage_policies_ask_for_a_session_too(site: Site) -> None:
    with logged_in(site), site.stranger(path="/pbm", version="pbm") as stranger:
        manager = pbm.ServiceInstance("ServiceInstance", stranger).RetrieveContent().profileManager
        with pytest.raises(vim.fault.NotAuthenticated):
            manager.PbmQueryProfile(pbm.profile.ResourceType(resourceType="STORAGE"), None)


def test_a_rest_session_is_its_clients_and_ends_alone(site: Site) -> None:
    with site.rest() as first, site.rest() as second, site.rest() as stranger, logged_in(site) as instance:
        for client in (first, second):
            # As older clients do: the session comes back as a cookie.
            assert client.post(OLD_SESSION, headers=basic(ADMINISTRATOR, "admin")).status_code == 200
            assert client.get(CATEGORIES).status_code == 200
        assert stranger.get(CATEGORIES).status_code == 401
        assert stranger.get("/api/vcenter/datacenter").status_code == 401
        assert stranger.get(CATEGORIES, headers={"vmware-api-session-id": "made-up"}).status_code == 401
        assert first.delete(OLD_SESSION).status_code == 200
        assert first.get(CATEGORIES).status_code == 401
        assert second.get(CATEGORIES).status_code == 200
        assert instance.content.sessionManager.currentSession is not None


def test_a_client_that_has_both_sessions_uses_each_where_it_belongs(site: Site) -> None:
    with site.rest() as client, logged_in(site) as instance:
        token = client.post("/api/session", headers=basic(ADMINISTRATOR, "admin")).json()
        headers = {"vmware-api-session-id": token}
        assert post(client, "CurrentTime", REQUESTS["CurrentTime"], **headers).status_code == 500
        headers["cookie"] = instance._stub.cookie
        assert post(client, "CurrentTime", REQUESTS["CurrentTime"], **headers).status_code == 200


def test_who_is_no_administrator_reaches_nothing_by_the_older_paths(site: Site) -> None:
    with site.rest() as client:
        assert client.post(OLD_SESSION, headers=basic("alice@vsphere.local", "alice")).status_code == 200
        assert client.get(CATEGORIES).status_code == 403
        assert client.get(OLD_SESSION).json()["value"]["user"] == "alice@vsphere.local"


def test_the_files_of_a_datastore_are_for_who_has_logged_in(site: Site) -> None:
    file = "/folder/file.txt?dcPath=dc-01&dsName=datastore-01"
    with site.rest() as client, logged_in(site) as instance:
        assert client.put(file, content="text").status_code == 401
        cookie = {"cookie": instance._stub.cookie}
        assert client.put(file, content="text", headers=cookie).status_code == 200
        assert client.get(file, headers=basic(ADMINISTRATOR, "admin")).text == "text"
        assert client.get(file, headers=basic(ADMINISTRATOR, "wrong")).status_code == 401
        assert client.get(file).status_code == 401
