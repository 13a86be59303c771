// @ts-check
// Calls of the server's HTTP API. The token travels in `Authorization` alone.

/** What the server refused, or that it could not be reached. `code` is the server's, or `unreachable`. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, detail?: string, available?: number, field?: string }} body
   * @param {number | null} retryAfter seconds
   */
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.available = body.available ?? null;
    this.field = body.field ?? null;
    this.retryAfter = retryAfter;
  }
}

/**
 * An answer with the event up to which it holds.
 *
 * @template T
 * @typedef {{ body: T, epoch: string | null, seq: number }} Answer
 */

/**
 * How to call: `key` makes a repeat harmless, `token` is another than the caller's.
 *
 * @typedef {{ method?: string, body?: unknown, key?: string, signal?: AbortSignal, token?: string | null }} Options
 */

/** The API as one caller sees it. */
export class API {
  /** @type {string | null} */
  token = null;
  /**
   * Called when the token is not good any more.
   *
   * @type {() => void}
   */
  onUnauthenticated = () => {};

  /**
   * @param {string} path
   * @param {Options} options
   * @returns {Promise<Answer<any>>}
   * @throws {Problem}
   */
  async call(path, { method = "GET", body, key, signal, token = this.token }) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    let response;
    try {
      response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store" });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0, { code: "unreachable", detail: "" });
    }
    if (response.ok) {
      return {
        body: await response.json(), epoch: response.headers.get("Tallywire-Epoch"),
        seq: Number(response.headers.get("Tallywire-Seq") ?? 0),
      };
    }
    const problem = new Problem(
      response.status, await response.json().catch(() => ({})), Number(response.headers.get("Retry-After")) || null);
    if (response.status === 401 && token && token === this.token) this.onUnauthenticated();
    throw problem;
  }

  /**
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  get(path, signal) { return this.call(path, { signal }); }

  /**
   * A list's pages one after the other.
   *
   * @param {string} path with its query
   * @param {{ most?: number, signal?: AbortSignal }} limits `most` items are read, about
   * @returns {AsyncGenerator<Answer<any>>}
   */
  async *pages(path, { most = Infinity, signal }) {
    /** @type {string | null} */
    let cursor = null;
    let count = 0;
    do {
      /** @type {Answer<any>} */
      const answer = await this.get(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path, signal);
      count += answer.body.items.length;
      cursor = answer.body.nextCursor;
      yield answer;
    } while (cursor && count < most);
  }
}

/** A key for a change, so that a repeat of it is harmless. `crypto.randomUUID` is not there without TLS. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
