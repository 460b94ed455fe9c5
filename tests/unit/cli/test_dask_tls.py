"""TLS of a Dask cluster: it is used where Dask's configuration has certificates, and what does not fit is said soon."""

import socket
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster
from distributed.security import Security

from pacific_infra.cli.dask_scheduler import scheduler_address
from pacific_infra.cli.dask_workers import DaskWorkers
from pacific_infra.errors import PacificError
from tests.support.waiting import PATIENCE

ONE_AUTHORITY = (
    "fix: have the certificates of both signed by one authority, which ca-file of distributed.comm.tls names on "
    "both sides"
)


def settings_of(security: Security) -> dict[str, object]:
    files = security.get_tls_config_for_role("client")
    return {
        "distributed.comm.tls.ca-file": files["ca_file"],
        "distributed.comm.tls.client.cert": files["cert"],
        "distributed.comm.tls.client.key": files["key"],
    }


@pytest.fixture(scope="module")
def certificates() -> Security:
    certificates: Security = Security.temporary()
    return certificates


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, certificates: Security) -> Iterator[LocalCluster]:
    folder = str(tmp_path_factory.mktemp("encrypted"))
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=folder,
        security=certificates,
        protocol="tls://",
    ) as started:
        yield started


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    folder = str(tmp_path_factory.mktemp("plain"))
    with LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", local_directory=folder
    ) as started:
        yield started


def place_of(cluster: LocalCluster) -> str:
    return "dask://" + str(cluster.scheduler_address).rpartition("/")[2]


def refusal_at(place: str, patience: float = 0.0) -> str:
    with pytest.raises(PacificError) as error:
        scheduler_address(place, patience)
    return str(error.value)


def test_work_goes_to_a_cluster_with_tls(encrypted: LocalCluster, certificates: Security, tmp_path: Path) -> None:
    with dask.config.set(settings_of(certificates)), DaskWorkers(place_of(encrypted), tmp_path / "logs") as workers:
        encrypted.wait_for_workers(1, PATIENCE)
        assert workers.number == 1
        assert scheduler_address(place_of(encrypted), 0.0) == encrypted.scheduler_address


def test_without_certificates_a_scheduler_with_tls_is_told(encrypted: LocalCluster) -> None:
    place = place_of(encrypted)
    assert refusal_at(place) == (
        f"--on: the scheduler asks for TLS: got '{place}'; fix: write certificates for this computer in Dask's "
        "configuration (distributed.comm.tls: ca-file, client)"
    )


def test_of_certificates_both_sides_trust_each_other_or_it_is_said(
    encrypted: LocalCluster, certificates: Security
) -> None:
    place, other = place_of(encrypted), Security.temporary()
    with dask.config.set(settings_of(other)):
        assert refusal_at(place) == (
            f"--on: the scheduler's certificate is not trusted: self-signed certificate: got '{place}'; {ONE_AUTHORITY}"
        )
    authority = "distributed.comm.tls.ca-file"
    with dask.config.set(settings_of(other) | {authority: settings_of(certificates)[authority]}):
        text = refusal_at(place)
        assert text.startswith("--on: the scheduler does not take the certificate of this computer: ")
        assert text.endswith(f": got '{place}'; {ONE_AUTHORITY}")


def test_a_scheduler_without_tls_is_told_where_there_are_certificates(
    plain: LocalCluster, certificates: Security
) -> None:
    place = place_of(plain)
    assert scheduler_address(place, 0.0) == plain.scheduler_address
    with dask.config.set(settings_of(certificates)):
        assert refusal_at(place) == (
            f"--on: the scheduler speaks without TLS: got '{place}'; fix: start it with --protocol tls and "
            "certificates of its own, or take those here out of the configuration"
        )


def test_certificates_that_cannot_be_used_are_said(certificates: Security, tmp_path: Path) -> None:
    place, text = "dask://127.0.0.1:1", tmp_path / "text"
    text.write_text("text")
    settings = settings_of(certificates)
    client = "distributed.comm.tls.client"
    for changes, problem in (
        (
            {"distributed.comm.tls.ca-file": str(tmp_path / "none")},
            "the certificates of Dask's configuration cannot be",
        ),
        ({f"{client}.cert": str(text)}, "the certificates of Dask's configuration cannot be used: "),
        ({f"{client}.cert": None, f"{client}.key": None}, "Dask's configuration names no certificate for clients"),
    ):
        with dask.config.set(settings | changes):
            assert problem in refusal_at(place)
    with dask.config.set({"distributed.comm.require-encryption": True}):
        assert refusal_at(place) == (
            "distributed.comm.tls: Dask's configuration asks for TLS and has no certificates: fix: write ca-file "
            "there, and cert and key of client"
        )


def test_something_else_that_listens_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pacific_infra.cli.dask_scheduler.GREETING", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"dask://127.0.0.1:{server.getsockname()[1]}"
        text = refusal_at(place)
    assert text == (
        f"--on: no Dask scheduler answers: it says nothing within 0.5 s: got '{place}'; fix: dask scheduler --port "
        "PORT there, and dask worker on each machine"
    )
