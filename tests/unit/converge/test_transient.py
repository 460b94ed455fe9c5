import pytest

from pacific_infra.converge.engine_errors import Failure
from pacific_infra.converge.transient import are_transient

SERVICE = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:core/v1:Service::data/orders-headless"
NAMESPACE = "urn:pulumi:dev::estate::pacific:index:SupervisorNamespace$pacific:vcenter:Namespace::kubernetes:shop"
SUMMARY = Failure(None, "update failed")


@pytest.mark.parametrize(
    "message",
    [
        "was not successfully created by the API server: the server is currently unable to handle the request",
        'Patch "https://127.0.0.1:31160/api/v1/namespaces/data/services/orders": stream error: stream ID 49; '
        "INTERNAL_ERROR; received from peer",
        'Get "https://10.0.0.2:443/openapi/v2": dial tcp 10.0.0.2:443: connect: connection refused',
        'an error on the server ("") has prevented the request from succeeding (patch services orders)',
        "etcdserver: leader changed",
        'Patch "https://10.0.0.2": unexpected EOF',
    ],
)
def test_a_connection_or_a_server_that_is_being_started_passes(message: str) -> None:
    assert are_transient([Failure(SERVICE, message), SUMMARY])


@pytest.mark.parametrize(
    "failures",
    [
        [],
        [SUMMARY],
        [Failure(SERVICE, 'pods "web" is forbidden: exceeded quota: shop')],
        [Failure(SERVICE, "Service.core is invalid: spec.ports: Required value")],
        [Failure(SERVICE, "timed out waiting for the Deployment to be ready")],
        [Failure(SERVICE, "connection refused"), Failure(SERVICE, "exceeded quota")],
        [Failure(NAMESPACE, "vCenter 10.0.0.1 cannot be reached: connection refused")],
        [Failure(None, "connection refused")],
    ],
)
def test_what_somebody_has_to_mend_does_not(failures: list[Failure]) -> None:
    assert not are_transient(failures)


@pytest.mark.parametrize(
    "message",
    [
        "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: the "
        "server has asked for the client to provide credentials",
        "update of resource failed: Unauthorized",
    ],
)
def test_a_token_that_is_refused_is_renewed_once(message: str) -> None:
    ending = Failure(None, "Resource monitor has terminated, shutting down")
    failures = [Failure(SERVICE, message), SUMMARY, ending]
    assert are_transient(failures)
    assert not are_transient(failures, logged_in_again=True)
