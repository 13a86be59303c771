// A keyboard for tests: presses the keys of people and of scanners, each at its time.

const folder = process.env.PAGES ? `file://${process.env.PAGES}/` : new URL("../../../web/", import.meta.url).href;

/** A module of the pages. `PAGES` names a folder in which Node takes them for modules, as `test_node.py` makes one. */
export const page = (name) => import(folder + name);

const NAMED_KEYS = new Set([
  "Enter", "Tab", "Control", "Alt", "AltGraph", "Shift", "F8", "F9", "Dead", "Process", "Unidentified", "Backspace", "Escape", "ArrowDown", "PageDown",
]);

/**
 * Single keys, from strokes: `[text or name of a key, milliseconds before each, what else the browser says]`.
 *
 * @param {[string, number, object?][]} strokes
 */
export const keysOf = (strokes) => strokes.flatMap(([text, gap, more = {}]) =>
  (NAMED_KEYS.has(text) ? [text] : [...text]).map((key) => ({ key, gap, more })));

/** A code at `pace`, with pauses before some of its signs: `typed("4006", 5, { 2: 700 })`. */
export const typed = (text, pace, pauses = {}) => [...text].map((key, place) => [key, pauses[place] ?? pace]);

/** Numbers from 0 to 1 by chance, the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
