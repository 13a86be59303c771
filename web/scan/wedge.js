// @ts-check
// Scanners that act as keyboards: they type a code faster than people can, and press Enter.

/** Keys of one code come within this time of each other; people are slower. */
const LONGEST_GAP = 50;
const SHORTEST_CODE = 3;
const LONGEST_CODE = 4096;
const GS = "\u001d";

/**
 * Calls `take` with each code that is typed by a scanner, wherever the focus is. What it typed into a field is taken out again.
 *
 * In `field`, which is for codes, keys stay what they are, so that its form sends them; only GS, which scanners type as Ctrl+], is put in.
 *
 * @param {HTMLInputElement} field
 * @param {(code: string) => void} take
 */
export function listenToWedge(field, take) {
  let keys = "";
  let last = 0;
  /** @type {{ element: HTMLInputElement, value: string } | null} */
  let before = null;

  addEventListener("keydown", (event) => {
    const key = event.ctrlKey && event.key === "]" ? GS : event.key;
    if (event.target === field) {
      if (key === GS) {
        event.preventDefault();
        field.value += GS;
      }
      return;
    }
    if (event.isComposing || ((event.ctrlKey || event.altKey || event.metaKey) && key !== GS)) return;
    const isQuick = event.timeStamp - last <= LONGEST_GAP;
    last = event.timeStamp;
    if (key === "Enter") {
      if (!isQuick || keys.length < SHORTEST_CODE) return;
      event.preventDefault();
      event.stopPropagation();
      if (before) before.element.value = before.value;
      take(keys);
      keys = "";
    } else if (key.length === 1) {
      if (!isQuick || keys.length >= LONGEST_CODE) {
        keys = "";
        const focused = document.activeElement;
        before = focused instanceof HTMLInputElement ? { element: focused, value: focused.value } : null;
      }
      keys += key;
      if (key === GS) event.preventDefault();
    }
  }, { capture: true });
}
