"""What the simulated vCenter has to know."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class VCenterConfiguration:
    """Where its parts are, and how fast it goes. All times in seconds."""

    directory: Path
    """Folder of its state; made where it is missing."""
    users: Path
    """Users' file of the sandbox: principal -> {password, groups}."""
    simulator_url: str
    """``https://127.0.0.1:port`` of vcsim."""
    simulator_username: str
    simulator_password_file: Path
    """A file whose first line is the password."""
    ca_file: Path
    """PEM certificate authority of vcsim, and of the Supervisors' endpoints."""
    version: tuple[int, int, int] = (9, 1, 0)
    """Version of vCenter to be: 8.0.3, 9.0.0 or 9.1.0; an older one lacks what came later."""
    state_change: float = 1.0
    """How long CONFIGURING and REMOVING can be seen at least."""
    resynchronization: float = 15.0
    """How often every object is compared with the actual state."""
    first_retry: float = 0.5
    """Pause after a first failure; it doubles up to 30 s."""
    session_idle: float = 1800.0
    """Idle time after which a session ends."""
    control_plane_within: float = 180.0
    """How long one call to a Supervisor's control plane may take."""
    simulator_within: float = 60.0
    """How long to wait for vcsim at the start."""
