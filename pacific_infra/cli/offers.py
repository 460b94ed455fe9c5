"""Refuses, before a run, names of documents that the stack's vCenter and Supervisors do not have."""

import asyncio
import json
from collections.abc import Sequence

from pacific_infra.cli.dry_run import settings_of
from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.offers import ask_supervisors, ask_vcenter
from pacific_infra.converge.stack import EstateStack
from pacific_infra.converge.unoffered import Question, not_asked, questions, refusals
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.offers import ON_SUPERVISORS, Offers, offers_of_libraries
from pacific_infra.vcenter.settings import VCenterSettings

DEADLINE = 20.0
"""Seconds for all questions."""


def check_offers(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> None:
    """Raises PacificErrors for names that are not there. ``recorded``: the stack's resources.

    What cannot be named now is said in one line: the run itself will find out.
    """
    settings, named = settings_of(session, stack), list(questions(session.graph.estate, recorded))
    if settings is None:
        named = [question for question in named if question.section in ON_SUPERVISORS and session.project.kubeconfig]
    if not named:
        return
    try:
        offers = asyncio.run(_ask(settings, session.project.kubeconfig, named))
    except (PacificError, TimeoutError) as error:
        reason = error.problem if isinstance(error, PacificError) else f"no answer within {DEADLINE:.0f} s"
        session.remark(f"not checked whether vCenter has what the documents name: {reason}")
        return
    errors = list(refusals(named, offers, f"{session.settings.command} discover"))
    if errors:
        raise PacificErrors(errors)
    if (line := not_asked(named, offers)) is not None:
        session.remark(line)


async def _ask(settings: VCenterSettings | None, file: KubeconfigFile | None, named: Sequence[Question]) -> Offers:
    """Raises PacificError where vCenter does not answer, and TimeoutError."""
    sections = list(dict.fromkeys(question.section for question in named))
    supervisors = list(dict.fromkeys(question.place for question in named if question.section in ON_SUPERVISORS))
    async with asyncio.timeout(DEADLINE):
        if settings is not None:
            libraries = dict.fromkeys(library for question in named for library in question.libraries)
            return await _ask_vcenter(settings, sections, supervisors, list(libraries))
        kubeconfigs = {name: with_program(json.loads(file.of_supervisor(name))) for name in supervisors if file}
        return await ask_supervisors(kubeconfigs, sections)


async def _ask_vcenter(
    settings: VCenterSettings, sections: Sequence[str], supervisors: Sequence[str], libraries: Sequence[str]
) -> Offers:
    client = VCenterClient(settings, patience=DEADLINE)
    try:
        offers = await ask_vcenter(client, sections, supervisors)
        await offers_of_libraries(client, libraries, offers)
    finally:
        await client.close()
    return offers
