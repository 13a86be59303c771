import { Problem } from "./errors.js";

/** The server that this module came from, which a proxy may have put under a path; empty for a module that came from a file. */
const OWN_SERVER = /^https?:/.test(import.meta.url) ? new URL("..", import.meta.url).href.slice(0, -1) : "";

/** Items in a page of a list, unless the caller asks for another number. */
const PAGE = 1_000;

/**
 * An answer, and the position in the journal at which it holds. `node` is the name of the node that answered; `null` from a server by itself.
 * @template T
 * @typedef {{ body: T, epoch: string | null, seq: number, node: string | null }} Answer
 */

/**
 * What a call sends. `key` is an idempotency key, which makes a repetition harmless; `token` takes the place of the API's own.
 * @typedef {{ method?: string, body?: unknown, key?: string, token?: string | null, headers?: Record<string, string>, signal?: AbortSignal }} CallOptions
 */

/**
 * The HTTP API of a server, for the client's event stream and for the server's own pages.
 *
 * The token is sent in the header `Authorization` alone, never in an address. Whatever fails is thrown as a {@link Problem}, except for a
 * call that was aborted: that one throws what its signal says.
 */
export class API {
  /**
   * Called when the server has refused the API's own token.
   * @type {() => void}
   */
  onUnauthenticated = () => {};

  /**
   * @param {{ server?: string, fetch?: typeof fetch, token?: string | null, signal?: AbortSignal }} options `server` is an address
   *   without a slash at the end, by default of the server that this module came from; `signal` aborts every call that has no signal of its own
   */
  constructor({ server = OWN_SERVER, fetch = globalThis.fetch.bind(globalThis), token = null, signal } = {}) {
    this.server = server;
    this.fetch = fetch;
    this.token = token;
    this.signal = signal;
  }

  /**
   * Returns the response itself, whose body is still to be read. A response that reports an error is thrown.
   * @param {string} path
   * @param {CallOptions} options
   * @returns {Promise<Response>}
   */
  async open(path, { method = "GET", body, key, token = this.token, headers = {}, signal = this.signal } = {}) {
    const sent = { ...headers };
    if (token) sent.Authorization = `Bearer ${token}`;
    if (body !== undefined) sent["Content-Type"] = "application/json";
    if (key) sent["Idempotency-Key"] = key;
    let response;
    try {
      response = await this.fetch(this.server + path, {
        method, headers: sent, signal, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new Problem(0, {}, { cause });
    }
    if (response.ok) return response;
    const document = await response.json().catch(() => null);
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status === 401 && token && token === this.token) this.onUnauthenticated();
    throw new Problem(response.status, document ?? {}, { retryAfter: seconds > 0 ? seconds * 1000 : null });
  }

  /**
   * Returns the answer as JSON.
   * @param {string} path
   * @param {CallOptions} [options]
   * @returns {Promise<Answer<any>>}
   */
  async call(path, options = {}) {
    const response = await this.open(path, options);
    try {
      return {
        body: await response.json(), epoch: response.headers.get("Tallywire-Epoch"),
        seq: Number(response.headers.get("Tallywire-Seq") ?? 0), node: response.headers.get("Tallywire-Node"),
      };
    } catch (cause) {
      if ((options.signal ?? this.signal)?.aborted) throw cause;
      throw new Problem(response.status, { detail: "the server's answer broke off" }, { cause });
    }
  }

  /**
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  get(path, signal) {
    return this.call(path, { signal });
  }

  /**
   * The pages of a list, one after the other.
   * @param {string} path with its query, if it has one
   * @param {{ limit?: number, most?: number, signal?: AbortSignal }} options `limit` items are in a page; no further page is read once
   *   `most` items have come
   * @returns {AsyncGenerator<Answer<any>>}
   */
  async *pages(path, { limit = PAGE, most = Infinity, signal } = {}) {
    const list = `${path}${path.includes("?") ? "&" : "?"}limit=${limit}`;
    /** @type {string | null} */
    let cursor = null;
    let count = 0;
    do {
      /** @type {Answer<any>} */
      const answer = await this.get(cursor ? `${list}&cursor=${encodeURIComponent(cursor)}` : list, signal);
      count += answer.body.items.length;
      cursor = answer.body.nextCursor;
      yield answer;
    } while (cursor && count < most);
  }

  /**
   * Returns a list as a whole.
   * @param {string} path with its query, if it has one
   * @param {number} most items; the others are left out, and `isWhole` is false
   * @returns {Promise<{ items: any[], seq: number, isWhole: boolean }>} `seq` is that of the first page: events after it tell what
   *   happened while the other pages were read
   */
  async list(path, most) {
    /** @type {any[]} */
    const items = [];
    /** @type {number | null} */
    let first = null;
    let isWhole = true;
    for await (const { body, seq } of this.pages(path, { most })) {
      first ??= seq;
      items.push(...body.items);
      isWhole = body.nextCursor === null && items.length <= most;
    }
    return { items: items.slice(0, most), seq: first ?? 0, isWhole };
  }
}

/** Returns a random id for a movement, or an idempotency key. */
export function randomID() {
  // Pages without TLS have no `randomUUID`.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
