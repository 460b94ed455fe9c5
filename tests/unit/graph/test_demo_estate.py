from pathlib import Path

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph

DOCUMENTS = Path(__file__).parents[3] / "stacks" / "estate" / "documents"


def test_waves_of_the_demo_estate() -> None:
    assert build_graph(load_estate([DOCUMENTS])).waves == (
        ("SupervisorCluster/supervisor-01", "VirtualMachineClass/shop-database", "VirtualMachineClass/shop-small"),
        ("Namespace/data", "Namespace/shop"),
        ("CrxWorkload/data/orders", "VirtualMachine/data/accounts", "VirtualMachine/shop/catalogue"),
        ("CrxWorkload/data/prepare",),
        ("CrxWorkload/shop/web",),
    )
