import { API } from "./api.js";

/** Up to this number, tracked products and variants are read one by one; more are picked out of the whole catalogue. */
const MOST_SINGLE_READS = 50;

/**
 * @typedef {Record<string, any>} JSONObject
 * @typedef {{ items: JSONObject[], seq: number }} Page items of a snapshot, and the event up to which they hold
 */

/**
 * Reads from the HTTP API what a WebSocket's rooms would send: the values of items, and the events that were missed.
 */
export class SnapshotSource {
  /** @param {API} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * The values of all items, page by page.
   * @returns {AsyncGenerator<Page>}
   */
  async *items() {
    for await (const { body, seq } of this.api.pages("/api/products")) yield { items: body.items.flatMap(itemsOfProduct), seq };
  }

  /**
   * The values of these products and variants. Those that do not exist are left out.
   * @param {{ products: number[], variants: number[] }} ids
   * @returns {AsyncGenerator<Page>}
   */
  async *itemsOf({ products, variants }) {
    if (products.length + variants.length > MOST_SINGLE_READS) {
      const wanted = { products: new Set(products), variants: new Set(variants) };
      for await (const { items, seq } of this.items()) {
        yield { items: items.filter(({ productId, id }) => wanted.products.has(productId) || wanted.variants.has(id)), seq };
      }
      return;
    }
    for (const id of products) yield* this.#single(`/api/products/${id}`, itemsOfProduct);
    for (const id of variants) yield* this.#single(`/api/variants/${id}`, (variant) => [itemOf(variant, variant.productId)]);
  }

  /**
   * @param {string} path
   * @param {(body: JSONObject) => JSONObject[]} itemsIn
   */
  async *#single(path, itemsIn) {
    try {
      const { body, seq } = await this.api.get(path);
      yield { items: itemsIn(body), seq };
    } catch (error) {
      const { code } = /** @type {import("./errors.js").Problem} */ (error);
      if (code !== "unknown_product" && code !== "unknown_variant") throw error;
    }
  }

  /**
   * The events after `seq`, up to and including `end`. Throws a problem with the code `pruned` if the server keeps them no longer.
   * @param {number} seq
   * @param {number} end
   * @returns {AsyncGenerator<JSONObject>}
   */
  async *events(seq, end) {
    for (let after = seq; after < end;) {
      const { body } = await this.api.get(`/api/events?after=${after}&limit=1000`);
      for (const event of body.items) if (event.seq <= end) yield event;
      if (body.items.length === 0 || !(body.last > after)) return;
      after = body.last;
    }
  }
}

/** @param {JSONObject} product */
function itemsOfProduct(product) {
  return product.variants.map((/** @type {JSONObject} */ variant) => itemOf(variant, product.id));
}

/**
 * Returns a variant of the API as an item of a snapshot, with two more members: its id and its locations, by which rooms choose.
 * @param {JSONObject} variant
 * @param {number} productId
 */
function itemOf({ id, isDefault, sku, name, stock, price, status, level, version, locations: places }, productId) {
  const locations = (places ?? []).map((/** @type {JSONObject} */ { location }) => location);
  return { productId, variantId: isDefault ? null : id, id, sku, name, stock, price, status, level, version, locations };
}
