// @ts-check
// The values of the labels of one location: read from the HTTP API, and then updated by events, each applied once.

import { api } from "../shared/api.js";
import { throttled } from "../shared/throttled.js";

/** @typedef {import("./label.js").Values} Values */
/** @typedef {import("../../clients/js/tallywire.js").TallywireClient} Client */
/** @typedef {import("../../clients/js/tallywire.js").TallywireEvent} Event */

const MOST_PRODUCTS = 20_000;
/** At most so many labels are shown. */
export const MOST_LABELS = 2000;
/** The shortest time between two reads of the values, in milliseconds. */
const PAUSE = 2000;

/** The stock at a location, kept up to date. */
export class LocationStock {
  /** By SKU, in the order of the catalogue. @type {Map<string, Values>} */
  labels = new Map();
  isWhole = true;
  /** The SKUs of each product, for changes of status. @type {Map<number, string[]>} */
  #products = new Map();
  #tell;
  #isClosed = false;
  /** The events that came while the values were being read; `null` once they have been applied. */
  #early = /** @type {Event[] | null} */ ([]);

  /**
   * @param {string} location
   * @param {{ loaded: () => void, changed: (sku: string) => void, failed: (error: unknown) => void }} tell
   */
  constructor(location, tell) {
    this.location = location;
    this.#tell = tell;
  }

  /** Asks for all values to be read again. */
  load = throttled(() => this.#load(), PAUSE);
  /** Asks for the stock at this location to be read again. A merged event names its last location alone, so it may hide a change here. */
  count = throttled(() => this.#count(), PAUSE);

  /** Ends all notifications. */
  close() {
    this.#isClosed = true;
  }

  /**
   * Applies an event.
   *
   * @param {Event} event
   */
  apply(event) {
    if (this.#early) {
      if (this.#early.length < 10_000) this.#early.push(event);
      else this.load();
    }
    if (event.type === "inventory_updated") this.#update(event);
    else if (event.type === "product_status_changed") this.#changeStatus(event);
    else if (event.type === "catalogue_changed") this.load();
  }

  /** @param {import("../../clients/js/tallywire.js").TallywireEvent<"inventory_updated">} event */
  #update({ data, seq, conflated }) {
    const known = this.labels.get(data.sku ?? "");
    const isHere = data.location === this.location;
    if (!known) {
      // An item has come to this location for the first time, is new, or has another SKU.
      const isShown = this.#products.get(data.productId)?.some((/** @type {string} */ sku) => this.labels.get(sku)?.variantId === data.variantId);
      if ((isHere || isShown) && !this.#early) this.load();
      return;
    }
    if (seq <= known.seq) return;
    if (conflated && !isHere) this.count();
    this.#set({
      ...known, seq, stock: isHere && data.locationStock !== undefined ? data.locationStock : known.stock,
      total: typeof data.stock === "number" ? data.stock : known.total, price: data.price === undefined ? known.price : data.price,
      status: data.status ?? known.status, level: data.level ?? known.level, variant: known.variant && (data.variantName ?? known.variant),
    });
  }

  /** @param {import("../../clients/js/tallywire.js").TallywireEvent<"product_status_changed">} event */
  #changeStatus({ data, seq }) {
    for (const sku of this.#products.get(data.productId) ?? []) {
      const known = this.labels.get(sku);
      if (known && seq > known.seq) this.#set({ ...known, status: data.status, seq });
    }
  }

  /** @param {Values} values */
  #set(values) {
    this.labels.set(values.sku, values);
    if (!this.#isClosed) this.#tell.changed(values.sku);
  }

  async #load() {
    this.#early = [];
    try {
      const { items, seq, isWhole } = await api.list("/api/products", MOST_PRODUCTS);
      const all = items.flatMap((product) => product.variants.flatMap((/** @type {any} */ variant) => this.#valuesOf(product, variant, seq)));
      this.isWhole = isWhole && all.length <= MOST_LABELS;
      this.labels = new Map(all.slice(0, MOST_LABELS).map((values) => [values.sku, values]));
    } catch (error) {
      this.#tell.failed(error);
      throw error;
    }
    this.#products.clear();
    for (const { productId, sku } of this.labels.values()) this.#products.set(productId, [...(this.#products.get(productId) ?? []), sku]);
    const early = this.#early;
    this.#early = null;
    for (const event of early) if (event.type !== "catalogue_changed") this.apply(event);
    if (!this.#isClosed) this.#tell.loaded();
  }

  async #count() {
    const { items, seq } = await api.list(`/api/stock?location=${encodeURIComponent(this.location)}`, MOST_PRODUCTS);
    for (const { sku, stock } of items) {
      const known = this.labels.get(sku);
      // A newer value came by event, and is right.
      if (known && known.seq <= seq && known.stock !== stock) this.#set({ ...known, stock });
    }
  }

  /** @param {any} product @param {any} variant @param {number} seq @returns {Values[]} none if the variant was never at this location */
  #valuesOf(product, variant, seq) {
    const place = variant.locations?.find((/** @type {any} */ { location }) => location === this.location);
    if (!place) return [];
    return [{
      productId: product.id, variantId: variant.isDefault ? null : variant.id, sku: variant.sku, product: product.name,
      variant: variant.isDefault ? "" : variant.name, barcodes: variant.barcodes ?? product.barcodes ?? [], stock: place.stock, total: variant.stock,
      price: variant.price ?? null, status: variant.status ?? product.status, level: variant.level, seq,
    }];
  }
}
