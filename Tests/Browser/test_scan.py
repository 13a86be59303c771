"""The phone scanner: what is scanned is counted once, in order, whatever the network does, and nobody is left in doubt."""

import re

import pytest
from bed.processes import eventually
from bed.watch import until
from bed.wedge import Wedge
from conftest import PHONE
from playwright.sync_api import Page, expect

TEE = "4006381333931"
SECRET = "a secret of thirty-two bytes or more"


@pytest.fixture
def phone(pages) -> Page:
    return pages(viewport=PHONE, has_touch=True, is_mobile=True)


def open_scanner(page: Page, url: str) -> None:
    page.goto(f"{url}/scan")
    until(page, "document.documentElement.dataset.ready === 'true'")
    until(page, "document.getElementById('location').options.length > 1 || !document.getElementById('device').hidden")
    if page.locator("#location").input_value() == "" and page.locator("#location option").count() > 1:
        page.get_by_label("Location").select_option("WH1")


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")


def waiting(page: Page) -> int:
    return int(page.locator("#waiting").inner_text())


def test_a_typed_code_is_counted_and_its_fate_is_shown(site, phone):
    open_scanner(phone, site.url)
    before = site.server.stock("TEE-RED-M", "WH1")
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    expect(phone.locator("#verdict")).to_contain_text(f"TEE-RED-M · WH1: {before - 1}")
    assert site.server.stock("TEE-RED-M", "WH1") == before - 1
    expect(phone.locator("#scans li").first).to_contain_text("TEE-RED-M")
    expect(phone.locator("#scans li .badge").first).to_have_text("Recorded")
    event = site.server.call("GET", "/api/events?type=inventory_updated&limit=1000")["items"][-1]["data"]
    assert event["occurredAt"] and re.fullmatch(r"[0-9a-f-]{36}", event["movementId"])


def test_control_codes_say_what_the_next_scans_mean_until_the_end(site, phone):
    open_scanner(phone, site.url)
    before, there = site.server.stock("TEE-RED-M", "WH1"), site.server.stock("TEE-RED-M", "STORE-7")
    mode = phone.locator("#mode")
    expect(mode).to_be_hidden()
    type_code(phone, "]Q1TW:AT:STORE-7")
    type_code(phone, "TW:TO:WH1")
    expect(mode).to_contain_text("Transfer at STORE-7 to WH1")
    type_code(phone, TEE)
    eventually("one moved", lambda: site.server.stock("TEE-RED-M", "WH1") == before + 1)
    # A restart of the phone keeps the mode.
    open_scanner(phone, site.url)
    expect(mode).to_contain_text("Transfer at STORE-7 to WH1")
    type_code(phone, "TW:END")
    expect(mode).to_be_hidden()
    type_code(phone, TEE)
    eventually("as the fields say", lambda: site.server.stock("TEE-RED-M", "WH1") == before)
    assert site.server.stock("TEE-RED-M", "STORE-7") == there - 1
    for code, words in (("TW:OP:set", "This is no control code"), ("TW:AT:NOWHERE", "There is no location NOWHERE")):
        type_code(phone, code)
        expect(phone.locator("#verdict")).to_contain_text(words)
    # Who uses a field means it.
    type_code(phone, "TW:OP:add")
    expect(mode).to_contain_text("Receive")
    phone.get_by_role("button", name="Remove", exact=True).click()
    expect(mode).to_be_hidden()


def test_picking_for_a_reservation_by_code(site, phone):
    open_scanner(phone, site.url)
    line = {"sku": "TEE-RED-M", "quantity": 2, "location": "WH1"}
    site.server.call("POST", "/api/reservations", {"id": "basket-7", "lines": [line]})
    type_code(phone, "TW:RES:basket-7")
    expect(phone.locator("#mode")).to_contain_text("Pick for basket-7")
    for _ in range(2):
        type_code(phone, TEE)
    eventually("all is picked", lambda: site.server.call("GET", "/api/reservations/basket-7")["status"] == "captured")
    expect(phone.locator("#scans li").first).to_contain_text("Pick −1")


