"""Chromium without a window, driven by the DevTools protocol (chromedevtools.github.io/devtools-protocol)."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.support.needs import CHROMIUM
from tests.support.waiting import PATIENCE


class Page:
    """One page of a browser."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._number = 0
        self.requests: list[str] = []
        """Addresses of all that the page asked for."""
        self.refused: list[str] = []
        """What the page's own policy has refused, and errors of its scripts."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        content = message.get("params") or {}
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(content["request"]["url"])
        elif message.get("method") == "Log.entryAdded" and content["entry"]["level"] == "error":
            self.refused.append(content["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.refused.append(json.dumps(content["exceptionDetails"]))

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.value("window.before = true")
        loads = "loaderId" in self.call("Page.navigate", url=address)
        self.until(f"document.readyState === 'complete' && {'!window.before' if loads else 'true'}")

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript gives; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until the expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {expression}\n{self.text}"
            time.sleep(0.1)

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return str(self.value("document.body.innerText"))

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        text = {"Enter": "\r"}.get(key, key)
        code = {"Enter": 13}.get(key, 0)
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def resize(self, width: int, height: int = 900) -> None:
        """Have the window so wide and so high."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def prefer(self, *, dark: bool) -> None:
        """Have the user prefer dark or light pages."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, file: Path, width: int, *, dark: bool = False) -> None:
        """Write a picture of the page, as wide as said and as high as it is."""
        self.resize(width)
        self.prefer(dark=dark)
        time.sleep(0.5)
        form = {"format": "webp", "quality": 75} if file.suffix == ".webp" else {"format": "png"}
        content = self.call("Page.captureScreenshot", captureBeyondViewport=True, **form)["data"]
        file.write_bytes(base64.b64decode(content))

    def close(self) -> None:
        """Let go of the page."""
        self._socket.close()


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """A browser with an empty page; its own files lie in ``folder``. The test is skipped where there is none."""
    program = CHROMIUM.program("chromium", "google-chrome")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    # Rate-limited by nobody: only its own page is asked for.
    profile = [f"--user-data-dir={folder / 'profile'}", "--remote-debugging-port=0", "about:blank"]
    with (folder / "browser.log").open("w") as log:
        process = subprocess.Popen([program, *options, *profile], stdout=log, stderr=log)
        try:
            port = _port(folder / "profile" / "DevToolsActivePort")
            page = Page(_address_of_page(port))
            try:
                yield page
            finally:
                page.close()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _port(file: Path) -> int:
    end = time.monotonic() + PATIENCE
    while not (file.is_file() and len(file.read_text().splitlines()) > 1):
        assert time.monotonic() < end, "the browser does not start"
        time.sleep(0.1)
    return int(file.read_text().splitlines()[0])


def _address_of_page(port: int) -> str:
    from urllib.request import urlopen  # noqa: PLC0415 - only here

    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
        targets = json.loads(answer.read())
    return next(str(target["webSocketDebuggerUrl"]) for target in targets if target["type"] == "page")
