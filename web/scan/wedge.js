// @ts-check
// Scanners that act as keyboards: they send a code faster than people type, and end it with Enter or Tab.

import { GS, KeyReader } from "./key-reader.js";

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** If the end of a code has not come after so many milliseconds, that is reported. */
const END_WAIT = 2_000;

/**
 * Calls `take` with each code that a scanner types, wherever the focus is, and `broken` with the reason when it is not known whether a code
 * came completely. What the code has typed into a field is removed again, and what it has chosen in a list is restored.
 *
 * In `field`, which is the field for codes, keys do what they always do, and its form submits them. Only GS is inserted, which scanners type as
 * Ctrl+], as F8 or by its number, and Tab ends a code too. A pause does not matter there, because the field has the whole code.
 *
 * @param {HTMLInputElement} field
 * @param {(code: string) => void} take
 * @param {(why: import("./key-reader.js").Why) => void} [broken]
 */
export function listenToWedge(field, take, broken = () => {}) {
  const reader = new KeyReader();
  /**
   * The values of fields before what may be a code, and before the keys before that. `null` stands for keys without a focused field.
   *
   * @type {Map<Field | null, string>[]}
   */
  let before = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let missing;

  addEventListener("keydown", (event) => {
    if (event.repeat) return;
    const { code, ctrlKey, altKey, metaKey, timeStamp: time } = event;
    // The character of a key that an input method handles is not known yet.
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

  /** Reports a code without an end. Keys that come later still belong to it. */
  function sayUnended() {
    putBack();
    broken("unended");
  }

  /**
   * Handles a key in the field for codes.
   *
   * @param {KeyboardEvent} event
   * @param {import("./key-reader.js").Outcome} outcome
   * @returns {boolean} whether nothing more is to be done for this key
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
   * @param {Field} [kept] the field that is not restored
   */
  function putBack(since = 0, kept = undefined) {
    for (const values of before.slice(0, since + 1)) {
      for (const [element, value] of values) {
        if (!element || element === kept || element.value === value) continue;
        element.value = value;
        // The page has saved what the code chose in the list, and has to save the restored choice.
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
 * Whether a person may type a key here: in a field for numbers only digits, and without a field nothing.
 *
 * @param {Field | null} focused
 * @param {string} key
 */
function mayBePersons(focused, key) {
  if (focused instanceof HTMLInputElement) return focused.inputMode !== "numeric" || key.length > 1 || /^\d$/.test(key);
  return focused !== null;
}
