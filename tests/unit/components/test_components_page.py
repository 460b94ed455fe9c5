"""The unit test that docs/components.md shows, run as a user would run it beside a program of components."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import PATIENCE

PAGE = Path(__file__).parents[3] / "docs" / "components.md"
PROGRAM = """
import pulumi
from pacific_components import CrxWorkload, SupervisorNamespace, vcenter

gold = vcenter.get_storage_policy("gold")
namespace = SupervisorNamespace(
    "shop", supervisor="supervisor-01", storage_policies=[{"name": gold.id, "limit": "1Gi"}]
)
web = CrxWorkload(
    "web",
    namespace=namespace.name,
    kind="Deployment",
    containers=[{"name": "web", "image": "web:1"}],
    service={"type": "LoadBalancer", "ports": [{"port": 80}]},
)
"""
MORE = """

@pulumi.runtime.test
def test_what_was_looked_up_and_what_follows():
    def check(found):
        storage, host = found
        assert storage[0].policy == "gold-id"
        assert host == "web.shop.svc"

    return pulumi.Output.all(shop.namespace.resource.storage_specs, shop.web.host).apply(check)
"""


def test_the_unit_test_of_the_page_passes(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "shop.py").write_text(PROGRAM)
    (tmp_path / "test_shop.py").write_text(block + MORE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