def test_a_scan_into_an_open_count_says_how_many_are_counted_so_far(site, phone):
    open_scanner(phone, site.url)
    before = site.server.stock("TEE-RED-M", "WH1")
    count = site.server.call("POST", "/api/counts", {"location": "WH1", "tolerance": 1_000_000})["countId"]
    phone.get_by_role("button", name="Count").click()
    for units in (1, 2):
        phone.get_by_label("Quantity").fill("1")
        type_code(phone, TEE)
        expect(phone.locator("#verdict")).to_contain_text(f"TEE-RED-M · {units} counted so far in the count of WH1")
    expect(phone.locator("#verdict")).to_contain_text("+1")
    assert site.server.stock("TEE-RED-M", "WH1") == before
    site.server.call("POST", f"/api/counts/{count}/close", {})
    assert site.server.stock("TEE-RED-M", "WH1") == 2
    site.server.move("TEE-RED-M", "set", before)


def test_the_last_scan_is_undone_once_by_button_and_by_code(site, phone):
    open_scanner(phone, site.url)
    before = site.server.stock("TEE-RED-M", "WH1")
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    phone.get_by_role("button", name="Undo the scan of TEE-RED-M").click()
    expect(phone.locator("#verdict")).to_contain_text("Undone")
    assert site.server.stock("TEE-RED-M", "WH1") == before
    expect(phone.locator("#scans li .badge").first).to_have_text("Undone")
    type_code(phone, "TW:UNDO")
    expect(phone.locator("#verdict")).to_contain_text("Nothing to undo")
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    type_code(phone, "TW:UNDO")
    expect(phone.locator("#verdict")).to_contain_text("Undone")
    assert site.server.stock("TEE-RED-M", "WH1") == before
    # What somebody else has taken meanwhile cannot be taken back.
    site.server.move("TEE-RED-M", "set", 0)
    phone.get_by_role("button", name="Receive").click()
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    site.server.move("TEE-RED-M", "set", 0)
    type_code(phone, "TW:UNDO")
    expect(phone.locator("#verdict")).to_contain_text("Not undone: TEE-RED-M has 0 available")


def test_each_operation_does_what_it_says(site, phone):
    open_scanner(phone, site.url)
    phone.get_by_role("button", name="Receive").click()
    phone.get_by_label("Quantity").fill("5")
    type_code(phone, TEE)
    eventually("five more", lambda: site.server.stock("TEE-RED-M", "WH1") == 47)
    expect(phone.get_by_label("Quantity")).to_have_value("1")

    phone.get_by_role("button", name="Count", exact=True).click()
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_contain_text("Enter the counted quantity")
    phone.get_by_label("Quantity").fill("12")
    phone.keyboard.press("Enter")
    eventually("what was counted", lambda: site.server.stock("TEE-RED-M", "WH1") == 12)

    phone.get_by_role("button", name="Transfer").click()
    phone.get_by_label("To", exact=True).select_option("STORE-7")
    phone.get_by_label("Quantity").fill("2")
    type_code(phone, TEE)
    eventually("two moved", lambda: site.server.stock("TEE-RED-M", "STORE-7") == 12)
    assert site.server.stock("TEE-RED-M", "WH1") == 10


def test_nothing_is_counted_before_a_location_was_chosen(site, phone):
    phone.goto(f"{site.url}/scan")
    until(phone, "document.getElementById('location').options.length > 1")
    assert phone.locator("#location").evaluate("list => list.selectedOptions[0]?.textContent") == "Choose…"
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_have_text("Choose your location first" + TEE)
    phone.get_by_label("Location").select_option("WH1")
    expect(phone.get_by_label("Code")).to_have_value(TEE)
    phone.get_by_role("button", name="OK").click()
    eventually("counted then", lambda: site.server.stock("TEE-RED-M", "WH1") == 41)


def test_operation_and_location_are_remembered(site, phone):
    open_scanner(phone, site.url)
    phone.get_by_role("button", name="Receive").click()
    phone.get_by_label("Location").select_option("STORE-7")
    open_scanner(phone, site.url)
    expect(phone.get_by_role("button", name="Receive")).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_label("Location")).to_have_value("STORE-7")


