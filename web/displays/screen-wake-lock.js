// @ts-check
// Keeps a tablet's screen on while it shows a single label.

/** @type {any} */
let lock = null;
let isWanted = false;

/**
 * Keeps the screen on, or lets it turn off again. Browsers release the lock when the page is hidden; it is requested again when the page is shown.
 *
 * @param {boolean} isOn
 */
export async function keepScreenOn(isOn) {
  isWanted = isOn;
  if (!isOn) {
    await lock?.release();
    lock = null;
  } else if (!lock || lock.released) {
    // A tablet on battery may refuse the lock. The label is shown nevertheless.
    lock = (await /** @type {any} */ (navigator).wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && isWanted && keepScreenOn(true));
