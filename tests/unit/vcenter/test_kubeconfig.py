import json
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig import kubeconfig
from pacific_infra.vcenter.login import split_endpoint
from pacific_infra.vcenter.settings import VCenterSettings


def test_password_file_goes_by_its_name_and_nothing_is_secret() -> None:
    settings = VCenterSettings("vc", "alice@vsphere.local", password_file=Path("/s/pw"), ca_file=Path("/s/ca.pem"))
    config = json.loads(kubeconfig("127.0.0.1:7443", settings, ["pacific-credential"]))
    assert config["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:7443",
        "certificate-authority": "/s/ca.pem",
    }
    assert config["users"][0]["user"]["exec"] == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "pacific-credential",
        "args": [
            *("--endpoint", "127.0.0.1:7443", "--username", "alice@vsphere.local"),
            *("--password-file", "/s/pw", "--ca-file", "/s/ca.pem"),
        ],
        "env": None,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    assert config["current-context"] == config["contexts"][0]["name"]


def test_a_bare_password_goes_by_environment_never_on_the_command_line() -> None:
    settings = VCenterSettings("vc", "alice@vsphere.local", password="s3cret", insecure=True)
    config = json.loads(kubeconfig("supervisor.test", settings, ["python", "-m", "pacific_infra.credential"]))
    credential = config["users"][0]["user"]["exec"]
    assert config["clusters"][0]["cluster"] == {
        "server": "https://supervisor.test:6443",
        "insecure-skip-tls-verify": True,
    }
    assert credential["env"] == [{"name": "PACIFIC_PASSWORD", "value": "s3cret"}]
    assert credential["command"] == "python"
    assert credential["args"][:2] == ["-m", "pacific_infra.credential"]
    assert "s3cret" not in " ".join(credential["args"])


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("host", ("host", 443)),
        ("host:1", ("host", 1)),
        ("[::1]", ("::1", 443)),
        ("[::1]:2", ("::1", 2)),
        ("::1", ("::1", 443)),
    ],
)
def test_endpoints(endpoint: str, expected: tuple[str, int]) -> None:
    assert split_endpoint(endpoint, 443) == expected


def test_not_an_endpoint() -> None:
    with pytest.raises(PacificError, match="not an address: got 'host:port'; allowed: host or host:port"):
        split_endpoint("host:port", 443)
