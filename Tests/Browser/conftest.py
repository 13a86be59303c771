"""Fixtures: `site` is a running server with its broker and the sample catalogue, `page` a tab of a real Chromium that reports faults.

    def test_a_scan_shows(site, page):
        page.goto(f"{site.url}/shop")
        site.scan("4006381333931")
        expect(page.get_by_text("…")).to_be_visible()

`sites` makes a site with settings of its own, `pages` a page of another size or colour scheme, `photograph` a picture in
.build/screenshots, and `faultless` looks at accessibility.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from bed.server import REPOSITORY  # noqa: E402
from bed.site import Site  # noqa: E402
from bed.watch import Watch  # noqa: E402

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# Other work may be going on on this machine; what has to be quick is measured by itself.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), headless=not os.environ.get("HEADED"),
        args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"])
    yield browser
    browser.close()


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites: `sites(settings={"auth": …}, catalogue=False)`."""
    made: list[Site] = []

    def make(settings: dict | None = None, catalogue: bool = True) -> Site:
        site = Site(tmp_path / f"site-{len(made)}", settings)
        made.append(site)
        if catalogue:
            site.server.import_catalogue()
        return site

    yield make
    for site in made:
        site.stop()


@pytest.fixture
def site(sites: Callable[..., Site]) -> Site:
    """A server as `make run` starts it, with the sample catalogue."""
    return sites()


@pytest.fixture
def pages(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens tabs: `pages(viewport=PHONE, color_scheme="dark")`; options are those of Playwright's `new_context`. A fault on any of them
    fails the test, unless the test takes it off `page.watch.faults`."""
    opened: list[Page] = []

    def make(**options: object) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", "color_scheme": "light", **options})
        page = context.new_page()
        page.watch = Watch(page)
        opened.append(page)
        return page

    yield make
    faults = [fault for page in opened for fault in page.watch.faults]
    for page in opened:
        page.context.close()
    assert not faults, "the page reported: " + "; ".join(faults)


@pytest.fixture
def page(pages: Callable[..., Page]) -> Page:
    return pages()


@pytest.fixture
def photograph() -> Callable[..., None]:
    """Takes a picture: `photograph(page, "shop")`. Its name tells the size and the colours."""
    folder = Path(os.environ.get("SCREENSHOTS") or REPOSITORY / ".build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, full_page: bool = False) -> None:
        size = "phone" if page.viewport_size["width"] < 600 else "desktop"
        colours = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
        page.screenshot(path=folder / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}-{size}-{colours}.png", full_page=full_page)

    return take


@pytest.fixture
def faultless() -> Callable[[Page], None]:
    """Fails if axe finds a serious or critical fault of accessibility on the page as it is."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def look(page: Page) -> None:
        found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        serious = [fault for fault in found.response["violations"] if fault["impact"] in ("serious", "critical")]
        assert not serious, "\n".join(
            f"{fault['id']}: {fault['help']}: " + "; ".join(node["html"][:200] for node in fault["nodes"][:5]) for fault in serious)

    return look
