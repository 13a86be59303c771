import { TallywireError } from "./errors.js";
import { EventStreamLink } from "./eventstream.js";
import { serverOf } from "./options.js";
import { WebSocketLink } from "./websocket.js";

/**
 * @typedef {import("./tallywire.js").Transport} Transport
 * @typedef {import("./connection.js").OpenLink} OpenLink
 */

/**
 * Returns what opens a link, for each transport that the options allow, in their order.
 * @param {import("./options.js").Options} options
 * @returns {Map<Transport, OpenLink>}
 */
export function transports(options) {
  /** @type {Map<Transport, OpenLink>} */
  const all = new Map();
  for (const name of options.transports) all.set(name, openers[name](options));
  return all;
}

/** @type {Record<Transport, (options: import("./options.js").Options) => OpenLink>} */
const openers = {
  websocket: (options) => (_token, events) => {
    const { WebSocket, url } = options;
    if (!WebSocket) throw new TallywireError("unavailable", "there is no WebSocket here: give one as the option “WebSocket”");
    return new WebSocketLink(WebSocket, /** @type {string} */ (url), events);
  },
  sse: (options) => (token, events) => {
    const { fetch, clock } = options;
    if (!fetch) throw new TallywireError("unavailable", "there is no fetch here: give one as the option “fetch”");
    return new EventStreamLink({ fetch, server: serverOf(options.url), clock }, token, events);
  },
};

/**
 * Returns whether the server answers over HTTP, whatever the answer is. A page of another origin may ask this too.
 * @param {import("./options.js").Options} options
 */
export async function isReachable({ fetch, url, connectTimeout, clock }) {
  const abort = new AbortController();
  const timer = clock.setTimeout(() => abort.abort(), connectTimeout);
  try {
    await fetch?.(`${serverOf(url)}/health/live`, { mode: "no-cors", cache: "no-store", signal: abort.signal });
    return fetch !== undefined;
  } catch {
    return false;
  } finally {
    clock.clearTimeout(timer);
  }
}
