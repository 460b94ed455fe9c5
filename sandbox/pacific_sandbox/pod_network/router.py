"""Forwards the frames of all machines. See docs/crx.md."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network import dns
from pacific_sandbox.pod_network.cable import Cable
from pacific_sandbox.pod_network.cluster import Cluster
from pacific_sandbox.pod_network.connections import Connection, Connections, reverse
from pacific_sandbox.pod_network.frames import (
    SYN,
    TCP,
    UDP,
    Packet,
    Tuple,
    arp_reply,
    mac_of,
    read_packet,
    readdressed,
    refusal,
    udp_frame,
    unreachable,
)
from pacific_sandbox.pod_network.names import CLUSTER_DOMAIN, ClusterNames
from pacific_sandbox.pod_network.policies import Peer, allows
from pacific_sandbox.pod_network.services import PROTOCOLS, ServiceTable, Target
from pacific_sandbox.pod_network.tcp_endpoint import TcpEndpoint

MTU: Final = 1500
_SEGMENT: Final = MTU - 40
_DNS_PORT: Final = 53
_DNS_PORTS: Final = {(UDP, "dns"): _DNS_PORT, (TCP, "dns-tcp"): _DNS_PORT}
_DNS_LABELS: Final = {"k8s-app": "kube-dns"}
_API_PORTS: Final = (443, 6443)
"""A policy may name the Service's port, or the one that a Supervisor's API server has behind it."""
_HTTP_PORT: Final = 80
_EXPIRE_EVERY: Final = 30.0
_NET, _HOST = 0, 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkPlan:
    """The addresses of a Supervisor's pods and Services."""

    pods: IPv4Network
    services: IPv4Network
    api: str
    """``127.0.0.1:port`` of the kube-apiserver."""
    functions: str | None = None
    """``127.0.0.1:port`` that answers for functions; None: there are no functions."""

    @property
    def gateway(self) -> str:
        """The router's address among the pods."""
        return str(self.pods.network_address + 1)

    @property
    def api_service(self) -> str:
        """The ClusterIP of the Service ``kubernetes``, by Kubernetes' rule."""
        return str(self.services.network_address + 1)

    @property
    def functions_service(self) -> str:
        """The ClusterIP of the gateway of functions."""
        return str(self.services.network_address + 253)

    @property
    def names(self) -> str:
        """The name server: where a Supervisor's Service kube-dns is."""
        return str(self.services.network_address + 254)


