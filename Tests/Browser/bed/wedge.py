"""A barcode scanner that types."""

import time

from playwright.sync_api import Page

NAMED = {"Enter": (13, "\r"), "Tab": (9, ""), "F8": (119, "")}
CONTROL = 2


class Wedge:
    """Types into the page as a scanner does. The browser is told when each key was pressed, so that the time between keys is exact,
    however busy the machine is."""

    def __init__(self, page: Page):
        self._browser = page.context.new_cdp_session(page)
        self._last = time.time()

    def scan(self, *texts: str, end: str = "Enter") -> None:
        """Types a code and its end, some time after what was typed before. Texts are characters, or the name of a key."""
        self._last = max(self._last + 0.5, time.time())
        for text in texts:
            self.type(text)
        if end:
            self.type(end)

    def type(self, text: str, between: float = 0.005, before: float | None = None) -> None:
        """Types on, with so many seconds between keys, and before the first."""
        for place, key in enumerate([text] if text in NAMED or text.startswith("Control+") else text):
            self._last += before if place == 0 and before is not None else between
            self._press(key)

    def _press(self, key: str) -> None:
        control = key.startswith("Control+")
        key = key.removeprefix("Control+")
        number, text = NAMED.get(key, (0, key))
        if control:
            text = ""
        event = {"key": key, "windowsVirtualKeyCode": number, "modifiers": CONTROL if control else 0, "timestamp": self._last}
        self._browser.send("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **event})
        self._browser.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
