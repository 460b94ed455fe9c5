"""The router with cables whose machines the test plays."""

import asyncio
import contextlib
import struct
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from pacific_sandbox.pod_network.cable import Cable
from pacific_sandbox.pod_network.computer_ports import ComputerPorts
from pacific_sandbox.pod_network.connections import Connections, reverse
from pacific_sandbox.pod_network.frames import (
    ACK,
    FIN,
    ICMP,
    RST,
    SYN,
    TCP,
    UDP,
    Packet,
    Tuple,
    read_packet,
    tcp_frame,
    udp_frame,
)
from pacific_sandbox.pod_network.router import NetworkPlan, Router
from tests.support.cluster_objects import InMemoryCluster, endpoint, endpoint_slice, pod, policy, service


def packed(text: str) -> bytes:
    return IPv4Address(text).packed


WEB, CLIENT, GATEWAY = packed("10.244.0.10"), packed("10.244.0.11"), packed("10.244.0.1")
SERVICE, NAMES, API = packed("10.96.4.1"), packed("10.96.0.254"), packed("10.96.0.1")
FUNCTIONS = packed("10.96.0.253")


class Network:
    """Two pods, ``web`` behind a Service, and ``client``."""

    def __init__(self, api: str = "127.0.0.1:1", functions: str | None = None) -> None:
        self.cluster = InMemoryCluster()
        plan = NetworkPlan(IPv4Network("10.244.0.0/20"), IPv4Network("10.96.0.0/20"), api, functions)
        self.router = Router(plan, self.cluster)
        self.cluster.pods.put(pod("web", app="web"), pod("client", app="client"))
        self.cluster.services.put(service("web", "10.96.4.1"))
        self.cluster.endpoint_slices.put(endpoint_slice("web", endpoint("10.244.0.10")))
        self.web = self.router.attach("10.244.0.10", ("shop", "web"))
        self.client = self.router.attach("10.244.0.11", ("shop", "client"))

    async def send(self, cable: Cable, connection: Tuple, flags: int = SYN) -> None:
        if connection[0] == TCP:
            cable.machine_end.send(tcp_frame(connection, 1, 2, flags, 1000))
        else:
            cable.machine_end.send(udp_frame(connection, b"data"))

    async def receive(self, cable: Cable) -> Packet:
        """The next packet that a machine gets."""
        async with asyncio.timeout(60):
            frame = await asyncio.get_running_loop().sock_recv(cable.machine_end, 65536)
        packet = read_packet(frame)
        assert packet is not None, frame.hex()
        return packet

    async def silent(self, cable: Cable) -> bool:
        """Whether a machine has got nothing, once everything that was sent has been looked at."""
        for _ in range(5):
            await asyncio.sleep(0)
        try:
            cable.machine_end.recv(65536)
        except BlockingIOError:
            return True
        return False


