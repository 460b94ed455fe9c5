"""What the state records of the declared nodes."""

from pacific_infra.converge.nodes import NodeFinder, split_urn

STACK = "urn:pulumi:dev::estate::pulumi:pulumi:Stack::estate-dev"
WEB = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"


def test_a_urn_is_split_into_type_and_name_even_where_the_name_holds_colons() -> None:
    assert split_urn("urn:pulumi:dev::estate::a:b:C$d:e:F::x::y") == ("d:e:F", "x::y")


def test_resources_belong_to_the_document_at_their_head() -> None:
    finder = NodeFinder()
    assert finder.node(STACK, None) is None
    assert finder.node(WEB, STACK) == "CrxWorkload/shop/web"
    child = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:core/v1:Service::shop/web-service"
    assert finder.node(child, WEB) == "CrxWorkload/shop/web"
    assert finder.known(child) == "CrxWorkload/shop/web"


def test_other_resources_are_nodes_by_themselves_and_providers_none() -> None:
    finder = NodeFinder()
    assert finder.node("urn:pulumi:dev::e::pulumi:providers:pacific::vcenter", STACK) is None
    assert finder.node("urn:pulumi:dev::e::kubernetes:core/v1:ConfigMap::settings", STACK) == "ConfigMap/settings"
