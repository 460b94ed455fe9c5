"""The files and folders of a sandbox."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths inside the folder of one sandbox. Nothing is created by asking for them."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held with ``flock`` by the daemon as long as it lives: the proof that it runs."""
        return self.root / "daemon.lock"

    @property
    def status(self) -> Path:
        """What the daemon last said of itself and its processes."""
        return self.root / "daemon.json"

    @property
    def mark(self) -> Path:
        """Says that this folder is a sandbox, so that ``reset`` deletes nothing else."""
        return self.root / "sandbox.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def users(self) -> Path:
        """SSO users, their passwords and groups."""
        return self.root / "users.json"

    @property
    def administrator_password(self) -> Path:
        """One line: the password of administrator@vsphere.local."""
        return self.root / "administrator.password"

    @property
    def faults(self) -> Path:
        """The faults that the user has declared."""
        return self.root / "faults.json"

    @property
    def applied_faults(self) -> Path:
        """How often the faults of APIs have been applied."""
        return self.root / "faults.applied.json"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def ca_file(self) -> Path:
        """The certificate that signs everything in this sandbox."""
        return self.certificates / "ca.pem"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    @property
    def vcenter(self) -> Path:
        """The state of the simulated vCenter."""
        return self.root / "vcenter"

    @property
    def images(self) -> Path:
        """The container images of the runtime ``qemu``."""
        return self.root / "images"

    @property
    def process_images(self) -> Path:
        """The images whose marked pods run as processes of this computer."""
        return self.root / "process-images"

    def supervisor(self, supervisor: str) -> Path:
        """The state of one Supervisor: etcd's data, kubeconfigs."""
        return self.root / "supervisors" / supervisor
