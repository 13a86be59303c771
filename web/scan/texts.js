// @ts-check
// The texts of the scanner, for translation.

export const texts = {
  /** @type {Record<string, string>} */
  operations: { add: "Receive", subtract: "Remove", count: "Count", transfer: "Transfer" },
  ready: "Ready to scan",
  /** @type {Record<string, string>} */
  fates: { waiting: "Waiting", applied: "Recorded", duplicate: "Already recorded", refused: "Rejected" },
  /** @param {string} sku @param {string} place @param {string} units */
  stockAt: (sku, place, units) => `${sku} · ${place}: ${units}`,
  /** @param {string} sku @param {string} place @param {string} units */
  countedSoFar: (sku, place, units) => `${sku} · ${units} counted so far in the count of ${place}`,
  /** @param {number} count */
  kept: (count) => (count === 1 ? "Saved on this device until the server is back" : `Saved on this device: ${count} scans are waiting for the server`),
  /** @param {string} operation @param {number} quantity */
  done: (operation, quantity) =>
    ({ add: `+${quantity}`, subtract: `−${quantity}`, count: `= ${quantity}`, transfer: `→ ${quantity}` })[operation] ?? String(quantity),
  dismiss: "Dismiss",
  undo: "Undo",
  undone: "Undone",
  /** @param {string} item */
  undoOf: (item) => `Undo the scan of ${item}`,
  nothingToUndo: "Nothing to undo: no scan of the last minute, or the last one is undone already",
  notRecorded: "The last scan is not recorded yet. Undo it when it is",
  undoUnanswered: "No answer from the server, so the scan may be undone or not. Undo it again: that is never done twice",
  /** @param {string} reason */
  undoFailed: (reason) => `Not undone: ${reason}`,
  captured: "Pick",
  mode: {
    /** @param {import("./control-code.js").Mode} mode */
    words: ({ location, operation, to, reservation }) =>
      [reservation === undefined ? operation === undefined ? "" : texts.operations[operation] : `Pick for ${reservation}`,
        location === undefined ? "" : `at ${location}`, to === undefined ? "" : `to ${to}`].filter(Boolean).join(" "),
    ended: "By the fields again",
    /** @param {string[]} codes */
    unknown: (codes) => `This is no control code. These are: ${codes.join(", ")}`,
    /** @param {string} location */
    noLocation: (location) => `There is no location ${location}`,
  },
  countFirst: "Enter the counted quantity, then press Enter",
  badQuantity: "The quantity must be a whole number from 1 to 1,000,000,000; a count may be 0",
  sameLocation: "Choose a different location to transfer to",
  chooseLocation: "Choose…",
  locationFirst: "Choose your location first",
  noLocation: "No locations yet. The list is loaded when the server is connected",
  tooLong: "This code is too long: more than 256 characters",
  /**
   * Why the server has rejected a scan, by the problem's code. For other codes the page shows the server's own message.
   *
   * @type {Record<string, string>}
   */
  refusals: {
    too_late: "Too old to be recorded: after so long nobody can know whether the server has recorded this scan already. Count the shelf instead",
  },
  /**
   * Why a code from a keyboard scanner was not accepted.
   *
   * @type {Record<import("./key-reader.js").Why, string>}
   */
  broken: {
    paused: "The scanner paused within a code. Scan it again",
    late: "The scanner ended the code too late. Scan it again",
    unended: "The scanner did not end the code. Set the scanner to send Enter after each code, and scan again",
    slow: "The scanner types as slowly as a person. Scan into the field Code, or set the scanner to type faster",
    lost: "A character of the code was lost. Scan it again. If that does not help, set the scanner to the keyboard layout of this device",
  },
  otherLayout: "The scanner uses another keyboard layout. Set the scanner to the layout of this device, and switch off Caps Lock",
  full: "The queue is full: 10,000 scans are waiting for the server",
  lost: "This scan could not be saved on the device. Scan it again.",
  connection: {
    online: "Online",
    sending: "Sending",
    /** @param {number} count */
    away: (count) => (count === 0 ? "No connection" : `No connection · ${count} waiting`),
    token: "Token required",
  },
  token: {
    unreadable: "This is not a valid token.",
    /** @param {string} role */
    wrongRole: (role) => `This token has the role ${role}. A phone needs a token of the role device: tallywire token --role device --device NAME`,
    expired: "This token has expired.",
    refused: "The server does not accept this token.",
    /** @param {string} device */
    taken: (device) => `Scanning as ${device}`,
  },
  camera: {
    refused: "This page is not allowed to use the camera. Allow it in the browser's settings, or type the code.",
    none: "This device has no usable camera.",
  },
};
