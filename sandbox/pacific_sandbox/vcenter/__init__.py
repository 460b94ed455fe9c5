"""The simulated vCenter: the Supervisor and vSphere Namespace REST API in front of vcsim, which answers the rest."""

from pacific_sandbox.vcenter.app import create_app
from pacific_sandbox.vcenter.configuration import VCenterConfiguration

__all__ = ["VCenterConfiguration", "create_app"]