def test_a_wedge_scanner_is_heard_wherever_the_focus_is(site, page):
    open_scanner(page, site.url)
    page.get_by_label("Quantity").fill("3")
    page.get_by_label("Quantity").focus()
    wedge = Wedge(page)
    wedge.scan(TEE)
    eventually("three taken out", lambda: site.server.stock("TEE-RED-M", "WH1") == 39)

    page.locator("h1").click()
    wedge.scan(TEE)
    eventually("one more", lambda: site.server.stock("TEE-RED-M", "WH1") == 38)


GS = "\x1d"
NAMED_KEYS = {"Enter", "Tab", "Control", "Alt", "F8", "Unidentified"}
ELEMENTS = "]d2010400638133393110A"
# How scanners type: (key, milliseconds since the last one, what else the browser says); and what comes of it.
WEDGES = {
    "a fast scanner": ([(TEE, 5), ("Enter", 5)], [TEE]),
    "a slow scanner": ([(TEE, 60), ("Enter", 60)], [TEE]),
    "a scanner that ends with Tab": ([(TEE, 5), ("Tab", 5)], [TEE]),
    "a pause of 60 ms": ([(TEE[:9], 5), (TEE[9], 60), (TEE[10:], 5), ("Enter", 5)], [TEE]),
    "a pause of 400 ms": ([(TEE[:4], 5), (TEE[4], 400), (TEE[5:], 5), ("Enter", 5)], ["broken"]),
    "a pause of 400 ms after the first key": ([(TEE[0], 5), (TEE[1], 400), (TEE[2:], 5), ("Enter", 5)], ["broken"]),
    "a slow scanner that pauses for 400 ms": ([(TEE[:4], 60), (TEE[4], 400), (TEE[5:], 60), ("Enter", 60)], ["broken"]),
    "two pauses": ([(TEE[:4], 5), (TEE[4], 400), (TEE[5], 400), (TEE[6:], 5), ("Enter", 5)], ["broken"]),
    "the next code after a broken one": (
        [(TEE[:4], 5), (TEE[4], 400), (TEE[5:], 5), ("Enter", 5), (TEE[0], 300), (TEE[1:], 5), ("Enter", 5)], ["broken", TEE]),
    "a code after one that was never ended": ([(TEE, 5), (TEE[0], 2000), (TEE[1:], 5), ("Enter", 5)], [TEE]),
    "a pause over a second": ([(TEE[:9], 5), (TEE[9], 1200), (TEE[10:], 5), ("Enter", 5)], ["broken"]),
    "a late end of a long code": ([(TEE, 5), ("Enter", 200)], [TEE]),
    "somebody who types": ([("hello", 150), ("Enter", 150)], []),
    "somebody who types fast": ([("100", 90), ("Enter", 90)], []),
    "a short code": ([("A12", 5), ("Enter", 5)], ["A12"]),
    "two keys": ([("12", 5), ("Enter", 5)], []),
    "GS as Ctrl+]": ([(ELEMENTS, 5), ("Control", 5), ("]", 5, {"ctrlKey": True}), ("21B", 5), ("Enter", 5)], [ELEMENTS + GS + "21B"]),
    "GS as Ctrl and the key of ]": (
        [(ELEMENTS, 5), ("+", 5, {"ctrlKey": True, "code": "BracketRight"}), ("21B", 5), ("Enter", 5)], [ELEMENTS + GS + "21B"]),
    "GS as F8": ([(ELEMENTS, 5), ("F8", 5), ("21B", 5), ("Enter", 5)], [ELEMENTS + GS + "21B"]),
    "GS by its number": ([(ELEMENTS, 5), ("Alt", 5), ("029", 5, {"altKey": True}), ("21B", 5), ("Enter", 5)], [ELEMENTS + GS + "21B"]),
    "GS by its number at the end": ([(ELEMENTS, 5), ("0029", 5, {"altKey": True}), ("Enter", 5)], [ELEMENTS + GS]),
    "a key that is not known": ([(TEE[:4], 5), ("Unidentified", 5), (TEE[4:], 5), ("Enter", 5)], ["broken"]),
    "] by AltGr": (
        [("]", 5, {"ctrlKey": True, "altKey": True, "altGraph": True}), (ELEMENTS[1:], 5), ("Enter", 5)], [ELEMENTS]),
}


