"""How a simulated container answers its probes, and when. Pure; the kubelet's rules (pkg/kubelet/prober)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.simulated.script import understood

ProbeKind = Literal["startup", "readiness", "liveness"]
_FIELDS: Final[Mapping[ProbeKind, str]] = {
    "startup": "startupProbe",
    "readiness": "readinessProbe",
    "liveness": "livenessProbe",
}


@dataclass(frozen=True)
class Probe:
    """A probe that always answers the same. Seconds."""

    kind: ProbeKind
    delay: float
    period: float
    successes: int
    failures: int
    failure: str | None
    """What it says when it fails; None: it succeeds."""

    @property
    def passes_after(self) -> float:
        """From its first possible look until it has succeeded often enough."""
        return (self.successes - 1) * self.period

    @property
    def fails_after(self) -> float:
        """From its first possible look until it has failed often enough."""
        return (self.failures - 1) * self.period


def probe(container: Object, kind: ProbeKind, environment: Mapping[str, str]) -> Probe | None:
    """A container's probe. One by HTTP, TCP or gRPC succeeds: the program that would answer is not there.

    One by command does what the command says where it is understood (simulated/script.py), else it succeeds.
    """
    probe: Object | None = container.get(_FIELDS[kind])
    if probe is None:
        return None
    return Probe(
        kind,
        delay=float(probe.get("initialDelaySeconds", 0)),
        period=float(probe.get("periodSeconds", 10)),
        successes=int(probe.get("successThreshold", 1)),
        failures=int(probe.get("failureThreshold", 3)),
        failure=_failure(probe, environment),
    )


def _failure(probe: Object, environment: Mapping[str, str]) -> str | None:
    command = probe.get("exec", {}).get("command", ())
    script = understood(command, environment)
    if script is None:
        return None
    limit = float(probe.get("timeoutSeconds", 1))
    if script.duration > limit:
        return f'command timed out: "{" ".join(command)}" timed out after {limit:g}s'
    if script.exit_code == 0:
        return None
    return "\n".join(line.text for line in script.lines) or f"command ended with exit code {script.exit_code}"
