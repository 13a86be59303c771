// @ts-check
// Scanners that act as keyboards: they type a code faster than people can, and press Enter or Tab.

import { GS, KeyReader } from "./key-reader.js";

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** For so long the end of a code is waited for, in milliseconds, before it is said that it does not come. */
const END_WAIT = 2_000;

/**
 * Calls `take` with each code that is typed by a scanner, wherever the focus is, and `broken` with the reason when it is not known whether
 * all of a code came. What was typed into a field is taken out again, and what was chosen in a list is chosen back.
 *
 * In `field`, which is for codes, keys stay what they are, so that its form sends them; only GS, which scanners type as Ctrl+], as F8 or by
 * its number, is put in, and Tab ends a code there too. A pause does not matter there, as the field has all of the code.
 *
 * @param {HTMLInputElement} field
 * @param {(code: string) => void} take
 * @param {(why: import("./key-reader.js").Why) => void} [broken]
 */
export function listenToWedge(field, take, broken = () => {}) {
  const reader = new KeyReader();
  /**
   * What fields had in them before what may be a code, and what they had before the keys before that. `null` stands for where no field is.
   *
   * @type {Map<Field | null, string>[]}
   */
  let before = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let missing;

  addEventListener("keydown", (event) => {
    if (event.repeat) return;
    const { code, ctrlKey, altKey, metaKey, timeStamp: time } = event;
    // The sign of a key that an input method took is not known yet.
    const key = event.isComposing ? "Process" : event.key;
    const altGraph = event.getModifierState?.("AltGraph") ?? false;
    const focused = focusedField();
    const outcome = reader.press({ key, code, ctrlKey, altKey, metaKey, altGraph, time }, mayBePersons(focused, key));
    if (outcome.begins) before = [new Map(), ...before.slice(0, 1)];
    if (before[0]?.has(focused) === false) before[0].set(focused, focused?.value ?? "");
    clearTimeout(missing);
    if (event.target === field && staysInField(event, outcome)) return;
    if (reader.isWaiting) missing = setTimeout(sayUnended, END_WAIT);
    if (outcome.isOurs) event.preventDefault();
    if (outcome.code === undefined && !outcome.isBroken) return;
    event.stopPropagation();
    putBack(outcome.since);
    before = [];
    if (outcome.code === undefined) broken(outcome.why ?? "paused");
    else take(outcome.code);
  }, { capture: true });

  /** What comes later is still the rest of it. */
  function sayUnended() {
    putBack();
    broken("unended");
  }

  /**
   * What a key does in the field for codes.
   *
   * @param {KeyboardEvent} event
   * @param {import("./key-reader.js").Outcome} outcome
   * @returns {boolean} whether that is all it does
   */
  function staysInField(event, { typed, isOurs, code, isBroken, why, since = 0 }) {
    if (typed?.includes(GS)) field.value += typed;
    const isTab = event.key === "Tab";
    if (isBroken) {
      const isAllHere = before.slice(0, since + 1).every((values) => [...values.keys()].every((other) => other === field));
      if (why === "lost" || !isAllHere) return false;
    }
    const isTaken = isTab && (code !== undefined || why === "paused");
    if (isTaken || (isOurs && !isBroken && event.key !== "Enter")) event.preventDefault();
    if (code !== undefined) putBack(since, field);
    if (isTaken) take(field.value);
    return true;
  }

  /**
   * @param {number} [since]
   * @param {Field} [kept] the field that stays as it is
   */
  function putBack(since = 0, kept = undefined) {
    for (const values of before.slice(0, since + 1)) {
      for (const [element, value] of values) {
        if (!element || element === kept || element.value === value) continue;
        element.value = value;
        // Who keeps what is chosen in a list has kept what the code chose.
        if (element.localName === "select") element.dispatchEvent(new Event("change"));
      }
    }
  }
}

/** @returns {Field | null} */
function focusedField() {
  const focused = document.activeElement;
  if (focused instanceof HTMLInputElement) return focused;
  return focused?.localName === "select" ? /** @type {HTMLSelectElement} */ (focused) : null;
}

/**
 * Whether a person may type a key here: into a field for numbers, only a digit; where there is no field, none.
 *
 * @param {Field | null} focused
 * @param {string} key
 */
function mayBePersons(focused, key) {
  if (focused instanceof HTMLInputElement) return focused.inputMode !== "numeric" || key.length > 1 || /^\d$/.test(key);
  return focused !== null;
}
