"""The page of control codes: drawn by the server, filtered, and printed without anything else."""

import pytest
from conftest import DESKTOP, PHONE
from playwright.sync_api import expect


def shown(page):
    return [code for code in page.locator("#codes li:visible").evaluate_all("all => all.map(one => one.dataset.code)")]


def test_codes_of_operations_and_of_each_location(site, page):
    site.server.call("POST", "/api/locations", {"code": "A-1", "name": "<b>Aisle</b>"})
    page.goto(f"{site.url}/codes")
    expect(page.locator("#count")).to_contain_text("codes")
    codes = shown(page)
    assert codes[:6] == ["TW:UNDO", "TW:END", "TW:OP:count", "TW:OP:add", "TW:OP:subtract", "TW:OP:transfer"]
    assert {"TW:AT:A-1", "TW:TO:A-1", "TW:AT:WH1", "TW:TO:STORE-7"} <= set(codes)
    expect(page.locator("[data-code='TW:AT:A-1']")).to_contain_text("<b>Aisle</b>")
    # A reader needs black on white: whole modules, and nothing of the page's colours.
    svg = page.locator("[data-code='TW:UNDO'] svg")
    assert svg.evaluate("svg => [getComputedStyle(svg).fill, getComputedStyle(svg).backgroundColor]") == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.get_by_label("Filter locations by code or name").fill("aisle")
    assert shown(page) == ["TW:AT:A-1", "TW:TO:A-1"]
    expect(page.locator("#count")).to_have_text("2 codes")
    page.get_by_label("Filter locations by code or name").fill("nowhere")
    expect(page.locator("#count")).to_have_text("No location matches.")


def test_on_paper_only_codes_are_left(site, page, photograph):
    page.goto(f"{site.url}/codes")
    expect(page.locator("#codes li").first).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    for part in (".header", "#bar"):
        expect(page.locator(part)).to_be_hidden()
    assert page.locator("#codes li").first.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    photograph(page, "codes-print")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(site, pages, photograph, faultless, scheme):
    for viewport in (PHONE, DESKTOP):
        page = pages(viewport=viewport, color_scheme=scheme)
        page.goto(f"{site.url}/codes")
        expect(page.locator("#codes li").nth(6)).to_be_visible()
        photograph(page, "codes")
        faultless(page)