@pytest.mark.parametrize("name", WEDGES)
def test_codes_are_told_from_what_people_type(site, page, name):
    strokes, codes = WEDGES[name]
    keys = []
    for stroke in strokes:
        text, gap, more = (*stroke, {})[:3]
        keys += [[key, gap, more] for key in ([text] if text in NAMED_KEYS else text)]
    page.goto(f"{site.url}/scan")
    assert codes == page.evaluate(
        """async (keys) => {
            const { KeyReader } = await import("/scan/key-reader.js");
            const reader = new KeyReader();
            const codes = [];
            let time = 5_000;
            for (const [key, gap, more] of keys) {
                time += gap;
                const event = { key, code: "", ctrlKey: false, altKey: false, metaKey: false, altGraph: false, ...more, time };
                const { code, isBroken } = reader.press(event, false);
                if (code !== undefined) codes.push(code);
                if (isBroken) codes.push("broken");
            }
            return codes;
        }""", keys)


def test_a_quantity_that_is_typed_before_a_scan_is_no_part_of_it(site, page):
    page.goto(f"{site.url}/scan")
    assert [TEE] == page.evaluate(
        """async (code) => {
            const { KeyReader } = await import("/scan/key-reader.js");
            const reader = new KeyReader();
            const press = (key, time) => reader.press({ key, code: "", ctrlKey: false, altKey: false, metaKey: false, altGraph: false, time }, true);
            press("5", 1_000);
            const outcomes = [...code].map((key, place) => press(key, 1_500 + place * 5));
            return [...outcomes, press("Enter", 1_570)].flatMap(({ code }) => code ?? []);
        }""", TEE)


@pytest.mark.parametrize(("place", "pause"), [(5, 1.1), (9, 0.7), (2, 0.25)])
def test_the_rest_of_a_code_is_no_code_and_nothing_of_it_stays_in_the_quantity(site, page, place, pause):
    open_scanner(page, site.url)
    page.get_by_role("button", name="Receive").click()
    page.get_by_label("Quantity").focus()
    wedge = Wedge(page)
    wedge.scan(TEE[:place], end="")
    wedge.type(TEE[place:], before=pause)
    wedge.type("Enter")
    expect(page.locator("#verdict")).to_contain_text("The scanner paused within a code")
    expect(page.get_by_label("Quantity")).to_have_value("1")
    expect(page.locator("#scans li")).to_have_count(0)
    wedge.scan(TEE)
    eventually("scanned again, it is counted", lambda: site.server.stock("TEE-RED-M", "WH1") == 43)


def test_a_quantity_typed_by_hand_counts_for_the_code_behind_it(site, page):
    open_scanner(page, site.url)
    page.get_by_role("button", name="Receive").click()
    page.get_by_label("Quantity").focus()
    wedge = Wedge(page)
    for total in (42 + 12, 42 + 24):
        wedge.type("12", between=0.15, before=1)
        wedge.type(TEE, before=0.6)
        wedge.type("Enter")
        eventually("twelve more", lambda: site.server.stock("TEE-RED-M", "WH1") == total)
        expect(page.get_by_label("Quantity")).to_have_value("1")


def test_a_code_chooses_no_location(site, page):
    open_scanner(page, site.url)
    page.get_by_label("Location").focus()
    Wedge(page).scan("STORE-7-A")
    expect(page.locator("#scans li")).to_have_count(1)
    expect(page.get_by_label("Location")).to_have_value("WH1")
    expect(page.locator("#scans li")).to_contain_text("WH1")


def test_a_code_that_is_not_ended_is_said(site, page):
    open_scanner(page, site.url)
    page.get_by_label("Quantity").focus()
    Wedge(page).scan(TEE[:8], end="")
    expect(page.locator("#verdict")).to_contain_text("did not end the code")
    expect(page.get_by_label("Quantity")).to_have_value("1")


