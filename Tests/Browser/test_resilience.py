"""Whatever happens to server, network and clock: every page is right again by itself, and says so while it is not."""

import re

import pytest
from bed.processes import eventually
from playwright.sync_api import Page, expect

TEE = "4006381333931"

# A page, and where it shows the stock of TEE-RED-M at WH1 (or, for the shop, something that follows from it).
PLACES = {
    "/shop": lambda page: page.locator(".variants li").filter(has_text="Red / L").locator(".badge"),
    "/displays#/WH1": lambda page: page.locator("#labels .label").filter(has=page.locator(".sku", has_text="TEE-RED-L")).locator(".stock"),
}


def set_stock(site, units: int) -> None:
    site.server.move("TEE-RED-L", "set", 0, "STORE-7")
    site.server.move("TEE-RED-L", "set", units, "WH1")


def shown(path: str, units: int) -> str:
    return f"{units} here" if path.startswith("/displays") else f"Only {units} left" if units else "Out of stock"


def open_page(page: Page, url: str, path: str) -> None:
    page.goto(url + path)
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")


@pytest.mark.parametrize("path", PLACES)
def test_a_server_that_was_killed(site, page, path):
    set_stock(site, 4)
    open_page(page, site.url, path)
    expect(PLACES[path](page)).to_have_text(shown(path, 4))
    site.server.kill()
    expect(page.locator(".connection")).to_have_text(re.compile(r"^No connection · as of \d\d:\d\d:\d\d$"))
    expect(PLACES[path](page)).to_have_text(shown(path, 4))
    site.broker.scan({"sku": "TEE-RED-L", "operation": "set", "quantity": 3, "location": "WH1"})  # waits at the broker
    site.server.start()
    expect(PLACES[path](page)).to_have_text(shown(path, 3), timeout=40_000)
    expect(page.locator(".connection")).to_have_text("Live")


@pytest.mark.parametrize("path", PLACES)
def test_a_network_that_was_off(site, page, path):
    set_stock(site, 4)
    proxy = site.proxy()
    open_page(page, proxy.url, path)
    page.context.set_offline(True)
    proxy.cut()
    expect(page.locator(".connection")).to_have_text(re.compile(r"^Offline · as of"))
    set_stock(site, 2)
    proxy.mend()
    page.context.set_offline(False)
    expect(PLACES[path](page)).to_have_text(shown(path, 2))
    expect(page.locator(".connection")).to_have_text("Live")


@pytest.mark.parametrize("path", PLACES)
def test_a_cable_that_was_cut(site, page, path):
    set_stock(site, 4)
    proxy = site.proxy()
    open_page(page, proxy.url, path)
    proxy.cut()
    expect(page.locator(".connection")).to_have_attribute("data-state", "offline")
    set_stock(site, 1)
    proxy.mend()
    expect(PLACES[path](page)).to_have_text(shown(path, 1), timeout=40_000)


@pytest.mark.parametrize("path", PLACES)
def test_another_journal(site, page, path):
    """The server comes back with another disk: nothing of the old one stays."""
    set_stock(site, 4)
    open_page(page, site.url, path)
    site.server.stop()
    for file in site.server.folder.glob("tallywire.db*"):
        file.unlink()
    site.server.start()
    site.server.import_catalogue()
    set_stock(site, 5)
    expect(PLACES[path](page)).to_have_text(shown(path, 5), timeout=40_000)
    expect(page.locator(".connection")).to_have_text("Live")


@pytest.mark.parametrize("path", PLACES)
def test_a_laptop_that_slept(site, pages, path):
    """Its clock jumps by an hour, and its connection is dead without anybody having said so."""
    set_stock(site, 4)
    proxy = site.proxy()
    page = pages()
    page.clock.install()
    page.goto(proxy.url + path)
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")
    proxy.hold()
    set_stock(site, 2)
    page.clock.fast_forward("01:00:00")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def is_told() -> bool:
        page.clock.run_for(1000)
        return page.locator(".connection").get_attribute("data-state") != "live"

    eventually("it notices that nothing comes", is_told, 30)
    proxy.cut()
    proxy.mend()

    def is_right() -> bool:
        page.clock.run_for(1000)
        return PLACES[path](page).inner_text() == shown(path, 2) and page.locator(".connection").inner_text() == "Live"

    eventually("it is right again", is_right, 40)
