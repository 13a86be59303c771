"""The shop: cards with live stock in words, prices, statuses, and messages about what is watched."""

import pytest
from conftest import DESKTOP, PHONE
from playwright.sync_api import Locator, Page, expect


def open_shop(page: Page, url: str) -> None:
    page.goto(f"{url}/shop")
    expect(page.locator(".product").first).to_be_visible()
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def variant(page: Page, product: str, name: str) -> Locator:
    return card(page, product).locator(".variants li").filter(has_text=name)


def test_stock_is_told_in_words_and_follows_scans(site, page):
    open_shop(page, site.url)
    row = variant(page, "Enamel mug", "MUG-ENAMEL")
    expect(row.locator(".badge")).to_have_text("In stock")
    site.server.move("MUG-ENAMEL", "subtract", 5, "STORE-7")
    expect(row.locator(".badge")).to_have_text("Only 4 left")
    site.scan({"sku": "MUG-ENAMEL", "operation": "subtract", "quantity": 3, "location": "STORE-7"})
    expect(row.locator(".badge")).to_have_text("Only 1 left")
    site.server.move("MUG-ENAMEL", "subtract", 1, "STORE-7")
    expect(row.locator(".badge")).to_have_text("Out of stock")
    expect(card(page, "Enamel mug")).to_have_attribute("data-state", "out")
    expect(card(page, "Enamel mug").locator(".updated")).to_contain_text("Updated")


def test_search_finds_in_any_case_with_marks_and_without(site, page):
    site.server.call("POST", "/api/products", {"name": "Ärmel aus Straßburg", "sku": "SLEEVE", "price": 3})
    open_shop(page, site.url)
    for text in ("armel", "ÄRMEL", "strassburg"):
        page.get_by_label("Search products").fill(text)
        expect(page.locator("#count")).to_have_text("1 product")
        expect(card(page, "Ärmel")).to_be_visible()


def test_price_and_status_come_by_themselves(site, page):
    open_shop(page, site.url)
    expect(card(page, "T-shirt").locator(".price").first).to_have_text("from 19.99")
    site.server.call("PATCH", "/api/variants/16", {"price": 19.99})
    expect(card(page, "T-shirt").locator(".price").first).to_have_text("19.99")
    site.server.call("PATCH", "/api/products/9/status", {"status": "inactive"})
    expect(variant(page, "Enamel mug", "MUG-ENAMEL").locator(".badge")).to_have_text("Currently unavailable")
    site.server.call("PATCH", "/api/products/9/status", {"status": "discontinued"})
    expect(card(page, "Enamel mug")).to_be_hidden()
    expect(card(page, "Advent calendar")).to_be_hidden()
    site.server.call("PATCH", "/api/products/25/status", {"status": "active"})
    expect(card(page, "Advent calendar")).to_be_visible()
    site.server.call("POST", "/api/products", {"name": "Whistle", "sku": "WHISTLE", "price": 3})
    site.server.move("WHISTLE", "add", 40)
    expect(variant(page, "Whistle", "WHISTLE").locator(".badge")).to_have_text("In stock")


def test_a_shop_that_shows_bands_is_told_no_units(sites, page):
    bands = {"stock": {"bands": [0, 5]}, "fields": ["sku", "variantName", "stock", "price", "status", "level"]}
    types = ["inventory_updated", "product_status_changed"]
    site = sites({"sinks": [{
        "plugin": "websocket", "rooms": {"ecommerce_room": {"events": types, **bands}}, "broadcast": {"events": types, **bands}}]})
    frames = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
    open_shop(page, site.url)
    row = variant(page, "Enamel mug", "MUG-ENAMEL")
    expect(row.locator(".badge")).to_have_text("In stock")
    site.server.move("MUG-ENAMEL", "subtract", 6, "STORE-7")
    expect(row.locator(".badge")).to_have_text("Only a few left")
    site.server.move("MUG-ENAMEL", "subtract", 3, "STORE-7")
    expect(row.locator(".badge")).to_have_text("Out of stock")
    assert frames and not any('"locationStock"' in frame or '"previousStock"' in frame for frame in map(str, frames))


def test_what_is_watched_is_told_and_remembered(site, page):
    open_shop(page, site.url)
    card(page, "Enamel mug").get_by_role("button", name="Watch Enamel mug").click()
    open_shop(page, site.url)
    expect(card(page, "Enamel mug").get_by_role("button")).to_have_attribute("aria-pressed", "true")
    site.server.move("MUG-ENAMEL", "subtract", 9, "STORE-7")
    expect(page.locator(".toast")).to_contain_text("Sold out")
    site.server.move("MUG-ENAMEL", "add", 30)
    expect(page.locator(".toast").last).to_contain_text("Back in stock")
    site.server.move("LUNCHBOX", "set", 0)
    site.server.move("LUNCHBOX", "set", 0, "STORE-7")
    expect(variant(page, "Lunch box", "LUNCHBOX").locator(".badge")).to_have_text("Out of stock")
    expect(page.locator(".toast")).to_have_count(2)
    page.locator(".toast").first.get_by_role("button", name="Close").click()
    expect(page.locator(".toast")).to_have_count(1)


def test_products_are_found(site, page):
    open_shop(page, site.url)
    page.get_by_label("Search products").fill("waist 38")
    expect(page.locator(".product:visible")).to_have_count(1)
    page.get_by_label("Search products").fill("nothing like it")
    expect(page.locator("#count")).to_have_text("No products match.")
    page.get_by_label("Search products").fill("")
    for location in ("WH1", "STORE-7"):
        site.server.move("LUNCHBOX", "set", 0, location)
    page.get_by_label("In stock only").check()
    expect(card(page, "Lunch box")).to_be_hidden()
    expect(card(page, "Beanie")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(site, pages, photograph, faultless, scheme):
    site.server.call("PATCH", "/api/products/2/status", {"status": "inactive"})
    for location in ("WH1", "STORE-7"):
        site.server.move("RAIN-YELLOW-S", "set", 0 if location == "WH1" else 3, location)
    for viewport in (PHONE, DESKTOP):
        page = pages(viewport=viewport, color_scheme=scheme)
        open_shop(page, site.url)
        card(page, "Beanie").get_by_role("button").click()
        site.server.move("BEANIE-BLACK", "set", 0, "STORE-7")
        site.server.move("BEANIE-BLACK", "set", 0)
        expect(page.locator(".toast").first).to_be_visible()
        faultless(page)
        photograph(page, "shop")
        site.server.move("BEANIE-BLACK", "set", 3)