def test_what_is_scanned_behind_a_mistake_takes_its_place_in_the_field(site, page):
    open_scanner(page, site.url)
    page.get_by_label("Quantity").fill("0")
    page.get_by_label("Code").focus()
    wedge = Wedge(page)
    wedge.scan(TEE)
    expect(page.locator("#verdict")).to_contain_text("whole number")
    wedge.scan(TEE)
    expect(page.get_by_label("Code")).to_have_value(TEE)


def test_tab_ends_a_code_in_the_field_and_gs_is_put_in(site, page):
    open_scanner(page, site.url)
    page.get_by_label("Code").focus()
    wedge = Wedge(page)
    wedge.scan(TEE, end="Tab")
    eventually("one taken out", lambda: site.server.stock("TEE-RED-M", "WH1") == 41)
    expect(page.get_by_label("Code")).to_be_focused()
    wedge.scan("]C1010400638133393110L-7", "F8", "21S-1")
    eventually("one more", lambda: site.server.stock("TEE-RED-M", "WH1") == 40)
    event = site.server.call("GET", "/api/events?type=inventory_updated&limit=1000")["items"][-1]["data"]
    assert (event["batch"], event["serial"]) == ("L-7", "S-1")


def test_digits_of_another_keyboard_layout_are_said_and_not_sent(site, page):
    open_scanner(page, site.url)
    page.locator("h1").click()
    Wedge(page).scan("'àà-\"(é&\"ààé")
    expect(page.locator("#verdict")).to_contain_text("another keyboard layout")
    type_code(page, "$))^#*!###(#!")
    expect(page.locator("#verdict")).to_contain_text("another keyboard layout")
    assert waiting(page) == 0 and page.locator("#scans li").count() == 0


def test_a_scan_that_is_too_old_is_told_as_not_counted_and_does_not_wait_any_more(site, phone):
    open_scanner(phone, site.url)
    problem = {"type": "about:blank", "title": "Too late", "status": 422, "code": "too_late", "detail": "occurredAt is too old"}
    phone.route("**/api/movements", lambda route: route.fulfill(json={"results": [problem]}))
    type_code(phone, TEE)
    expect(phone.locator("#verdict")).to_contain_text("Too old to be recorded")
    expect(phone.locator("#refused li")).to_contain_text("nobody can know whether the server has recorded this scan already")
    expect(phone.locator("#scans li .badge").first).to_have_text("Rejected")
    assert waiting(phone) == 0
    phone.unroute("**/api/movements")
    type_code(phone, TEE)
    eventually("the next one is counted", lambda: site.server.stock("TEE-RED-M", "WH1") == 41)
    expect(phone.locator("#refused li")).to_have_count(1)


def test_an_element_string_gives_batch_and_serial_number(site, page):
    open_scanner(page, site.url)
    page.locator("h1").click()
    Wedge(page).scan("]C1010400638133393110L-7", "Control+]", "21S-1")
    expect(page.locator("#verdict")).to_have_attribute("data-fate", "applied")
    event = site.server.call("GET", "/api/events?type=inventory_updated&limit=1000")["items"][-1]["data"]
    assert (event["sku"], event["batch"], event["serial"]) == ("TEE-RED-M", "L-7", "S-1")


def test_a_refusal_stays_until_it_was_seen(site, phone):
    open_scanner(phone, site.url)
    type_code(phone, "0000000000000")
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "refused")
    phone.get_by_label("Quantity").fill("500")
    type_code(phone, TEE)
    expect(phone.locator("#refused li")).to_have_count(2)
    expect(phone.locator("#refused li").last).to_contain_text("TEE-RED-M has 42 available at WH1, 500 were asked for")
    open_scanner(phone, site.url)
    expect(phone.locator("#refused li")).to_have_count(2)
    phone.get_by_role("button", name=f"Dismiss: {TEE}").click()
    expect(phone.locator("#refused li")).to_have_count(1)
    phone.get_by_role("button", name="Dismiss: 0000000000000").click()
    expect(phone.locator("#refusals")).to_be_hidden()


