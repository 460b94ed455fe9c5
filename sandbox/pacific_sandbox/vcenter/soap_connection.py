"""A SOAP session with vcsim by pyvmomi: in threads, one call at a time, made again when it is lost."""

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.vapi_error import unavailable
from pacific_sandbox.vcenter.vim_types import (
    newest_versions,
    pbm,
    request_context,
    soap_stub_adapter,
    vim,
)

_LOST = (
    OSError,
    HTTPException,
    ExpatError,
    vim.fault.NotAuthenticated,
    vim.fault.InvalidLogin,
)
_SOCKET_WITHIN = 60
_TASK_WITHIN = 60.0
_T = TypeVar("_T")


class SoapConnection:
    """Runs functions of a ``vim.ServiceInstance`` in threads."""

    def __init__(self, configuration: VCenterConfiguration) -> None:
        self._configuration = configuration
        self._instance: Any = None
        self._lock = threading.Lock()
        self._closed = False

    async def run(self, function: Callable[[Any], _T]) -> _T:
        """``function(service_instance)``. Raises VapiError SERVICE_UNAVAILABLE where vcsim does not answer."""
        return await asyncio.to_thread(self._run, function)

    async def close(self) -> None:
        """End the session."""
        await asyncio.to_thread(self._close)

    def _run(self, function: Callable[[Any], _T]) -> _T:
        with self._lock:
            if self._closed:
                # A thread outlives the task that has been cancelled.
                raise unavailable("The inventory is being closed.")
            # An old session may be lost: vcsim may have been started again since.
            attempts = 1 if self._instance is None else 2
            while True:
                attempts -= 1
                try:
                    return function(self._connected())
                except _LOST as error:
                    self._drop()
                    if not attempts:
                        raise unavailable(f"The inventory does not answer: {_text(error)}.") from error

    def _connected(self) -> Any:
        if self._instance is None:
            address = urlsplit(self._configuration.simulator_url)
            stub = soap_stub_adapter(
                host=address.hostname,
                port=address.port,
                version=newest_versions.Get("vim"),
                path="/sdk",
                sslContext=ssl.create_default_context(cafile=str(self._configuration.ca_file)),
                httpConnectionTimeout=_SOCKET_WITHIN,
            )
            instance = vim.ServiceInstance("ServiceInstance", stub)
            password = self._configuration.simulator_password_file.read_text().splitlines()[0]
            try:
                instance.content.sessionManager.Login(self._configuration.simulator_username, password, None)
            except Exception:
                # pyvmomi's own Connect leaves this connection open.
                stub.DropConnections()
                raise
            self._instance = instance
        return self._instance

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            if self._instance is not None:
                with contextlib.suppress(*_LOST):
                    self._instance.content.sessionManager.Logout()
                self._drop()

    def _drop(self) -> None:
        instance, self._instance = self._instance, None
        if instance is not None:
            instance._stub.DropConnections()


@contextlib.contextmanager
def profile_manager(instance: Any) -> Iterator[Any]:
    """The storage policies' service of the same vCenter, in the same session."""
    stub = instance._stub
    host, _, port = stub.host.rpartition(":")
    adapter = soap_stub_adapter(
        host=host,
        port=int(port),
        version=newest_versions.Get("pbm"),
        path="/pbm",
        sslContext=stub.schemeArgs["context"],
        httpConnectionTimeout=_SOCKET_WITHIN,
    )
    session = stub.cookie.partition("=")[2].partition(";")[0].strip('"')
    request_context()["vcSessionCookie"] = session
    try:
        yield pbm.ServiceInstance("ServiceInstance", adapter).RetrieveContent().profileManager
    finally:
        adapter.DropConnections()


def wait(task: Any) -> None:
    """Wait for the end of a vCenter task. Raises its fault, or TimeoutError."""
    end = time.monotonic() + _TASK_WITHIN
    while task.info.state not in ("success", "error"):
        if time.monotonic() > end:
            raise TimeoutError(f"vCenter task {task.info.descriptionId} took longer than {_TASK_WITHIN:.0f} s")
        time.sleep(0.02)
    if task.info.state == "error":
        raise task.info.error


def _text(error: BaseException) -> str:
    return str(getattr(error, "msg", None) or error or type(error).__name__)
