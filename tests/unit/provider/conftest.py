"""A test double of vCenter for the provider."""

import pytest

from tests.support.wire_double import WireDouble


@pytest.fixture
def double() -> WireDouble:
    """A vCenter with one Supervisor."""
    double = WireDouble()
    for name in ("small", "large"):
        double.add_class(name)
    double.supervisors["supervisor-id-1"] = {
        **{"name": "supervisor-01", "cluster": "domain-c8", "config_status": "RUNNING", "kubernetes_status": "READY"},
        **{"messages": [], "reads": 0, "pods": False, "spec": {"control_plane": {}}},
    }
    return double
