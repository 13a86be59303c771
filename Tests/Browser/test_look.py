"""The common look: its colours can be told apart by everybody, and what pages share does what it says."""

import re

import pytest
from bed.server import REPOSITORY

LOOK = (REPOSITORY / "web/shared/look.css").read_text()
DARK = LOOK[LOOK.index("@media (prefers-color-scheme: dark)"):]

# A text's colour and the grounds that it stands on.
TEXTS = {
    "text": ["ground", "surface", "sunken", "flash"], "quiet": ["ground", "surface", "sunken"],
    "accent": ["ground", "surface", "accent-ground"], "accent-hover": ["surface", "accent-ground"],
    "ok": ["surface", "ok-ground"], "low": ["surface", "low-ground"], "out": ["surface", "out-ground"],
    "on-accent": ["accent", "accent-hover"],
}


def colours(source: str) -> dict[str, tuple[float, ...]]:
    found = re.findall(r"--([a-z-]+): #([0-9a-f]{6});", source)
    return {name: tuple(int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4)) for name, digits in reversed(found)}


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """WCAG 2.2, contrast ratio."""
    def luminance(colour: tuple[float, ...]) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_bounds_stand_out_from_their_grounds(scheme):
    tokens = colours(LOOK) if scheme == "light" else colours(LOOK) | colours(DARK)
    for name, grounds in TEXTS.items():
        for ground in grounds:
            assert contrast(tokens[name], tokens[ground]) >= 4.5, f"{name} on {ground}, {scheme}"
    for ground in ["ground", "surface"]:
        assert contrast(tokens["edge"], tokens[ground]) >= 3, f"edge on {ground}, {scheme}"


def test_what_is_made_of_a_hostile_name_is_its_text(site, page):
    page.goto(f"{site.url}/favicon.svg")
    page.goto(site.url)
    found = page.evaluate("""async () => {
        const { make, draw } = await import('/shared/dom.js');
        const hostile = '<img src=x onerror=alert(1)>';
        const element = make('p', { title: hostile, data: { name: hostile } }, hostile, draw('svg', {}, draw('text', {}, hostile)));
        document.body.append(element);
        let refused = false;
        try { make('p', { onclick: 'alert(1)' }); } catch { refused = true; }
        return { children: element.querySelectorAll('img').length, text: element.firstChild.data, refused };
    }""")
    assert found == {"children": 0, "text": "<img src=x onerror=alert(1)>", "refused": True}


def test_an_attribute_that_is_empty_is_one_and_a_class_is_not(site, page):
    page.goto(site.url)
    found = page.evaluate("""async () => {
        const { make } = await import('/shared/dom.js');
        return [make('img', { alt: '', title: null }), make('option', { value: '' }, 'Choose'), make('span', ''), make('th', { class: '' })].map((element) => element.outerHTML);
    }""")
    assert found == ['<img alt="">', '<option value="">Choose</option>', "<span></span>", "<th></th>"]


def test_the_badge_says_each_state_in_words_with_the_time(site, page):
    page.goto(site.url)
    found = page.evaluate("""async () => {
        const { ConnectionBadge } = await import('/shared/connection-badge.js');
        const badge = new ConnectionBadge();
        document.body.append(badge.element);
        const asOf = new Date();
        const states = [
            { status: 'connecting', asOf: null, lastError: null }, { status: 'live', asOf, lastError: null },
            { status: 'waiting', asOf, lastError: null }, { status: 'offline', asOf, lastError: null },
            { status: 'recovering', asOf, lastError: null }, { status: 'waiting', asOf: null, lastError: { code: 'unauthenticated' } },
        ];
        return states.map((state) => { badge.show(state); return [badge.element.dataset.state, badge.element.textContent]; });
    }""")
    assert [state for state, _ in found] == ["connecting", "live", "offline", "offline", "offline", "refused"]
    assert found[1][1] == "Live"
    assert re.fullmatch(r"No connection · as of \d\d:\d\d:\d\d", found[2][1])
    assert re.fullmatch(r"Offline · as of \d\d:\d\d:\d\d", found[3][1])


def test_what_changes_is_drawn_with_its_newest_value_the_oldest_change_first_and_never_all_in_one_frame(site, page):
    page.goto(site.url)
    frames = page.evaluate("""async () => {
        const { Redraw } = await import('/shared/frames.js');
        const values = new Map(Array.from({ length: 1000 }, (_, part) => [part, 'old']));
        const frames = [];
        let slice = [];
        const isDrawn = new Promise((resolve) => {
            const redraw = new Redraw((part) => slice.push([part, values.get(part)]), () => {
                frames.push(slice);
                slice = [];
                // Drawn a moment ago and changed anew: after those that wait. Waiting still: in its place, with the new value.
                if (frames.length === 1) for (const part of [0, 999]) { values.set(part, 'new'); redraw.ask(part); }
                if (frames.flat().length === 1001) resolve();
            });
            for (const part of values.keys()) redraw.ask(part);
        });
        await isDrawn;
        return frames;
    }""")
    drawn = [part for frame in frames for part in frame]
    assert [part for part, _ in drawn] == [*range(1000), 0]
    assert drawn[-2:] == [[999, "new"], [0, "new"]] and drawn[0] == [0, "old"]
    assert all(len(frame) <= 256 for frame in frames) and len(frames) >= 4
