// @ts-check
// What all pages say, for translation.

export const texts = {
  connection: {
    live: "Live",
    connecting: "Connecting",
    recovering: "Catching up",
    waiting: "No connection",
    offline: "Offline",
    closed: "Not connected",
    refused: "Not allowed in",
    /** @param {string} state @param {string} time */
    asOf: (state, time) => `${state} · as of ${time}`,
  },
  signIn: {
    title: "This server asks who reads",
    token: "Token",
    hint: "It is kept until this tab is closed.",
    button: "Sign in",
    unreadable: "That is no token.",
  },
  toasts: { label: "Messages", close: "Close" },
  /** @type {Record<string, string>} */
  status: { draft: "Draft", active: "Active", inactive: "Inactive", discontinued: "Discontinued" },
  /** @type {Record<string, string>} */
  level: { ok: "In stock", low: "Low", out: "Out of stock" },
};
