"""The checks of plan, up and down before the engine starts: they report what a server would refuse."""

from collections.abc import Sequence

from pacific_infra.cli.definitions import check_definitions
from pacific_infra.cli.external import check_external
from pacific_infra.cli.session import Session
from pacific_infra.converge.autoscalers import check_autoscalers
from pacific_infra.converge.claims import Recorded, check_claims
from pacific_infra.converge.configured_secrets import check_secrets
from pacific_infra.converge.immutable import check_fixed_fields
from pacific_infra.converge.policies import check_policies
from pacific_infra.converge.stack import EstateStack
from pacific_infra.documents import Estate


def check_before_converging(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> None:
    """Refuse what cannot be converged. ``recorded``: the stack's resources. Raises PacificError(s)."""
    check_secrets(session.project, session.graph.estate)
    check_external(session, stack, recorded)
    check_claims(recorded, session.graph.estate)
    check_fixed_fields(recorded, session.graph.estate)
    check_autoscalers(recorded, session.graph.estate)
    check_definitions(session, stack, recorded, session.graph.estate)


def check_before_removing(
    session: Session, stack: EstateStack, recorded: Sequence[Recorded], remaining: Estate | None
) -> None:
    """Refuse what cannot be removed. ``remaining``: the documents that stay; None: none. Raises PacificError(s)."""
    check_policies(recorded, session.graph.estate, remaining)
    check_definitions(session, stack, recorded, remaining)