def test_scans_wait_while_the_server_is_away_and_are_counted_once_when_it_is_back(site, phone):
    open_scanner(phone, site.url)
    site.server.kill()
    for _ in range(5):
        type_code(phone, TEE)
        expect(phone.get_by_label("Code")).to_have_value("")
    expect(phone.locator("#waiting")).to_have_text("5")
    expect(phone.locator("#connection")).to_have_text("No connection · 5 waiting")
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "waiting")
    site.server.start()
    # The page waits for at most 15 seconds between two attempts.
    expect(phone.locator("#waiting")).to_have_text("0", timeout=25_000)
    assert site.server.stock("TEE-RED-M", "WH1") == 37
    expect(phone.locator("#connection")).to_have_text("Online")


def test_the_page_itself_opens_without_a_server_and_its_queue_outlives_it(site, phone):
    open_scanner(phone, site.url)
    until(phone, "navigator.serviceWorker.controller !== null")
    site.server.kill()
    type_code(phone, TEE)
    expect(phone.locator("#waiting")).to_have_text("1")
    phone.reload()
    until(phone, "document.documentElement.dataset.ready === 'true'")
    expect(phone.locator("#waiting")).to_have_text("1")
    expect(phone.get_by_label("Location")).to_have_value("WH1")
    type_code(phone, TEE)
    expect(phone.locator("#waiting")).to_have_text("2")
    site.server.start()
    # The page waits for at most 15 seconds between two attempts.
    expect(phone.locator("#waiting")).to_have_text("0", timeout=25_000)
    assert site.server.stock("TEE-RED-M", "WH1") == 40


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_counted_twice(site, phone):
    open_scanner(phone, site.url)
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    phone.route("**/api/movements", lose)
    type_code(phone, TEE)
    expect(phone.locator("#scans li .badge").first).to_have_text("Already recorded")
    assert lost[0].json()["results"][0]["status"] == "applied"
    assert site.server.stock("TEE-RED-M", "WH1") == 41


def test_a_scan_of_which_the_server_does_not_know_the_fate_is_sent_again_with_its_id(site, phone):
    open_scanner(phone, site.url)
    problem = {"type": "urn:tallywire:problem:unknown", "title": "?", "status": 504, "code": "unknown", "detail": "no answer came"}
    sent = []

    def answer(route):
        sent.append([movement["id"] for movement in route.request.post_data_json])
        route.fulfill(json={"results": [problem]}) if len(sent) == 1 else route.continue_()

    phone.route("**/api/movements", answer)
    type_code(phone, TEE)
    expect(phone.locator("#scans li .badge").first).to_have_text("Recorded")
    assert len(sent) == 2 and sent[0] == sent[1]
    assert site.server.stock("TEE-RED-M", "WH1") == 41


def test_with_the_browser_offline_scans_wait_and_go_in_their_order(site, phone):
    open_scanner(phone, site.url)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Count", exact=True).click()
    for count in (7, 3, 9):
        phone.get_by_label("Quantity").fill(str(count))
        type_code(phone, TEE)
        expect(phone.get_by_label("Code")).to_have_value("")
    expect(phone.locator("#connection")).to_have_text("No connection · 3 waiting")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_have_text("0")
    assert site.server.stock("TEE-RED-M", "WH1") == 9, "the last count holds"


def test_one_poisonous_scan_does_not_hold_up_the_others(site, phone):
    open_scanner(phone, site.url)
    phone.context.set_offline(True)
    for code in (TEE, "]C1not gs1", TEE):
        type_code(phone, code)
        expect(phone.get_by_label("Code")).to_have_value("")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_have_text("0")
    expect(phone.locator("#refused li")).to_have_count(1)
    assert site.server.stock("TEE-RED-M", "WH1") == 40


