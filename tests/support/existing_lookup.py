"""Looks up whose the existing objects are at an API server that a test stands in for."""

import asyncio
import ssl

import httpx2

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.existing_objects import ExistingObjects, find_in_cluster
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.graph import DependencyGraph
from pacific_infra.provider.ownership import Owner
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity

STACK = Owner("shop/dev")
"""Whose run it is."""


def looked_up(
    graph: DependencyGraph, resource: RenderedResource, transport: httpx2.MockTransport, *recorded: Recorded
) -> ExistingObjects:
    """What is known of the objects that ``resource`` of ``graph`` would meet. ``recorded``: the stack's resources."""

    async def run() -> ExistingObjects:
        connection = Connection("https://sv.test", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=transport) as api:
            return await find_in_cluster(api, [resource], graph, STACK, {item["urn"]: item for item in recorded})

    return asyncio.run(run())
