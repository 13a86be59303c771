// @ts-check
// Scanners that act as keyboards: they type a code faster than people can, and press Enter or Tab.

import { GS, KeyReader } from "./key-reader.js";

/**
 * Calls `take` with each code that is typed by a scanner, wherever the focus is, and `broken` when one paused for so long within a code that
 * it is not known whether all of it came. What was typed into a field is taken out again.
 *
 * In `field`, which is for codes, keys stay what they are, so that its form sends them; only GS, which scanners type as Ctrl+], as F8 or by
 * its number, is put in, and Tab ends a code there too.
 *
 * @param {HTMLInputElement} field
 * @param {(code: string) => void} take
 * @param {() => void} [broken]
 */
export function listenToWedge(field, take, broken = () => {}) {
  const reader = new KeyReader();
  /** @type {{ element: HTMLInputElement, value: string } | null} */
  let before = null;

  addEventListener("keydown", (event) => {
    if (event.isComposing || event.repeat) return;
    const focused = document.activeElement;
    const isInField = focused instanceof HTMLInputElement;
    const { key, code, ctrlKey, altKey, metaKey, timeStamp: time } = event;
    const altGraph = event.getModifierState?.("AltGraph") ?? false;
    const outcome = reader.press({ key, code, ctrlKey, altKey, metaKey, altGraph, time }, isInField);
    if (event.target === field) return inField(event, outcome);
    if (outcome.begins) before = isInField ? { element: focused, value: focused.value } : null;
    if (outcome.isOurs) event.preventDefault();
    if (outcome.code === undefined && !outcome.isBroken) return;
    event.stopPropagation();
    if (before) before.element.value = before.value;
    before = null;
    if (outcome.code === undefined) broken();
    else take(outcome.code);
  }, { capture: true });

  /**
   * @param {KeyboardEvent} event
   * @param {import("./key-reader.js").Outcome} outcome
   */
  function inField(event, { typed, isOurs, code }) {
    if (typed?.includes(GS)) field.value += typed;
    if (event.key === "Tab" ? code !== undefined : isOurs && event.key !== "Enter") event.preventDefault();
    if (event.key === "Tab" && code !== undefined) take(field.value);
  }
}