def play(scene: Callable[[Network], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def run() -> None:
        network = Network(**options)
        try:
            await scene(network)
        finally:
            for cable in (network.web, network.client):
                network.router.detach(cable)

    asyncio.run(run())


def test_a_service_leads_to_its_endpoint_and_answers_come_back() -> None:
    async def scene(network: Network) -> None:
        connection = (TCP, CLIENT, 4000, SERVICE, 80)
        await network.send(network.client, connection)
        got = await network.receive(network.web)
        assert got.connection == (TCP, CLIENT, 4000, WEB, 8080)
        await network.send(network.web, reverse(got.connection), SYN | ACK)
        assert (await network.receive(network.client)).connection == reverse(connection)
        # It stays with its endpoint when that is not ready any more; who comes then finds nobody.
        network.cluster.endpoint_slices.put(endpoint_slice("web", endpoint("10.244.0.10", ready=False)))
        await network.send(network.client, connection, ACK)
        assert (await network.receive(network.web)).flags == ACK
        await network.send(network.client, (TCP, CLIENT, 4001, SERVICE, 80))
        assert (await network.receive(network.client)).flags == RST | ACK

    play(scene)


def test_a_pod_behind_its_own_service_sees_the_router() -> None:
    async def scene(network: Network) -> None:
        connection = (TCP, WEB, 4000, SERVICE, 80)
        await network.send(network.web, connection)
        got = await network.receive(network.web)
        assert got.connection[1] == GATEWAY
        assert got.connection[3:] == (WEB, 8080)
        await network.send(network.web, reverse(got.connection), SYN | ACK)
        assert (await network.receive(network.web)).connection == reverse(connection)

    play(scene)


def test_a_machine_of_no_pod_is_an_address_to_policies() -> None:
    async def scene(network: Network) -> None:
        # As a virtual machine is, in a network of its own and with the name of a pod.
        vm = network.router.attach("10.245.0.9", None)
        try:
            connection = (TCP, CLIENT, 4000, packed("10.245.0.9"), 8080)
            network.cluster.policies.put(policy("deny"))
            await network.send(network.client, connection)
            assert (await network.receive(vm)).connection == connection
            back = (TCP, packed("10.245.0.9"), 4000, CLIENT, 80)
            await network.send(vm, back)
            assert await network.silent(network.client)
            network.cluster.policies.put(policy("vm", ingress=[{"from": [{"ipBlock": {"cidr": "10.245.0.9/32"}}]}]))
            await network.send(vm, back)
            assert (await network.receive(network.client)).connection == back
        finally:
            network.router.detach(vm)

    play(scene)


def test_nobody_speaks_for_another() -> None:
    async def scene(network: Network) -> None:
        await network.send(network.client, (TCP, packed("10.244.0.12"), 4000, WEB, 8080))
        assert await network.silent(network.web)

    play(scene)


def test_nothing_else_is_reached() -> None:
    async def scene(network: Network) -> None:
        for destination, code in ((packed("192.0.2.1"), 0), (packed("127.0.0.1"), 0), (packed("10.244.0.99"), 1)):
            await network.send(network.client, (TCP, CLIENT, 4000, destination, 80))
            network_answer = (await asyncio.get_running_loop().sock_recv(network.client.machine_end, 2000))[23:]
            assert (network_answer[0], network_answer[11], network_answer[12]) == (ICMP, 3, code)
        for destination, port in ((GATEWAY, 22), (SERVICE, 81), (NAMES, 80), (API, 80)):
            await network.send(network.client, (TCP, CLIENT, 4000, destination, port))
            assert (await network.receive(network.client)).flags == RST | ACK

    play(scene)


def test_policies_count_at_once_also_for_what_is_open() -> None:
    async def scene(network: Network) -> None:
        connection = (TCP, CLIENT, 4000, WEB, 8080)
        await network.send(network.client, connection)
        await network.receive(network.web)
        network.cluster.policies.put(policy("deny"))
        await network.send(network.client, connection, ACK)
        await network.send(network.client, (TCP, CLIENT, 4001, SERVICE, 80))
        assert await network.silent(network.web)
        rule = {"from": [{"podSelector": {"matchLabels": {"app": "client"}}}], "ports": [{"port": "http"}]}
        network.cluster.policies.put(policy("web", ingress=[rule]))
        await network.send(network.client, connection, ACK)
        assert (await network.receive(network.web)).connection == connection
        assert not network.router.allows_computer(TCP, (WEB, 8080))
        assert network.router.allows_computer(TCP, (packed("10.244.0.77"), 8080))

    play(scene)


def test_names_are_answered_where_policies_let_them() -> None:
    question = struct.pack("!HHHHHH", 7, 256, 1, 0, 0, 0) + b"\3web\4shop\3svc\7cluster\5local\0\0\1\0\1"

    async def scene(network: Network) -> None:
        connection = (UDP, CLIENT, 4000, NAMES, 53)
        network.client.machine_end.send(udp_frame(connection, question))
        got = await network.receive(network.client)
        assert got.connection == reverse(connection)
        assert got.frame[got.end - 4 : got.end] == SERVICE
        network.cluster.policies.put(policy("deny", policyTypes=["Egress"]))
        network.client.machine_end.send(udp_frame(connection, question))
        assert await network.silent(network.client)
        network.cluster.namespaces.put({"metadata": {"name": "kube-system", "labels": {"name": "kube-system"}}})
        to = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
        rule = {"to": [to], "ports": [{"port": 53, "protocol": "UDP"}]}
        network.cluster.policies.put(policy("names", policyTypes=["Egress"], egress=[rule]))
        network.client.machine_end.send(udp_frame(connection, question))
        assert (await network.receive(network.client)).connection == reverse(connection)

    play(scene)


def test_who_is_gone_resets_what_was_open() -> None:
    async def scene(network: Network) -> None:
        connection = (TCP, CLIENT, 4000, SERVICE, 80)
        await network.send(network.client, connection)
        await network.receive(network.web)
        network.router.detach(network.web)
        await network.send(network.client, connection, ACK)
        assert (await network.receive(network.client)).flags == RST

    play(scene)


@pytest.mark.parametrize(("plan", "address", "number"), [("api", API, 443), ("functions", FUNCTIONS, 80)])
def test_a_server_of_this_computer_is_at_its_service(plan: str, address: bytes, number: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        network = Network(**{plan: f"127.0.0.1:{server.sockets[0].getsockname()[1]}"})
        connection = (TCP, CLIENT, 4000, address, number)
        network.client.machine_end.send(tcp_frame(connection, 99, 0, SYN, 1000))
        greeting = await network.receive(network.client)
        assert greeting.connection == reverse(connection)
        (first,) = struct.unpack_from("!I", greeting.frame, greeting.start + 4)
        network.client.machine_end.send(tcp_frame(connection, 100, (first + 1) % 2**32, ACK, 1000, data=b"hello"))
        message = b""
        while not message.endswith(b"hello"):
            packet = await network.receive(network.client)
            message += packet.frame[packet.start + 20 : packet.end]
        finished = (first + 7) % 2**32
        network.client.machine_end.send(tcp_frame(connection, 105, finished, ACK | FIN, 1000))
        network.router.detach(network.client)
        network.router.detach(network.web)
        server.close()

    asyncio.run(run())


def test_a_port_of_this_computer_leads_to_a_machine() -> None:
    async def scene(network: Network) -> None:
        ports = ComputerPorts(network.router)
        try:
            port = await ports.open(TCP, lambda: (WEB, 8080))
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            got = await network.receive(network.web)
            assert (got.connection[1], got.connection[3:], got.flags) == (GATEWAY, (WEB, 8080), SYN)
            writer.close()
            nowhere = await ports.open(TCP, lambda: None)
            reader, writer = await asyncio.open_connection("127.0.0.1", nowhere)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            datagrams = await ports.open(UDP, lambda: (WEB, 53))
            loop = asyncio.get_running_loop()
            answers: asyncio.Queue[bytes] = asyncio.Queue()

            class Client(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, addr: Any) -> None:
                    answers.put_nowait(data)

            transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", datagrams))
            transport.sendto(b"question")
            request = await network.receive(network.web)
            assert request.frame[request.end - 8 : request.end] == b"question"
            network.web.machine_end.send(udp_frame(reverse(request.connection), b"answer"))
            assert await asyncio.wait_for(answers.get(), 60) == b"answer"
            transport.close()
        finally:
            ports.close()
            await asyncio.sleep(0.01)  # What is closed is so in the loop's next turns.

    play(scene)


def test_connections_are_forgotten_when_nothing_comes() -> None:
    connections = Connections()
    packet = read_packet(udp_frame((UDP, CLIENT, 1, WEB, 2), b""))
    reset = read_packet(tcp_frame((TCP, CLIENT, 1, WEB, 2), 0, 0, RST, 0))
    assert packet is not None
    assert reset is not None
    for item in (packet, reset):
        connections.open(item.connection, item.connection, now=0, checked=0)
    assert connections.find(reset, 10) is not None
    connections.expire(39)
    assert len(connections) == 2
    connections.expire(41)
    assert connections.find(reset, 41) is None
    connections.expire(61)
    assert len(connections) == 0
