"""Who converges the stacks of an estate: processes of this computer, or the workers of a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from pacific_infra.cli.fleet import Fleet
from pacific_infra.cli.workers import LocalWorkers, Workers
from pacific_infra.errors import PacificError

SCHEME = "dask://"


@contextmanager
def fleet_workers(fleet: Fleet, number: int | None) -> Iterator[Workers]:
    """Those that the fleet's ``on`` names; ``number``: so many at a time; None: one, or all that the cluster has.

    Raises PacificError where the cluster does not answer, or one of its workers cannot do the work.
    """
    if fleet.on is None:
        yield LocalWorkers(number or 1, fleet.logs)
        return
    check_place(fleet.on)
    from pacific_infra.cli.dask_workers import DaskWorkers  # noqa: PLC0415 - of an extra

    with DaskWorkers(fleet.on, fleet.logs, number) as workers:
        workers.check(fleet.session, fleet.backend)
        yield workers


def check_place(place: str) -> None:
    """Raises PacificError where stacks cannot be converged at ``place``."""
    try:
        parts = urlsplit(place)
        good = place.startswith(SCHEME) and bool(parts.hostname and parts.port)
        good = good and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        good = False
    if not good:
        raise PacificError("stacks cannot be converged there", place="--on", value=place, allowed="dask://HOST:PORT")
    if find_spec("distributed") is None:
        raise PacificError("--on dask:// needs the extra dask", fix="pip install 'pacific-infra[dask]'")
