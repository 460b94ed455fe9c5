"""Ports that stay the same, unless somebody else has taken them."""

import asyncio
import socket
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox import ports as module
from pacific_sandbox.ports import Ports, listening_socket, port_is_free
from tests.support.waiting import PATIENCE


def test_a_port_is_remembered(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json").choose("vcenter")
    assert Ports(tmp_path / "ports.json").choose("vcenter") == first
    assert port_is_free(first)


def test_a_server_at_it_sends_each_write_at_once() -> None:
    async def body() -> None:
        delays: asyncio.Queue[int] = asyncio.Queue()

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            await delays.put(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(answer, sock=listening_socket(0)) as server, asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            assert await delays.get() == 1
            writer.close()

    asyncio.run(body())


def test_a_taken_port_is_replaced_and_the_new_one_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = Ports(file).choose("vcenter")
    with listening_socket(first):
        second = Ports(file).choose("vcenter")
        assert second != first
    assert Ports(file).choose("vcenter") == second


def test_names_get_different_ports_also_before_anybody_listens(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    assert len({ports.choose(str(number)) for number in range(50)}) == 50


def test_forgotten_ports_are_gone_others_stay(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    kept = ports.choose("vcenter")
    ports.choose("supervisors/one/etcd")
    ports.forget("supervisors/one/")
    assert (tmp_path / "ports.json").read_text() == f'{{\n "vcenter": {kept}\n}}\n'


def test_no_free_port_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "port_is_free", lambda port: False)
    with pytest.raises(PacificError) as caught:
        Ports(tmp_path / "ports.json").choose("vcenter")
    assert str(caught.value) == (
        "no free port on 127.0.0.1 for vcenter: allowed: 20000 to 31999; "
        "fix: end some of the programs that listen there"
    )
