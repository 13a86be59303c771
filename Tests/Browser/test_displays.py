"""The shelf wall: the labels of a location show what the displays' MQTT topics say, and their barcodes can be read."""

import io

import pytest
import zxingcpp
from bed.processes import eventually
from bed.watch import until
from conftest import DESKTOP, PHONE
from PIL import Image
from playwright.sync_api import Locator, Page, expect

TEE = "4006381333931"


def open_wall(page: Page, url: str, place: str = "#/WH1") -> None:
    page.goto(f"{url}/displays{place}")
    expect(page.locator(".label:visible").first).to_be_visible()
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")


def label(page: Page, sku: str) -> Locator:
    return page.locator("#labels .label").filter(has=page.locator(".sku", has_text=sku))


def test_a_label_says_what_its_topic_says_and_follows_it(site, page):
    open_wall(page, site.url)
    for _ in range(2):
        shown = eventually("the display has its message", lambda: site.broker.retained("displays/WH1/TEE-RED-M"))
        one = label(page, "TEE-RED-M")
        expect(one.locator(".stock")).to_have_text(f"{shown['stock']} here")
        expect(one.locator(".total")).to_have_text(f"{shown['total']} in total")
        expect(one.locator(".price")).to_have_text(f"{shown['price']:.2f}")
        site.scan({"barcode": TEE, "operation": "subtract", "quantity": 2, "location": "WH1"})
        eventually("the scan is in", lambda: site.server.stock("TEE-RED-M", "WH1") == shown["stock"] - 2)
        eventually("the topic has it", lambda: site.broker.retained("displays/WH1/TEE-RED-M")["stock"] == shown["stock"] - 2)


def test_a_scan_elsewhere_changes_the_total_alone(site, page):
    open_wall(page, site.url)
    site.scan({"barcode": TEE, "operation": "add", "quantity": 5, "location": "STORE-7"})
    expect(label(page, "TEE-RED-M").locator(".total")).to_have_text("57 in total")
    expect(label(page, "TEE-RED-M").locator(".stock")).to_have_text("42 here")


def test_the_filter_finds_in_any_case_with_marks_and_without(site, page):
    site.server.call("POST", "/api/products", {"name": "Ärmel aus Straßburg", "sku": "SLEEVE", "price": 3})
    site.server.move("SLEEVE", "add", 4)
    open_wall(page, site.url)
    for text in ("armel", "ÄRMEL", "strassburg"):
        page.get_by_label("Filter labels").fill(text)
        expect(page.locator("#count")).to_have_text("1 label")
        expect(label(page, "SLEEVE")).to_be_visible()


def test_price_status_names_and_new_items_come_by_themselves(site, page):
    open_wall(page, site.url)
    site.server.call("PATCH", "/api/products/1", {"price": 21.5})
    site.server.call("PATCH", "/api/variants/11", {"price": 22.75})
    expect(label(page, "TEE-RED-M").locator(".price")).to_have_text("22.75")
    site.server.call("PATCH", "/api/products/1/status", {"status": "inactive"})
    expect(label(page, "TEE-RED-M").locator(".banner")).to_have_text("Inactive")
    expect(label(page, "TEE-RED-M")).to_have_attribute("data-state", "inactive")
    site.server.call("PATCH", "/api/products/10", {"name": "Tin bottle"})
    expect(label(page, "BOTTLE-075").locator(".name")).to_have_text("Tin bottle")
    site.server.call("POST", "/api/products", {"name": "Whistle", "sku": "WHISTLE", "barcodes": ["2000000010502"], "price": 3})
    site.server.move("WHISTLE", "add", 4)
    expect(label(page, "WHISTLE").locator(".stock")).to_have_text("4 here")


def test_the_wall_begins_where_something_lies_and_goes_where_it_is_sent(site, page):
    page.goto(f"{site.url}/displays")
    expect(page.get_by_label("Location")).to_have_value("STORE-7")
    page.get_by_label("Location").select_option("WH1")
    expect(label(page, "TEE-RED-M").locator(".stock")).to_have_text("42 here")
    assert page.url.endswith("#/WH1")
    page.get_by_label("Filter labels").fill("bottle")
    expect(page.locator(".labels > li:visible")).to_have_count(1)
    page.go_back()
    page.goto(f"{site.url}/displays#/NOWHERE")
    expect(page.locator("#note")).to_have_text("Location not found.")


