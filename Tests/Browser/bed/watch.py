"""A page under watch: whatever breaks its policy, throws or reports an error fails the test that opened it."""

from playwright.sync_api import Page

from .processes import eventually

_REPORT = """
addEventListener('securitypolicyviolation', (event) =>
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample} at ${event.sourceFile}:${event.lineNumber}`));
addEventListener('unhandledrejection', (event) => console.error(`unhandled rejection: ${event.reason?.stack ?? event.reason}`));
"""

# The browser itself writes these when a server is away or refuses, which tests cause on purpose.
_OF_THE_NETWORK = ("Failed to load resource", "WebSocket connection to", "net::ERR_")


class Watch:
    """What was wrong on a page."""

    def __init__(self, page: Page):
        self.faults: list[str] = []
        self._rests = False
        page.add_init_script(_REPORT)
        page.on("pageerror", lambda error: self._take("error", f"uncaught: {error}"))
        page.on("console", lambda message: self._take(message.type, message.text))

    def rest(self) -> None:
        """What was reported, and what comes after it, is meant."""
        self.faults.clear()
        self._rests = True

    def _take(self, kind: str, text: str) -> None:
        if self._rests:
            return
        if "Content Security Policy" in text or "policy violation" in text or "TrustedHTML" in text:
            self.faults.append(text)
        elif kind == "error" and not any(words in text for words in _OF_THE_NETWORK):
            self.faults.append(text)


def until(page: Page, expression: str, seconds: float = 15) -> object:
    """What an expression is in the page, once it is truthy. Playwright's own `wait_for_function` needs `eval`, which our policy refuses."""
    return eventually(expression, lambda: page.evaluate(expression), seconds)
