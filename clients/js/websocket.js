/** @typedef {import("./tallywire.js").WebSocketLike} WebSocketLike */

/**
 * @typedef {{ code: number, reason: string, retryAfter?: number, error?: import("./errors.js").TallywireError }} LinkEnd
 *   How a connection ended: a WebSocket's close code, and after how many milliseconds the server wants the next attempt
 * @typedef {object} LinkEvents what a link calls; nothing more after `closed`
 * @property {(message: import("./replica.js").Message) => void} received
 * @property {(end: LinkEnd) => void} closed
 */

/** The `readyState` of an open socket. */
const OPEN = 1;

/**
 * A link over a WebSocket. No token is in its address, because addresses end up in logs.
 */
export class WebSocketLink {
  #socket;
  #isOver = false;

  /**
   * @param {new (url: string, protocols?: string | string[]) => WebSocketLike} WebSocket
   * @param {string} url
   * @param {LinkEvents} events
   */
  constructor(WebSocket, url, events) {
    const socket = new WebSocket(url, "tallywire");
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (this.#isOver) return;
      const message = parsed(data);
      if (message) events.received(message);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.#isOver) return;
      this.#isOver = true;
      events.closed({ code, reason: String(reason ?? "") });
    };
    // Browsers do not tell pages what went wrong. `onclose` follows.
    socket.onerror = () => {};
  }

  /** @param {object} message */
  send(message) {
    if (!this.#isOver && this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Closes the socket without calling `closed`. It does not wait for the other side, which may be dead. */
  close() {
    this.#isOver = true;
    this.#socket.close(1000);
  }
}

/**
 * @param {unknown} data
 * @returns {import("./replica.js").Message | null} `null` for a message that is not of this protocol
 */
function parsed(data) {
  try {
    const message = JSON.parse(/** @type {string} */ (data));
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