def test_a_label_alone_stays_awake_and_right(site, pages):
    page = pages()
    page.add_init_script("""
        globalThis.asked = 0;
        navigator.wakeLock.request = async () => { asked += 1; return { released: false, release: async () => undefined }; };
    """)
    open_wall(page, site.url)
    label(page, "TEE-RED-M").click()
    expect(page.locator(".shelf .label .stock")).to_have_text("42 here")
    assert page.url.endswith("#/WH1/TEE-RED-M")
    until(page, "asked === 1")
    site.scan({"barcode": TEE, "operation": "subtract", "quantity": 42, "location": "WH1"})
    expect(page.locator(".shelf .label .stock")).to_have_text("0 here")
    expect(page.locator(".shelf .label .banner")).to_have_text("Out of stock")
    page.get_by_role("link", name="All labels").click()
    expect(label(page, "TEE-RED-M").locator(".stock")).to_have_text("0 here")


# Something of the server on which no script runs, so that the page can be changed at will.
PLAIN = "{}/shared/barcode.js"

CODES = [
    ("EAN-13", "4006381333931"), ("EAN-13", "9780201379624"), ("EAN-13", "2000000010014"), ("EAN-8", "96385074"),
    ("UPC-A", "036000291452"), ("UPC-A", "0036000291452"), ("EAN-13", "04006381333931"),
    *(("EAN-13", f"{first}00638133393") for first in range(1, 10)),
]


def test_barcodes_are_read_by_another_ones_reader(site, page):
    page.goto(PLAIN.format(site.url))
    for symbology, code in CODES:
        text = _drawn(page, code)
        assert text["symbology"] == symbology, code
        found = _read(page)
        assert found.format.name in {"EAN13": ("EAN13",), "EAN-13": ("EAN13",), "EAN-8": ("EAN8",), "UPC-A": ("UPCA", "EAN13")}[symbology]
        assert found.text.lstrip("0") == text["digits"].lstrip("0")


@pytest.mark.parametrize("sku", ["TEE-RED-M", "a b~{}", "X", "MUG_17.5%"])
def test_a_sku_without_a_gtin_is_read_as_code_128(site, page, sku):
    page.goto(PLAIN.format(site.url))
    _drawn(page, sku)
    found = _read(page)
    assert (found.format.name, found.text) == ("Code128", sku)


def test_what_cannot_be_a_barcode_is_none(site, page):
    page.goto(PLAIN.format(site.url))
    found = page.evaluate("""async () => {
        const { encodeGTIN, encodeCode128, symbolOf } = await import('/shared/barcode.js');
        return [encodeGTIN('4006381333932'), encodeGTIN('14006381333938'), encodeGTIN('abc'), encodeCode128('Größe'), encodeCode128(''),
                encodeCode128('x'.repeat(41)), symbolOf([], 'Größe'), symbolOf([{ code: '4006381333931', units: 12 }], 'Größe')];
    }""")
    assert found == [None] * 8


def _drawn(page: Page, code: str) -> dict:
    """Draws a code's symbol alone on the page; codes of 12 digits that are no UPC-A get a check digit."""
    return page.evaluate("""async (code) => {
        const { checkDigit, drawSymbol, symbolOf } = await import('/shared/barcode.js');
        const digits = /^[1-9]\\d{11}$/.test(code) ? code + checkDigit(code) : code;
        const symbol = symbolOf([digits], code);
        const drawing = drawSymbol(symbol);
        drawing.setAttribute('width', '480');
        document.body.replaceChildren(drawing);
        return { symbology: symbol.symbology, digits };
    }""", code)


def _read(page: Page) -> "zxingcpp.Barcode":
    picture = Image.open(io.BytesIO(page.locator(".barcode").screenshot()))
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1, [one.text for one in found]
    return found[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(site, pages, photograph, faultless, scheme):
    site.server.call("PATCH", "/api/products/2/status", {"status": "inactive"})
    for viewport in (PHONE, DESKTOP):
        page = pages(viewport=viewport, color_scheme=scheme)
        open_wall(page, site.url)
        faultless(page)
        photograph(page, "displays-wall")
        open_wall(page, site.url, "#/WH1/TEE-RED-M")
        faultless(page)
        photograph(page, "displays-single")
