"""Where things lie and what the environment asks for, read in this one place.

Variables: ``XDG_CACHE_HOME`` (built toolchain), ``XDG_STATE_HOME`` (sandbox and Pulumi state), ``PULUMI_HOME``
(plugins), ``PACIFIC_SANDBOX`` (folder of the sandbox to use), ``PULUMI_CREDENTIALS_PATH``, ``PULUMI_BACKEND_URL``,
``PULUMI_ACCESS_TOKEN``, ``PULUMI_CONFIG_PASSPHRASE`` and ``PULUMI_CONFIG_PASSPHRASE_FILE`` as Pulumi documents them,
``PACIFIC_OWNER`` and ``PACIFIC_ANNOUNCED`` (set for one stack of several of an estate), ``PACIFIC_SLACK_WEBHOOK`` and
``PACIFIC_CLOUDEVENTS_WEBHOOK`` (docs/notifications.md), ``OTEL_EXPORTER_OTLP_ENDPOINT`` and
``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` as OpenTelemetry documents them, ``PACIFIC_COMMAND`` (what a checkout's
``./run`` says of how it was started) and ``PACIFIC_ENGINE_LOG`` (``true``: the engine keeps its log). One more is read
elsewhere:
``PACIFIC_PASSWORD``, by the credential plugin that kubectl starts (pacific_infra/credential.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

OWNER = "PACIFIC_OWNER"
"""Variable: PROJECT/STACK whose mark the objects carry that a run makes, where it is one of several of an estate."""
ANNOUNCED = "PACIFIC_ANNOUNCED"
"""Variable: what other stacks of the estate are going to make, KIND/NAME with the provider's kinds, by spaces."""


def owner_of_stack(stack: str) -> str:
    """Whose mark the objects carry that ``stack``, PROJECT/STACK, makes: the estate's, where it is one of several."""
    return os.environ.get(OWNER) or stack


@dataclass(frozen=True)
class Settings:
    """Folders and Pulumi settings of this user on this computer. Nothing is created by reading them."""

    cache_directory: Path
    """Built programs, keyed by their pin, and what is known of graphs; safe to delete."""
    state_directory: Path
    """Sandboxes, Pulumi's file backend and its passphrase."""
    sandbox_directory: Path
    """The sandbox that is used where no vCenter is named."""
    pulumi_home: Path
    """Pulumi's own folder: plugins, logs and, by default, credentials."""
    credentials_file: Path
    """Where ``pulumi login`` keeps what backend it is for."""
    backend_url: str | None
    """The Pulumi backend that the user chose, if any."""
    access_token_given: bool
    """Whether the environment holds a token of Pulumi Cloud, which is a choice of that backend."""
    passphrase_given: bool
    """Whether the user has set Pulumi's passphrase, or a file with it."""
    engine_log: bool = False
    """Whether the engine is to keep its own log, in ``logs`` of its home."""
    command: str = "pacific"
    """How this program was started, for commands that are offered next."""
    slack_webhook: str | None = field(default=None, repr=False)
    """Where Slack is told of runs, unless the stack's configuration says it."""
    cloud_events_webhook: str | None = field(default=None, repr=False)
    """Where CloudEvents of runs go, unless the stack's configuration says it."""
    traced: bool = False
    """Whether an OTLP endpoint takes traces of runs."""

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``environment`` (default: the process's own)."""
        env = os.environ if environment is None else environment
        home = Path(env.get("HOME") or Path.home())
        cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "pacific-infra"
        state = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state") / "pacific-infra"
        pulumi_home = Path(env.get("PULUMI_HOME") or home / ".pulumi")
        return cls(
            cache_directory=cache,
            state_directory=state,
            sandbox_directory=Path(env.get("PACIFIC_SANDBOX") or state / "sandbox"),
            pulumi_home=pulumi_home,
            credentials_file=Path(env.get("PULUMI_CREDENTIALS_PATH") or pulumi_home) / "credentials.json",
            backend_url=env.get("PULUMI_BACKEND_URL") or None,
            access_token_given=bool(env.get("PULUMI_ACCESS_TOKEN")),
            engine_log=env.get("PACIFIC_ENGINE_LOG") == "true",
            command=env.get("PACIFIC_COMMAND") or "pacific",
            slack_webhook=env.get("PACIFIC_SLACK_WEBHOOK") or None,
            cloud_events_webhook=env.get("PACIFIC_CLOUDEVENTS_WEBHOOK") or None,
            traced=any(env.get(f"OTEL_EXPORTER_OTLP_{kind}ENDPOINT") for kind in ("", "TRACES_")),
            passphrase_given="PULUMI_CONFIG_PASSPHRASE" in env or bool(env.get("PULUMI_CONFIG_PASSPHRASE_FILE")),
        )

    def with_backend(self, url: str | None) -> "Settings":
        """The same, with the backend that a Pulumi.yaml names, unless the user has chosen another one."""
        return self if self.backend_url or self.access_token_given else replace(self, backend_url=url)
