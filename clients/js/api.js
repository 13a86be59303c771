import { TallywireError } from "./errors.js";

/** Products in a page, and events. */
const PAGE = 1_000;
/** So few tracked products and variants are read one by one, more with all others. */
const ONE_BY_ONE = 50;

/** @typedef {Record<string, any>} JSONObject */

/**
 * What the HTTP API tells to whoever has no rooms: values, and the events of the past.
 */
export class API {
  /**
   * @param {typeof fetch} fetch
   * @param {string} server
   * @param {string | null} token goes into a header, never into an address
   * @param {AbortSignal} signal
   */
  constructor(fetch, server, token, signal) {
    this.fetch = fetch;
    this.server = server;
    this.signal = signal;
    /** @type {Record<string, string>} */
    this.headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  }

  /**
   * An answer that is none of an error. Throws a `TallywireError` with the problem's code.
   * @param {string} path
   * @param {Record<string, string>} [headers]
   */
  async open(path, headers = {}) {
    const response = await this.fetch(this.server + path, { headers: { ...this.headers, ...headers }, signal: this.signal, cache: "no-store" });
    if (response.ok) return response;
    const problem = await response.json().catch(() => null);
    const error = new TallywireError(problem?.code ?? "disconnected", problem?.detail ?? `${path} was answered with ${response.status}`);
    const seconds = Number(response.headers.get("Retry-After"));
    throw Object.assign(error, { retryAfter: seconds > 0 ? seconds * 1000 : undefined });
  }

  /**
   * @param {string} path
   * @returns {Promise<{ body: JSONObject, seq: number }>}
   */
  async get(path) {
    const response = await this.open(path);
    return { body: await response.json(), seq: Number(response.headers.get("Tallywire-Seq") ?? 0) };
  }

  /**
   * All items, page by page, each with the event up to which it holds.
   * @returns {AsyncGenerator<{ items: JSONObject[], seq: number }>}
   */
  async *values() {
    for (let cursor = ""; ;) {
      const { body, seq } = await this.get(`/api/products?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      yield { items: body.items.flatMap(itemsOf), seq };
      if (body.nextCursor === null) return;
      cursor = body.nextCursor;
    }
  }

  /**
   * The items of these products and variants; those that do not exist are left out.
   * @param {{ products: number[], variants: number[] }} ids
   * @returns {AsyncGenerator<{ items: JSONObject[], seq: number }>}
   */
  async *valuesOf({ products, variants }) {
    if (products.length + variants.length > ONE_BY_ONE) {
      const isWanted = new Set([...products.map((id) => `p${id}`), ...variants.map((id) => `v${id}`)]);
      for await (const { items, seq } of this.values()) {
        yield { items: items.filter(({ productId, id }) => isWanted.has(`p${productId}`) || isWanted.has(`v${id}`)), seq };
      }
      return;
    }
    for (const id of products) yield* this.#one(`/api/products/${id}`, itemsOf);
    for (const id of variants) yield* this.#one(`/api/variants/${id}`, (variant) => [itemOf(variant, variant.productId)]);
  }

  /**
   * @param {string} path
   * @param {(body: JSONObject) => JSONObject[]} items
   */
  async *#one(path, items) {
    try {
      const { body, seq } = await this.get(path);
      yield { items: items(body), seq };
    } catch (error) {
      const { code } = /** @type {TallywireError} */ (error);
      if (code !== "unknown_product" && code !== "unknown_variant") throw error;
    }
  }

  /**
   * The events after `seq`, up to and with `end`. Throws `pruned` if they are no longer kept.
   * @param {number} seq
   * @param {number} end
   * @returns {AsyncGenerator<JSONObject>}
   */
  async *events(seq, end) {
    for (let after = seq; after < end;) {
      const { body } = await this.get(`/api/events?after=${after}&limit=${PAGE}`);
      for (const event of body.items) if (event.seq <= end) yield event;
      if (body.items.length === 0 || !(body.last > after)) return;
      after = body.last;
    }
  }
}

/** @param {JSONObject} product */
function itemsOf(product) {
  return product.variants.map((/** @type {JSONObject} */ variant) => itemOf(variant, product.id));
}

/**
 * A variant of the API as an item of a snapshot. Its id and its places are kept beside: rooms go by them.
 * @param {JSONObject} variant
 * @param {number} productId
 */
function itemOf({ id, isDefault, sku, name, stock, price, status, level, version, locations }, productId) {
  const places = (locations ?? []).map((/** @type {JSONObject} */ { location }) => location);
  return { productId, variantId: isDefault ? null : id, id, sku, name, stock, price, status, level, version, places };
}
