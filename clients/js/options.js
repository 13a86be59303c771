import { systemClock } from "./clock.js";
import { claimsOf } from "./jwt.js";
import { roomName } from "./room.js";

/** @typedef {import("./tallywire.js").TallywireOptions} TallywireOptions */

/**
 * Options with all defaults filled in.
 * @typedef {object} Options
 * @property {readonly string[]} urls of the WebSockets of all nodes; none where the address is not known
 * @property {readonly string[]} rooms
 * @property {boolean} snapshot
 * @property {import("./tallywire.js").Follow} track
 * @property {import("./tallywire.js").TokenSource | null} token
 * @property {readonly import("./tallywire.js").Transport[]} transports
 * @property {number} fallbackAfter
 * @property {boolean} shared
 * @property {string} identity
 * @property {number} staleAfter
 * @property {number} minDelay
 * @property {number} maxDelay
 * @property {number} connectTimeout
 * @property {number} pongTimeout
 * @property {number} maxItems
 * @property {(new (url: string, protocols?: string | string[]) => import("./tallywire.js").WebSocketLike) | undefined} WebSocket
 * @property {typeof fetch | undefined} fetch
 * @property {import("./tallywire.js").Clock} clock
 */

const DEFAULTS = {
  fallbackAfter: 3, staleAfter: 5_000, minDelay: 500, maxDelay: 30_000, connectTimeout: 10_000, pongTimeout: 5_000, maxItems: 200_000,
};

/** More nodes than a server has. */
const MOST_ADDRESSES = 16;

/**
 * Checks options and fills in the defaults. Throws a `TypeError` that names the wrong option.
 * @param {TallywireOptions} given
 * @returns {Options}
 */
export function withDefaults(given) {
  const numbers = { ...DEFAULTS };
  for (const name of /** @type {(keyof typeof DEFAULTS)[]} */ (Object.keys(DEFAULTS))) {
    const value = given[name] ?? DEFAULTS[name];
    if (typeof value !== "number" || !(value >= 0)) throw new TypeError(`${name} has to be a number from 0 on`);
    numbers[name] = value;
  }
  const transports = given.transports ?? ["websocket", "sse"];
  if (transports.length === 0 || transports.some((name) => name !== "websocket" && name !== "sse")) {
    throw new TypeError("transports are “websocket” and “sse”");
  }
  if (given.rooms?.some((room) => typeof room !== "string")) throw new TypeError("rooms have to be texts");
  const token = given.token ?? null;
  return {
    ...numbers,
    urls: addresses(given.url),
    rooms: [...new Set(given.rooms?.map(roomName))],
    snapshot: given.snapshot ?? true,
    track: checkedIds(given.track ?? {}),
    token,
    transports: [...new Set(transports)],
    shared: given.shared ?? false,
    identity: given.identity ?? (typeof token === "string" ? subject(token) : ""),
    WebSocket: given.WebSocket ?? globalThis.WebSocket,
    fetch: given.fetch ?? globalThis.fetch?.bind(globalThis),
    clock: given.clock ?? systemClock,
  };
}

/**
 * Returns the ids of products and variants, each once. Throws a `TypeError` for what is no id.
 * @param {import("./tallywire.js").Follow} what
 */
export function checkedIds({ products = [], variants = [] }) {
  for (const id of [...products, ...variants]) {
    if (!Number.isSafeInteger(id) || id < 1) throw new TypeError(`${id} is not the id of a product or variant`);
  }
  return { products: [...new Set(products)], variants: [...new Set(variants)] };
}

/**
 * @param {TallywireOptions["url"]} given
 * @returns {readonly string[]}
 */
function addresses(given) {
  if (given === undefined) return ownServer();
  const all = Array.isArray(given) ? given : [given];
  if (all.length === 0 || all.length > MOST_ADDRESSES) throw new TypeError(`url has to be an address, or 1 to ${MOST_ADDRESSES} of them`);
  return [...new Set(all.map(address))];
}

/** @param {string | URL} given */
function address(given) {
  const url = new URL(given, globalThis.location?.href);
  if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`${url} is no address of a WebSocket`);
  // An address of HTTP with a slash at its end is that of a server, which may be under a path.
  if (url.pathname === "/" || (url.protocol.startsWith("http") && url.pathname.endsWith("/"))) url.pathname += "ws";
  url.protocol = url.protocol.replace(/^http/, "ws");
  url.hash = "";
  return url.href;
}

/** Returns the address of the server that this module came from, or else of the page's; none where there is neither, as in server rendering. */
function ownServer() {
  for (const base of [import.meta.url, globalThis.location?.href]) {
    if (base && /^https?:/.test(base)) return [address(new URL(base === import.meta.url ? "../ws" : "/ws", base))];
  }
  return [];
}

/**
 * Returns the address of the HTTP API beside a WebSocket, without a slash at its end.
 * @param {string} url
 */
export function serverOf(url) {
  return url.replace(/^ws/, "http").replace(/\/[^/]*$/, "");
}

/**
 * Returns whom a token is for, without the token itself.
 * @param {string} token
 */
function subject(token) {
  const { sub, role } = claimsOf(token) ?? {};
  return sub === undefined ? `token ${hash(token)}` : `${role} ${sub}`;
}

/**
 * Returns a hash of a text that must not be seen itself (FNV-1a).
 * @param {string} text
 */
function hash(text) {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(36);
}
