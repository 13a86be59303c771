// @ts-check
// Keeps a tablet's screen on while it is a label.

/** @type {any} */
let lock = null;
let isWanted = false;

/**
 * Keeps the screen on, or lets it sleep again. Browsers take the lock away when the page is hidden; it comes back with the page.
 *
 * @param {boolean} isOn
 */
export async function stayAwake(isOn) {
  isWanted = isOn;
  if (!isOn) {
    await lock?.release();
    lock = null;
  } else if (!lock || lock.released) {
    // A tablet on battery may refuse; the label is shown all the same.
    lock = (await /** @type {any} */ (navigator).wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && isWanted && stayAwake(true));
