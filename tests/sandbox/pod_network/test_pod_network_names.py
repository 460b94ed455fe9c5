import struct
from collections.abc import Sequence

import pytest

from pacific_sandbox.pod_network.dns import AAAA, CNAME, PTR, SRV, A, Record, answer, read_question
from pacific_sandbox.pod_network.names import ClusterNames
from tests.support.cluster_objects import InMemoryCluster, endpoint, endpoint_slice, service


@pytest.fixture
def names() -> ClusterNames:
    cluster = InMemoryCluster()
    cluster.services.put(
        service("web", "10.96.4.1"),
        service("db", "None"),
        service("empty", "None"),
        {"metadata": {"name": "out", "namespace": "shop"}, "spec": {"type": "ExternalName", "externalName": "a.test"}},
        {
            "metadata": {"name": "alias", "namespace": "shop"},
            "spec": {"type": "ExternalName", "externalName": "web.shop.svc.cluster.local"},
        },
    )
    cluster.endpoint_slices.put(
        endpoint_slice(
            "db",
            endpoint("10.244.0.10", hostname="db-0"),
            endpoint("10.244.0.11", ready=False, hostname="db-1"),
            endpoint("10.244.0.12", ready=None),
        )
    )
    cluster.namespaces.put({"metadata": {"name": "shop"}})
    return ClusterNames(cluster)


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("web.shop.svc.cluster.local", A, ["10.96.4.1"]),
        ("web.shop.svc.cluster.local", AAAA, []),
        ("db.shop.svc.cluster.local", A, ["10.244.0.10", "10.244.0.12"]),
        ("db-0.db.shop.svc.cluster.local", A, ["10.244.0.10"]),
        ("10-244-0-12.db.shop.svc.cluster.local", A, ["10.244.0.12"]),
        ("db-1.db.shop.svc.cluster.local", A, None),
        ("empty.shop.svc.cluster.local", A, []),
        ("_http._tcp.web.shop.svc.cluster.local", SRV, [(80, "web.shop.svc.cluster.local")]),
        (
            "_http._tcp.db.shop.svc.cluster.local",
            SRV,
            [(8080, "db-0.db.shop.svc.cluster.local"), (8080, "10-244-0-12.db.shop.svc.cluster.local")],
        ),
        ("_https._tcp.web.shop.svc.cluster.local", SRV, None),
        ("10-244-0-9.shop.pod.cluster.local", A, ["10.244.0.9"]),
        ("1.4.96.10.in-addr.arpa", PTR, ["web.shop.svc.cluster.local"]),
        ("10.0.244.10.in-addr.arpa", PTR, ["db-0.db.shop.svc.cluster.local"]),
        ("out.shop.svc.cluster.local", A, ["a.test"]),
        ("alias.shop.svc.cluster.local", A, ["web.shop.svc.cluster.local", "10.96.4.1"]),
        ("shop.svc.cluster.local", A, []),
        ("nonesuch.shop.svc.cluster.local", A, None),
        ("web", A, None),
        ("example.test", A, None),
    ],
)
def test_names_as_kubernetes_has_them(
    names: ClusterNames, name: str, kind: int, values: Sequence[object] | None
) -> None:
    result = names.find(name, kind)
    assert (None if result is None else [item.value for item in result]) == values


def query(name: str, kind: int, *, size: int | None = None) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    more = b"" if size is None else b"\0" + struct.pack("!HHIH", 41, size, 0, 0)
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 1 if more else 0) + labels + struct.pack("!HH", kind, 1) + more


def test_a_message_with_answers() -> None:
    question = read_question(query("Web.Shop", A))
    assert question is not None
    assert (question.name, question.kind, question.size) == ("web.shop", A, 512)
    message = answer(question, [Record("web.shop", A, "10.96.4.1"), Record("x", CNAME, "y.z")], "cluster.local")
    assert struct.unpack_from("!HHHHHH", message) == (7, 0x8580, 1, 2, 0, 0)
    # The question in the case in which it was asked, then the answers.
    assert message[12:21] == b"\3Web\4Shop"
    assert message[26:] == (b"\3web\4shop\0\0\1\0\1\0\0\0\5\0\4\x0a\x60\4\1" + b"\1x\0\0\5\0\1\0\0\0\5\0\5\1y\1z\0")


def test_no_such_name_and_no_such_record_differ() -> None:
    question = read_question(query("web.shop", AAAA))
    assert question is not None
    for records, code in ((None, 3), ([], 0)):
        message = answer(question, records, "cluster.local")
        assert message[3] & 15 == code
        assert struct.unpack_from("!HHH", message, 6) == (0, 1, 0)  # an authority, so that resolvers remember


def test_what_does_not_fit_is_said_to_be_cut() -> None:
    many = [Record("db.shop", A, f"10.244.0.{number}") for number in range(60)]
    for size, count in ((None, 21), (4096, 60)):
        question = read_question(query("db.shop", A, size=size))
        assert question is not None
        message = answer(question, many, "cluster.local")
        assert len(message) <= question.size
        assert struct.unpack_from("!H", message, 6)[0] == count
        assert bool(message[2] & 2) == (count < 60)


@pytest.mark.parametrize("message", [b"", b"\0" * 12, query("a", A)[:-3], query("a", A)[:12] + b"\xc0\x0c\0\1\0\1"])
def test_what_is_no_query_gets_no_answer(message: bytes) -> None:
    assert read_question(message) is None