class Router:
    """The only way between machines, and from them to the API server and to functions.

    All methods belong to one event loop.
    """

    def __init__(self, plan: NetworkPlan, cluster: Cluster) -> None:
        self.plan = plan
        self.cluster = cluster
        self._names = ClusterNames(cluster)
        self._gateway = IPv4Address(plan.gateway).packed
        self._dns = IPv4Address(plan.names).packed
        self._api = IPv4Address(plan.api_service).packed
        self._computer: dict[Target, tuple[str, tuple[int, ...]]] = {
            (self._api, _API_PORTS[0]): (plan.api, _API_PORTS),
        }
        """What a server of this computer answers, and the ports by which a policy may let a pod go there."""
        if plan.functions is not None:
            gateway = IPv4Address(plan.functions_service).packed
            self._computer[gateway, _HTTP_PORT] = (plan.functions, (_HTTP_PORT,))
        self._cables: dict[bytes, Cable] = {}
        self._connections = Connections()
        self._own_handlers: dict[Tuple, tuple[Callable[[Packet], None], Callable[[], None]]] = {}
        """Connections that end here, as the machine's packets have them: who takes these, and how to break it off."""
        self._ports = itertools.cycle(range(32768, 61000))
        self._state = 0
        """Counts the changes of the cluster."""
        self._services: tuple[int, ServiceTable] = (-1, ServiceTable())
        self._tasks: set[asyncio.Task[None]] = set()
        cluster.listen(self._cluster_changed)

    async def run(self) -> None:
        """Forget connections whose time is over, until cancelled."""
        while True:
            await asyncio.sleep(_EXPIRE_EVERY)
            self._connections.expire(self._now())

    def attach(self, address: str, pod: tuple[str, str] | None) -> Cable:
        """A cable for the machine of a pod (namespace and name), or of none: to NetworkPolicies an address like others.

        A machine that had the address before is cut.
        """
        packed = IPv4Address(address).packed
        before = self._cables.get(packed)
        if before is not None:
            self.detach(before)
        cable = self._cables[packed] = Cable(packed, pod, self._receive)
        return cable

    def detach(self, cable: Cable) -> None:
        """The machine is gone: its connections end."""
        cable.close()
        if self._cables.get(cable.address) is not cable:
            return
        del self._cables[cable.address]
        self._connections.forget_address(cable.address)
        for connection, (_, abort) in list(self._own_handlers.items()):
            if connection[1] == cable.address:
                abort()

    @property
    def services(self) -> ServiceTable:
        """Where Services lead now."""
        state, table = self._services
        if state != self._state:
            table = ServiceTable.of(self.cluster.services.list(), self.cluster.endpoint_slices.list())
            self._services = (self._state, table)
        return table

    def allows_computer(self, protocol: int, target: Target) -> bool:
        """Whether policies allow connections from outside, such as a load balancer's clients, to this endpoint."""
        policies = self.cluster.policies.list()
        return allows(policies, Peer(self._gateway), self._peer(target[0]), protocol, target[1])

    def dial(self, target: Target) -> TcpEndpoint | None:
        """A connection of this computer to a machine; None where there is no such machine."""
        cable = self._cables.get(target[0])
        if cable is None:
            return None
        from_machine = (TCP, *target, self._gateway, self._free_port(TCP, target))
        endpoint = TcpEndpoint(reverse(from_machine), cable.send, lambda: self._end(from_machine), _SEGMENT)
        self._own_handlers[from_machine] = (endpoint.receive, endpoint.abort)
        return endpoint

    def open_datagrams(
        self, target: Target, receive: Callable[[bytes], None]
    ) -> tuple[Callable[[bytes], None], Callable[[], None]]:
        """Datagrams of this computer to a machine: how to send one, and how to end. Answers come to ``receive``."""
        from_machine = (UDP, *target, self._gateway, self._free_port(UDP, target))
        self._own_handlers[from_machine] = (
            lambda packet: receive(packet.frame[packet.start + 8 : packet.end]),
            lambda: self._end(from_machine),
        )

        def send(payload: bytes) -> None:
            if (cable := self._cables.get(target[0])) is not None:
                cable.send(udp_frame(reverse(from_machine), payload))

        return send, lambda: self._end(from_machine)

    def _receive(self, cable: Cable, frame: bytes) -> None:
        reply = arp_reply(frame)
        if reply is not None:
            cable.send(reply)
            return
        packet = read_packet(frame)
        # No machine speaks for another one.
        if packet is None or packet.connection[1] != cable.address:
            return
        connection = self._connections.find(packet, self._now())
        if connection is not None and connection[0].closing and packet.flags & SYN and packet.opens:
            self._connections.forget(connection[0])
            connection = None
        if connection is not None:
            self._pass(cable, packet, *connection)
        elif (handlers := self._own_handlers.get(packet.connection)) is not None:
            handlers[0](packet)
        elif packet.opens:
            self._open(cable, packet)
        else:
            self._refuse(cable, packet)

    def _pass(self, cable: Cable, packet: Packet, connection: Connection, addressed: Tuple) -> None:
        if connection.checked != self._state:
            protocol, _, _, destination, port = connection.translated
            if not self._allowed(connection.opened[1], destination, protocol, port):
                return
            connection.checked = self._state
        to = self._cables.get(addressed[3])
        if to is None:
            self._connections.forget(connection)
            self._refuse(cable, packet)
        else:
            to.send(readdressed(packet, addressed, mac_of(to.address)))

    def _open(self, cable: Cable, packet: Packet) -> None:
        protocol, source, _, destination, port = packet.connection
        if (protocol, destination, port) == (UDP, self._dns, _DNS_PORT):
            self._answer_name(cable, packet)
        elif protocol == TCP and (server := self._computer.get((destination, port))) is not None:
            self._open_computer(cable, packet, *server)
        elif (service := self.services.ports.get((protocol, destination, port))) is not None:
            target = service.choose(source)
            if target is None:
                self._refuse(cable, packet)
            else:
                self._open_to(cable, packet, target)
        elif destination in self._cables:
            self._open_to(cable, packet, (destination, port))
        elif destination == self._gateway or destination in self.services.addresses | {self._dns, self._api}:
            self._refuse(cable, packet)
        else:
            code = _HOST if IPv4Address(destination) in self.plan.pods else _NET
            cable.send(unreachable(packet, self._gateway, code))

    def _open_to(self, cable: Cable, packet: Packet, target: Target) -> None:
        protocol, source, source_port, *_ = packet.connection
        if not self._allowed(source, target[0], protocol, target[1]):
            return
        seen_as = (source, source_port)
        if (
            target[0] == source
        ):  # To itself by its own Service: a host drops packets that come from outside with its own address.
            seen_as = (self._gateway, self._free_port(protocol, target))
        translated = (protocol, *seen_as, *target)
        connection = self._connections.open(packet.connection, translated, now=self._now(), checked=self._state)
        self._pass(cable, packet, connection, translated)

    def _answer_name(self, cable: Cable, packet: Packet) -> None:
        if not self._allowed(cable.address, self._dns, UDP, _DNS_PORT):
            return
        question = dns.read_question(packet.frame[packet.start + 8 : packet.end])
        if question is not None:
            records = self._names.find(question.name, question.kind)
            cable.send(udp_frame(reverse(packet.connection), dns.answer(question, records, CLUSTER_DOMAIN)))

    def _open_computer(self, cable: Cable, packet: Packet, server: str, ports: tuple[int, ...]) -> None:
        connection = packet.connection
        if not any(self._allowed(cable.address, connection[3], TCP, port) for port in ports):
            return
        endpoint = TcpEndpoint(reverse(connection), cable.send, lambda: self._end(connection), _SEGMENT)
        self._own_handlers[connection] = (endpoint.receive, endpoint.abort)
        endpoint.accept(packet)

        async def connect() -> None:
            host, _, port = server.rpartition(":")
            try:
                await asyncio.get_running_loop().create_connection(lambda: endpoint, host, int(port))
            except OSError as error:
                _log.warning("%s: %s does not answer: %s", IPv4Address(cable.address), server, error)
                endpoint.refuse()

        task = asyncio.create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refuse(self, cable: Cable, packet: Packet) -> None:
        answer = refusal(packet)
        if answer is not None:
            cable.send(answer)

    def _allowed(self, source: bytes, destination: bytes, protocol: int, port: int) -> bool:
        if source == destination:
            return True
        policies = self.cluster.policies.list()
        return allows(policies, self._peer(source), self._peer(destination), protocol, port)

    def _peer(self, address: bytes) -> Peer:
        if address == self._dns:
            return Peer(address, "kube-system", _DNS_LABELS, self._namespace_labels("kube-system"), _DNS_PORTS)
        cable = self._cables.get(address)
        pod = self.cluster.pods.get(cable.pod) if cable is not None and cable.pod is not None else None
        if pod is None:
            return Peer(address)
        namespace = pod["metadata"]["namespace"]
        labels = pod["metadata"].get("labels") or {}
        return Peer(address, namespace, labels, self._namespace_labels(namespace), _named_ports(pod))

    def _namespace_labels(self, name: str) -> dict[str, str]:
        namespace = self.cluster.namespaces.get(("", name))
        labels: dict[str, str] = (namespace or {"metadata": {}})["metadata"].get("labels") or {}
        return labels

    def _free_port(self, protocol: int, target: Target) -> int:
        return next(port for port in self._ports if (protocol, *target, self._gateway, port) not in self._own_handlers)

    def _end(self, connection: Tuple) -> None:
        self._own_handlers.pop(connection, None)

    def _cluster_changed(self) -> None:
        self._state += 1

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _named_ports(pod: Object) -> dict[tuple[int, str], int]:
    return {
        (PROTOCOLS[port.get("protocol", "TCP")], port["name"]): port["containerPort"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports", ())
        if "name" in port and port.get("protocol", "TCP") in PROTOCOLS
    }
