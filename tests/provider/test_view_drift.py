"""Drift of vCenter's own objects on the live page: each is read as the provider reads it."""

import asyncio
from pathlib import Path
from typing import Any

from pacific_infra.converge.rendering import Recorded
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.view.vcenter_drift import compare_with_vcenter
from tests.support.simulated_vcenter import SUPERVISOR, USER, simulated
from tests.support.wire_double import PASSWORD

SHOP = {"supervisor": "supervisor-01", "description": "The web shop", "deletionPolicy": "Delete"}
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
