// @ts-check
// What the scanner says, for translation.

export const texts = {
  /** @type {Record<string, string>} */
  operations: { add: "Receive", subtract: "Take out", set: "Count", transfer: "Move" },
  ready: "Ready to scan",
  /** @type {Record<string, string>} */
  fates: { waiting: "Waiting", applied: "Counted", duplicate: "Counted before", refused: "Not counted" },
  /** @param {string} sku @param {string} place @param {string} units */
  stockAt: (sku, place, units) => `${sku} · ${place}: ${units}`,
  /** @param {number} count */
  kept: (count) => (count === 1 ? "Kept, and sent when the server is back" : `Kept: ${count} are waiting for the server`),
  /** @param {string} operation @param {number} quantity */
  done: (operation, quantity) =>
    ({ add: `+${quantity}`, subtract: `−${quantity}`, set: `= ${quantity}`, transfer: `→ ${quantity}` })[operation] ?? String(quantity),
  seen: "Seen",
  countFirst: "Type how many there are, then press Enter",
  badQuantity: "The quantity is a whole number from 1 to 1,000,000,000, for a count from 0",
  sameLocation: "Choose another location to move to",
  chooseLocation: "Choose…",
  locationFirst: "Choose the location where you are first",
  noLocation: "There is no location yet: the list comes with the first connection",
  tooLong: "That is no code: it has more than 256 characters",
  /**
   * Why some scans are refused, in words for who scanned; for others the server's own count.
   *
   * @type {Record<string, string>}
   */
  refusals: {
    too_late: "Too old to be counted: it waited for so long that nobody can know whether the server has counted it already. Count what is there instead",
  },
  /**
   * Why a code that a scanner typed was not taken.
   *
   * @type {Record<import("./key-reader.js").Why, string>}
   */
  broken: {
    paused: "The scanner paused within a code. Scan it again",
    late: "The scanner ended a code late. Scan it again",
    unended: "The scanner did not end the code. Set it to press Enter behind each code, and scan again",
    slow: "The scanner types as slowly as a person. Scan into the field Code, or set the scanner to type faster",
    lost: "A sign of the code was lost. Scan it again; if that does not help, set the scanner to the keyboard layout of this device",
  },
  otherLayout: "These are digits on another keyboard layout. Set the scanner to the layout of this device, and switch Caps Lock off",
  full: "There is no room for more: 10,000 scans are waiting for the server",
  lost: "This scan could not be kept on the device. Scan it again.",
  connection: {
    online: "Online",
    sending: "Sending",
    /** @param {number} count */
    away: (count) => (count === 0 ? "No connection" : `No connection · ${count} waiting`),
    token: "Needs a token",
  },
  token: {
    unreadable: "That is no token.",
    /** @param {string} role */
    wrongRole: (role) => `That is a token of the role ${role}. A phone gets one of its own, which can do no more than count: tallywire token --role device --device NAME`,
    expired: "That token has expired.",
    refused: "The server does not take this token.",
    none: "Scan or paste a token of the role device. It is kept on this device until you take it off.",
    /** @param {string} device */
    taken: (device) => `Scanning as ${device}`,
  },
  camera: {
    refused: "The camera is not allowed for this page. Allow it in the browser's settings, or type the code.",
    none: "This device has no camera that can be used.",
  },
};
