import json
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.controllers import ControllersConfiguration, RuntimeConfiguration

DOCUMENT = {
    "kubeconfig": "/k",
    "vcenter": {"url": "https://127.0.0.1:1/sdk", "username": "a", "password_file": "/p", "ca_file": None},
    "kubelet_server": {"certificate": "/c", "key": "/k", "client_ca_file": "/ca"},
    "supervisor": "s",
    "cluster": "domain-c1",
    "cluster_name": "cluster-01",
    "zone": "zone-1",
    "datacenter": "dc-01",
    "pod_network": "10.244.0.0/20",
    "service_network": "10.96.0.0/20",
    "vm_network": "10.244.16.0/20",
}


def test_read(tmp_path: Path) -> None:
    file = tmp_path / "controllers.json"
    file.write_text(json.dumps(DOCUMENT))
    configuration = ControllersConfiguration.read(file)
    assert configuration.vcenter.cluster == "cluster-01"
    assert configuration.vcenter.ca_file is None
    assert configuration.ingress_network == "10.244.32.0/22"


def test_pods_are_simulated_where_no_machines_are_named(tmp_path: Path) -> None:
    file = tmp_path / "controllers.json"
    runtime: dict[str, str | None] = {"machines": None, "images": "/i", "directory": "/d"}
    for document in (DOCUMENT, {**DOCUMENT, "runtime": runtime}):
        file.write_text(json.dumps(document))
        assert ControllersConfiguration.read(file).runtime is None
    file.write_text(json.dumps({**DOCUMENT, "runtime": {**runtime, "machines": "/m"}}))
    assert ControllersConfiguration.read(file).runtime == RuntimeConfiguration(Path("/m"), Path("/i"), Path("/d"))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "controllers.json"
    with pytest.raises(PacificError) as raised:
        ControllersConfiguration.read(file)
    assert str(raised.value) == (f"{file}: cannot read the controllers' configuration: got 'No such file or directory'")
    file.write_text(json.dumps({**DOCUMENT, "vcenter": {}}))
    with pytest.raises(PacificError) as raised:
        ControllersConfiguration.read(file)
    assert str(raised.value) == f"{file}: not a controllers' configuration: got \"'url'\""
