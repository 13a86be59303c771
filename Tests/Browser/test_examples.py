"""The example pages: nothing is in the way of those who read with a screen reader, a keyboard or little light."""

import re
import sys
from urllib.parse import quote

import pytest
from bed.processes import Child, eventually
from bed.server import REPOSITORY
from playwright.sync_api import expect

EXAMPLES = REPOSITORY / "examples"
PHONE = {"width": 390, "height": 844}
LOOKS = [{}, {"color_scheme": "dark"}, {"viewport": PHONE}]


@pytest.fixture
def served(tmp_path):
    """Serves an example as its README says, and tells where."""
    children = []

    def serve(name: str, *command: str) -> str:
        log = tmp_path / f"{name}.log"
        children.append(Child([sys.executable, "-u", *command], log))
        eventually("the example is served", lambda: re.search(r"(http://127\.0\.0\.1:\d+)/", log.read_text()))
        return re.search(r"(http://127\.0\.0\.1:\d+)/", log.read_text()).group(1)

    yield serve
    for child in children:
        child.stop()


def test_the_shop_with_react(site, pages, served, faultless, photograph):
    url = served("react-shop", str(EXAMPLES / "react-shop/serve.py"), "0")
    opened = [pages(**look) for look in LOOKS]
    for page in opened:
        page.goto(f"{url}/?server={quote(site.url)}")
        expect(page.locator(".tallywire-card")).to_have_count(48)
        # The notice is to be there still when it is looked at.
        page.locator(".tallywire-notifications").dispatch_event("mouseover")
    site.server.move("TEE-RED-M", "set", 0)
    for page in opened:
        expect(page.locator(".tallywire-notification")).to_be_visible()
        faultless(page)
        photograph(page, "react shop")
    # With the keyboard alone.
    opened[0].locator(".tallywire-card").filter(has_text="Red / M").get_by_role("button").focus()
    opened[0].keyboard.press("Enter")
    expect(opened[0].locator(".cart")).to_have_text("1 in the cart")
    site.server.kill()
    for page in opened:
        expect(page.locator("header .away")).to_be_visible()
        expect(page.locator(".tallywire-stale-note").first).to_be_visible()
        faultless(page)
        photograph(page, "react shop away")


def test_the_plain_page(site, pages, served, faultless, photograph):
    url = served("websocket-page", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(EXAMPLES / "websocket-page"))
    site.server.move("TEE-RED-M", "set", 0)
    site.server.call("PATCH", "/api/products/2/status", {"status": "inactive"})
    for look in LOOKS:
        page = pages(**look)
        page.goto(f"{url}/?server={quote(site.url)}")
        expect(page.locator("#stock tr")).to_have_count(48)
        expect(page.locator("#stock tr.inactive").first).to_be_visible()
        faultless(page)
        photograph(page, "plain page")