def test_a_token_is_asked_for_kept_on_the_device_and_in_no_address(sites, phone):
    site = sites({"auth": {"mode": "jwt", "secret": SECRET}}, catalogue=False)
    site.server.token = site.server.make_token("admin")
    site.server.import_catalogue()
    addresses = []
    phone.on("request", lambda request: addresses.append(request.url))
    open_scanner(phone, site.url)
    type_code(phone, TEE)
    expect(phone.get_by_label("Token")).to_be_visible()
    expect(phone.locator("#connection")).to_have_text("Token required")

    phone.get_by_label("Token").fill(site.server.token)
    phone.get_by_role("button", name="Use this token").click()
    expect(phone.get_by_role("alert")).to_contain_text("has the role admin")

    token = site.server.make_token("device", "phone-1")
    type_code(phone, token)  # as a scanner does that reads it from a QR code
    expect(phone.locator("#waiting")).to_have_text("0")
    assert site.server.stock("TEE-RED-M", "WH1") == 41
    event = site.server.call("GET", "/api/events?type=inventory_updated&limit=1000")["items"][-1]["data"]
    assert event["source"] == "http/phone-1"

    open_scanner(phone, site.url)
    type_code(phone, TEE)
    eventually("the token is kept", lambda: site.server.stock("TEE-RED-M", "WH1") == 40)
    kept = phone.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert kept == '[{},{},""]'
    assert not any(token[:20] in address or site.server.token[:20] in address for address in addresses)

    phone.get_by_role("button", name="Remove token").click()
    type_code(phone, TEE)
    expect(phone.locator("#connection")).to_have_text("Token required")
    assert site.server.stock("TEE-RED-M", "WH1") == 40


def test_the_camera_reads_codes_where_the_browser_can(site, pages, browser):
    phone = pages(viewport=PHONE, permissions=["camera"])
    phone.add_init_script("""
        // Headless Chromium on Linux has neither a camera nor a detector: a canvas stands for the one, what is told for the other.
        navigator.mediaDevices.getUserMedia = async () => {
            const canvas = document.createElement('canvas');
            canvas.getContext('2d').fillRect(0, 0, 10, 10);
            setInterval(() => canvas.getContext('2d').fillRect(0, 0, 10, 10), 50);
            return canvas.captureStream(20);
        };
        globalThis.inSight = [];
        globalThis.BarcodeDetector = class {
            static async getSupportedFormats() { return ['ean_13', 'qr_code']; }
            constructor({ formats }) { globalThis.asked = formats; }
            async detect(source) { return source instanceof HTMLVideoElement ? inSight.map((rawValue) => ({ rawValue })) : []; }
        };
    """)
    open_scanner(phone, site.url)
    phone.get_by_role("button", name="Camera").click()
    expect(phone.locator("#camera")).to_be_visible()
    assert phone.evaluate("asked") == ["ean_13", "qr_code"]
    phone.evaluate(f"inSight = ['{TEE}']")
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    phone.evaluate("inSight = []; globalThis.since = performance.now()")
    assert site.server.stock("TEE-RED-M", "WH1") == 41, "held in sight, it counts once"
    until(phone, "performance.now() - since > 1400")
    phone.evaluate(f"inSight = ['{TEE}']")
    eventually("shown again, it counts again", lambda: site.server.stock("TEE-RED-M", "WH1") == 40)
    phone.get_by_role("button", name="Camera").click()
    expect(phone.locator("#camera")).to_be_hidden()


def test_it_can_be_installed(site, page):
    open_scanner(page, site.url)
    until(page, "navigator.serviceWorker.controller !== null")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert not manifest["errors"], manifest["errors"]
    faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A tab of a test's context counts as incognito.
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(site, pages, photograph, faultless, scheme):
    for viewport in (PHONE, {"width": 1280, "height": 800}):
        page = pages(viewport=viewport, color_scheme=scheme)
        open_scanner(page, site.url)
        photograph(page, "scan-ready")
        type_code(page, TEE)
        expect(page.locator("#verdict")).to_have_attribute("data-fate", "applied")
        faultless(page)
        photograph(page, "scan-counted")
        type_code(page, "0000000000000")
        expect(page.locator("#verdict")).to_have_attribute("data-fate", "refused")
        page.context.set_offline(True)
        type_code(page, "2000000010014")
        expect(page.locator("#waiting")).to_have_text("1")
        faultless(page)
        photograph(page, "scan-refused-and-waiting", full_page=True)
