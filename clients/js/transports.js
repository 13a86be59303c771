import { TallywireError } from "./errors.js";
import { EventStreamLink } from "./eventstream.js";
import { serverOf } from "./options.js";
import { WebSocketLink } from "./websocket.js";

/**
 * @typedef {import("./tallywire.js").Transport} Transport
 * @typedef {(url: string, token: string | null, events: import("./websocket.js").LinkEvents) => import("./session.js").Channel} OpenAt opens a link
 *   to the node with this address
 */

/**
 * Returns what opens a link, for each transport that the options allow, in their order.
 * @param {import("./options.js").Options} options
 * @returns {Map<Transport, OpenAt>}
 */
export function transports(options) {
  /** @type {Map<Transport, OpenAt>} */
  const all = new Map();
  for (const name of options.transports) all.set(name, openers[name](options));
  return all;
}

/** @type {Record<Transport, (options: import("./options.js").Options) => OpenAt>} */
const openers = {
  websocket: ({ WebSocket }) => (url, _token, events) => {
    if (!WebSocket) throw new TallywireError("unavailable", "there is no WebSocket here: give one as the option “WebSocket”");
    return new WebSocketLink(WebSocket, url, events);
  },
  sse: ({ fetch, clock }) => (url, token, events) => {
    if (!fetch) throw new TallywireError("unavailable", "there is no fetch here: give one as the option “fetch”");
    return new EventStreamLink({ fetch, server: serverOf(url), clock }, token, events);
  },
};

/**
 * Returns whether a node answers over HTTP, whatever the answer is. A page of another origin may ask this too.
 * @param {import("./options.js").Options} options
 * @param {string} url
 */
export async function isReachable({ fetch, connectTimeout, clock }, url) {
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
