"""The page of ``pacific view`` in a real browser, where there is one."""

from pathlib import Path

from tests.support.browser import Page, browsing
from tests.support.view_server import served
from tests.support.view_world import DEPLOYMENT, pod

WEB = "CrxWorkload/shop/web"


def focused(page: Page) -> str:
    """The text of what has the focus."""
    return str(page.value("document.activeElement.innerText"))


def test_a_browser_follows_what_changes_and_takes_keys_and_links(tmp_path: Path) -> None:
    with served(tmp_path) as shown, browsing(tmp_path) as page:
        page.open(shown.guard.address)
        assert page.value("location.search") == ""
        # A pod that fails appears with its reason, and drift comes and goes, without a reload.
        page.open(shown.address("/namespaces/shop"))
        page.value("window.loadedOnce = true")
        shown.world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
        shown.change()
        page.until("document.body.innerText.includes('ImagePullBackOff: there is no such image')")
        assert page.value("window.loadedOnce") is True
        page.open(shown.address("/drift"))
        assert "No drift." in page.text
        shown.world.put({**DEPLOYMENT, "spec": {"replicas": 5}})
        shown.change()
        page.until("document.body.innerText.includes('spec.replicas')")
        shown.world.put(DEPLOYMENT)
        shown.change()
        page.until("document.body.innerText.includes('No drift.')")
        # Keys.
        page.open(shown.address("/documents?namespace=shop"))
        page.press("j")
        page.press("j")
        assert focused(page) == "VirtualMachine/shop/catalogue"
        page.press("k")
        page.press("/")
        assert page.value("document.activeElement.id") == "find"
        page.value("document.activeElement.blur()")
        page.press("?")
        assert page.value("document.getElementById('help').open") is True
        # Links and filters are in the address.
        page.open(shown.address(f"/documents/{WEB}"))
        assert "3/3 replicas ready" in page.text
        assert {request.split("/")[2] for request in page.requests if request.startswith("http")} == {
            f"127.0.0.1:{shown.guard.port}"
        }
        assert page.refused == []


def test_pages_are_whole_without_javascript(tmp_path: Path) -> None:
    with served(tmp_path) as shown, browsing(tmp_path) as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.navigate", url=shown.guard.address)
        page.until("document.title.startsWith('Overview')")
        page.call("Page.navigate", url=shown.address("/documents?kind=VirtualMachine"))
        page.until("document.title.startsWith('Documents')")
        assert "2 of 10" in page.text
