// @ts-check
// The texts that several pages have, for translation.

export const texts = {
  connection: {
    live: "Live",
    connecting: "Connecting",
    recovering: "Catching up",
    waiting: "No connection",
    offline: "Offline",
    closed: "Not connected",
    refused: "Access denied",
    /** @param {string} state @param {string} time */
    asOf: (state, time) => `${state} · as of ${time}`,
  },
  signIn: {
    title: "This server requires a token",
    token: "Token",
    hint: "The token is kept until you close this tab.",
    button: "Sign in",
    unreadable: "This is not a valid token.",
  },
  toasts: { label: "Notifications", close: "Close" },
  /** @type {Record<string, string>} */
  status: { draft: "Draft", active: "Active", inactive: "Inactive", discontinued: "Discontinued" },
};
