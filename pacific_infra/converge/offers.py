"""Asks a vCenter and its Supervisors what they offer to documents."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.offers import (
    ON_SUPERVISORS,
    Answer,
    Offers,
    offers_of_supervisor,
    offers_of_vcenter,
)
from pacific_infra.vcenter.user_namespaces import find_supervisor

NOT_THERE = "it is not there yet"
Kubeconfigs = Mapping[str, Mapping[str, Any]]


async def ask_vcenter(
    client: VCenterClient, sections: Sequence[str], supervisors: Collection[str] | None = None
) -> Offers:
    """What vCenter has of ``sections``, and of those that are on Supervisors ``supervisors``; None: all.

    A Supervisor that cannot be asked is a reason in its sections. Raises VCenterError where vCenter does not answer.
    """
    offers = Offers()
    on_supervisors = [section for section in sections if section in ON_SUPERVISORS]
    await offers_of_vcenter(client, dict.fromkeys([*sections, *(["supervisors"] if on_supervisors else [])]), offers)
    known = offers.names("supervisors")
    chosen = (known if supervisors is None else supervisors) if on_supervisors else ()
    # A user who may not list Supervisors may ask the one of their namespaces.
    reachable = [name for name in chosen if name in known or "supervisors" in offers.not_read]
    await asyncio.gather(*(_ask_supervisor(client, name, on_supervisors, offers) for name in reachable))
    for name in chosen:
        if name not in reachable:
            _add_reason(offers, on_supervisors, name, NOT_THERE)
    return offers


async def _ask_supervisor(client: VCenterClient, supervisor: str, sections: Sequence[str], offers: Offers) -> None:
    try:
        known = await find_supervisor(client, supervisor)
        async with KubernetesAPI.of_supervisor(known.endpoint, client.settings) as api:
            await offers_of_supervisor(api, supervisor, known.namespaces, sections, offers)
    except PacificError as error:
        _add_reason(offers, sections, supervisor, error.problem)


async def ask_supervisors(kubeconfigs: Kubeconfigs, sections: Iterable[str]) -> Offers:
    """The same of Supervisors by their kubeconfigs, without vCenter."""
    offers, chosen = Offers(), [section for section in sections if section in ON_SUPERVISORS]
    for supervisor, kubeconfig in kubeconfigs.items():
        try:
            async with KubernetesAPI.of_kubeconfig(kubeconfig) as api:
                namespace = api.connection.namespace
                await offers_of_supervisor(api, supervisor, [namespace] if namespace else [], chosen, offers)
        except PacificError as error:
            _add_reason(offers, chosen, supervisor, error.problem)
    return offers


def _add_reason(offers: Offers, sections: Iterable[str], supervisor: str, reason: str) -> None:
    for section in sections:
        offers.add(section, Answer(reason=reason), supervisor)
