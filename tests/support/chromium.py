"""A headless Chromium, driven through its DevTools protocol over two pipes: no package, no port."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-popup-blocking",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)
KEYS = {"PageUp": 33, "PageDown": 34, "End": 35, "c": 67, "l": 76, "r": 82, "s": 83, "Escape": 27}
KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class NavigatedError(Exception):
    """The page went elsewhere while it was asked."""


class Chromium:
    """One browser process; `open` gives a page."""

    def __init__(self, profile: Path) -> None:
        program = next((found for name in _NAMES if (found := shutil.which(name))), None)
        if program is None:
            reason = f"no browser to open the page in: none of {', '.join(_NAMES)} is installed"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        # the browser reads commands from its descriptor 3 and answers on its descriptor 4
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        self.process = subprocess.Popen(
            [
                "bash",
                "-c",
                f'exec "$0" "$@" 3<&{commands} 4>&{answers}',
                program,
                *_FLAGS,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(commands, answers),
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._numbers = itertools.count(1)
        self._buffer = b""
        self.events: list[dict[str, Any]] = []
        self.closing: set[str] = set()  # a page that is closed is a target for a while yet

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._hear(30)
            if heard.get("id") == number:
                if "navigated" in heard.get("error", {}).get("message", ""):
                    raise NavigatedError(f"{method}: {heard}")
                assert "error" not in heard, f"{method}: {heard}"
                return heard["result"]

    def listen(self, seconds: float) -> None:
        """Collect events for a while."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            if not select.select([self._answers], [], [], left)[0] and b"\0" not in self._buffer:
                return
            self._hear(1)

    def _hear(self, seconds: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._answers], [], [], seconds)[0], "the browser is silent"
            self._buffer += os.read(self._answers, 1 << 20)
        message, _, self._buffer = self._buffer.partition(b"\0")
        heard = json.loads(message)
        if "method" in heard:
            self.events.append(heard)
        return heard

    def open(self, address: str, width: int = 1280, height: int = 720, **media: str) -> Page:
        """Open a page, every address outside the page's own files refused and recorded.

        Keywords are media features, such as ``prefers_reduced_motion="reduce"``.
        """
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.send(f"{domain}.enable")
        page.send(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        page.resize(width, height)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        page.send("Emulation.setEmulatedMedia", features=features)
        page.send("Page.navigate", url=address)
        page.wait("document.readyState === 'complete'")
        return page

    def close_pages(self) -> None:
        """Close every page that was opened, and forget what it said."""
        for each in self.send("Target.getTargets")["targetInfos"]:
            if each["type"] == "page" and each["url"] != "about:blank":
                self.close_target(each["targetId"])
        self.events.clear()

    def close_target(self, target: str) -> None:
        if target not in self.closing:
            self.closing.add(target)
            self.send("Target.closeTarget", targetId=target)

    def close(self) -> None:
        self.send("Browser.close")
        self.process.wait(10)
        os.close(self._commands)
        os.close(self._answers)


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser, self.target, self.session = browser, target, session

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.send(method, self.session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        done = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, claim: str | Callable[[], Any], seconds: float = 15.0) -> None:
        """Wait until a JavaScript expression, or a function, is true."""
        limit = time.monotonic() + seconds
        while not self._holds(claim):
            assert time.monotonic() < limit, f"waited in vain for {claim}"
            time.sleep(0.02)

    def _holds(self, claim: str | Callable[[], Any]) -> Any:
        try:
            return self.run(claim) if isinstance(claim, str) else claim()
        except NavigatedError:
            return False

    def press(self, key: str) -> None:
        """Press a key, as a person or a clicker does."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", **named)
        self.send("Input.dispatchKeyEvent", type="keyUp", **named)

    def screenshot(self) -> np.ndarray:
        """What is on the screen, as (height, width, 3) bytes."""
        return _pixels(self.send("Page.captureScreenshot", format="png")["data"])

    def watch(self, seconds: float, act: Callable[[], None]) -> list[np.ndarray]:
        """Every frame that the screen shows for a while from the moment that something is done."""
        self.send("Page.startScreencast", format="png")
        act()
        limit, frames = time.monotonic() + seconds, []
        while time.monotonic() < limit:
            for event in self._heard("Page.screencastFrame"):
                frames.append(_pixels(event["params"]["data"]))
                self._browser.events.remove(event)
                self.send("Page.screencastFrameAck", sessionId=event["params"]["sessionId"])
        self.send("Page.stopScreencast")
        return frames

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(
            self.send("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        )

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for, what the page holds itself left out."""
        asked = [each["params"]["request"]["url"] for each in self._heard("Network.requestWillBeSent")]
        return [address for address in asked if not address.startswith(("data:", "blob:"))]

    @property
    def errors(self) -> list[str]:
        """Errors and warnings of the console, and exceptions that nothing caught."""
        said = [
            entry["params"]["entry"]["text"]
            for entry in self._heard("Log.entryAdded")
            if entry["params"]["entry"]["level"] in ("error", "warning")
        ]
        said += [
            str(each["params"]["args"])
            for each in self._heard("Runtime.consoleAPICalled")
            if each["params"]["type"] in ("error", "warning", "assert")
        ]
        return said + [
            str(each["params"]["exceptionDetails"]) for each in self._heard("Runtime.exceptionThrown")
        ]

    def _heard(self, method: str) -> list[dict[str, Any]]:
        self._browser.listen(0.05)
        return [
            each
            for each in self._browser.events
            if each["method"] == method and each.get("sessionId") == self.session
        ]

    def refused_by_its_policy(self) -> list[str]:
        """Which rules of its policy hinder a script that got into it, a picture from elsewhere and a request.

        Each is an error of the console as well.
        """
        refused = self.run("""(async () => {
          const refused = [], said = (event) => refused.push(event.effectiveDirective);
          document.addEventListener('securitypolicyviolation', said);
          const script = document.createElement('script'), picture = new Image();
          script.textContent = 'window.stolen = true';
          document.body.append(script);
          await new Promise((done) => {
            picture.onload = picture.onerror = done;
            picture.src = 'https://example.org/1.png';
          });
          await fetch('https://example.org/2').catch(() => 0);
          await new Promise((done) => setTimeout(done, 50));
          return refused.concat(window.stolen ? ['a script ran'] : []);
        })()""")
        return sorted(refused)

    def close(self) -> None:
        self._browser.close_target(self.target)


def _pixels(png: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))
