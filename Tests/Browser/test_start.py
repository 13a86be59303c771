"""The start page: leads to the others and says how the server is."""

import pytest
from conftest import DESKTOP, PHONE
from playwright.sync_api import expect


def test_it_says_how_the_server_is(site, page):
    page.goto(site.url)
    expect(page.locator("#server")).to_contain_text("is ready. Last event:")
    site.server.kill()
    expect(page.locator("#server")).to_have_text("The server cannot be reached")
    site.server.start()
    expect(page.locator("#server")).to_contain_text("is ready")


@pytest.mark.parametrize("name, path", [("Shop", "/shop"), ("Shelf displays", "/displays"), ("Scan", "/scan"), ("Codes", "/codes")])
def test_it_leads_to_the_pages(site, page, name, path):
    page.goto(site.url)
    page.get_by_role("link", name=name).click()
    page.wait_for_url(f"**{path}**")
    expect(page.locator("h1")).to_have_text(name)
    page.get_by_role("link", name="Tallywire").click()
    expect(page.locator("h1")).to_have_text("Tallywire")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(site, pages, photograph, faultless, scheme):
    for viewport in (PHONE, DESKTOP):
        page = pages(viewport=viewport, color_scheme=scheme)
        page.goto(site.url)
        expect(page.locator("#server")).to_contain_text("is ready")
        faultless(page)
        photograph(page, "start")
