"""vCenter as pyvmomi sees it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyVim.connect import Disconnect, SmartConnect

from pacific_infra.vcenter.settings import VCenterSettings


@contextmanager
def soap_session(settings: VCenterSettings) -> Iterator[Any]:
    """A session while inside."""
    host, _, port = settings.server.partition(":")
    session = SmartConnect(
        host=host,
        port=int(port),
        user=settings.username,
        pwd=settings.read_password(),
        sslContext=ssl.create_default_context(cafile=str(settings.ca_file)),
    )
    try:
        yield session
    finally:
        Disconnect(session)


def objects_of(session: Any, kind: Any) -> list[Any]:
    """All of a kind in the inventory."""
    content = session.RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    items = [*view.view]
    view.Destroy()
    return items
