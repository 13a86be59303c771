/** @typedef {import("./tallywire.js").WebSocketLike} WebSocketLike */

/**
 * @typedef {{ code: number, reason: string, retryAfter?: number, error?: import("./errors.js").TallywireError }} LinkEnd
 *   How a connection ended: a WebSocket's close code, and after how many milliseconds the server wants to be asked again
 * @typedef {object} LinkEvents what a link tells; nothing any more once `closed` was told
 * @property {(message: import("./replica.js").Message) => void} received
 * @property {(end: LinkEnd) => void} closed
 */

/** `readyState` of a socket that takes messages. */
const OPEN = 1;

/**
 * One WebSocket. Its address holds no token: addresses end up in logs.
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
    // What went wrong is not told to pages; the end of the connection is.
    socket.onerror = () => {};
  }

  /** @param {object} message */
  send(message) {
    if (!this.#isOver && this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Ends it without a word to whoever listens. A dead connection is not waited for. */
  close() {
    this.#isOver = true;
    this.#socket.close(1000);
  }
}

/**
 * @param {unknown} data
 * @returns {import("./replica.js").Message | null} `null` for what is not of this protocol
 */
function parsed(data) {
  try {
    const message = JSON.parse(/** @type {string} */ (data));
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
