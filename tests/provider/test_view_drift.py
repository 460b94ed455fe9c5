"""What the live page reads of vCenter: drift of its own objects, and where the Supervisors' APIs are."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.live_objects import api_of
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors, read_supervisor
from pacific_infra.view.vcenter_drift import compare_with_vcenter
from tests.support.simulated_vcenter import SUPERVISOR, USER, simulated, with_supervisor
from tests.support.wire_double import PASSWORD

SHOP = {"supervisor": "supervisor-01", "description": "The web shop", "deletionPolicy": "Delete"}
ALICE = {"subjectType": "USER", "subject": "alice", "domain": "vsphere.local", "role": "EDIT"}
INPUTS: dict[str, dict[str, Any]] = {
    "Supervisor": {**SUPERVISOR, "name": "supervisor-01"},
    "Namespace": {**SHOP, "name": "shop"},
    "VirtualMachineClass": {"name": "small", "cpuCount": 2, "memoryMib": 2048, "description": "small"},
}
CHANGES = {
    "shop": "/vcenter/namespaces/instances/shop",
    "small": "/vcenter/namespace-management/virtual-machine-classes/small",
}


def test_a_change_by_hand_and_a_deletion_are_drift_and_what_is_as_recorded_is_none(tmp_path: Path) -> None:
    async def main() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            recorded: dict[str, Recorded] = {}
            for kind, inputs in INPUTS.items():
                state = await engine.create(kind, inputs["name"], inputs)
                urn = f"urn:pulumi:dev::estate::pacific:vcenter:{kind}::{inputs['name']}"
                token = f"pacific:vcenter:{kind}"
                recorded[urn] = {"urn": urn, "type": token, "id": engine.identifier, "inputs": inputs, "outputs": state}
            client = site.client(VCenterSettings("vcenter.test", USER, PASSWORD))
            compared = await compare_with_vcenter(client, recorded)
            assert {urn: item.difference for urn, item in compared.items()} == dict.fromkeys(recorded)
            await site.by_hand.patch(CHANGES["shop"], {"description": "by hand"})
            await site.by_hand.delete(CHANGES["small"])
            compared = await compare_with_vcenter(client, recorded)
            differences = [item.difference for item in compared.values() if item.difference is not None]
            assert [(item.object, item.kind, [change.path for change in item.changes]) for item in differences] == [
                ("Namespace shop", "changed", ["description"]),
                ("VirtualMachineClass small", "missing", []),
            ]
            await client.close()

    asyncio.run(main())


@pytest.mark.parametrize("by", ["identifier", "name"])
def test_the_objects_of_a_supervisor_are_found_by_identifier_and_by_the_name_that_other_stacks_have(
    tmp_path: Path, by: str
) -> None:
    async def main() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            await engine.create("Namespace", "shop", {**INPUTS["Namespace"], "accessList": [ALICE]})
            (identifier,) = await list_supervisors(site.by_hand)
            called = {"identifier": identifier, "name": "supervisor-01"}[by]
            users = {USER: PASSWORD, "alice@vsphere.local": "alice"}
            groups = {USER: ["Administrators"]}
            content = {user: {"password": word, "groups": groups.get(user, [])} for user, word in users.items()}
            (tmp_path / "users.json").write_text(json.dumps(content))
            urn = "urn:pulumi:dev::estate::pulumi:providers:kubernetes::supervisor-01-kubernetes"
            provider: Recorded = {"urn": urn, "type": "t", "inputs": {"clusterIdentifier": called}}
            servers = set()
            for user, word in users.items():
                client = site.client(VCenterSettings("vcenter.test", user, word))
                servers.add((await api_of(client, [], {}, provider)).connection.server)
                await client.close()
            endpoint = (await read_supervisor(site.by_hand, identifier) or {})["apiendpoint"]
            assert servers == {f"https://{endpoint}"}

    asyncio.run(main())
