import { itemKey, newest, withMembers } from "./item.js";

/**
 * @typedef {import("./tallywire.js").Item} Item
 * @typedef {import("./item.js").Values} Values
 * @typedef {import("./item.js").Source} Source
 * @typedef {{ changed: Map<string, Item>, removed: Map<string, Item>, isFull: boolean }} Changes
 *   `isFull`: an item was left out, because there are `limit` items already
 */

/**
 * Returns an empty record of changes.
 * @returns {Changes}
 */
export const noChanges = () => ({ changed: new Map(), removed: new Map(), isFull: false });

/**
 * The newest known values of each item, folded from events and snapshots: `limit` items at most.
 */
export class Items {
  /**
   * Each item, with the event up to which it holds.
   * @type {Map<string, { item: Item, seq: number }>}
   */
  #entries = new Map();
  /** @type {Map<number, Set<string>>} */
  #byProduct = new Map();

  /** @param {number} limit */
  constructor(limit) {
    this.limit = limit;
  }

  get size() {
    return this.#entries.size;
  }

  /** @param {string} key */
  get(key) {
    return this.#entries.get(key)?.item;
  }

  /**
   * Returns the event up to which the item holds.
   * @param {string} key
   */
  seq(key) {
    return this.#entries.get(key)?.seq;
  }

  /** @returns {Item[]} */
  all() {
    return Array.from(this.#entries.values(), ({ item }) => item);
  }

  /**
   * @param {number} productId
   * @returns {Item[]}
   */
  ofProduct(productId) {
    return Array.from(this.#byProduct.get(productId) ?? [], (key) => /** @type {Item} */ (this.get(key)));
  }

  /**
   * Takes an item of another table.
   * @param {Item} item
   */
  put(item) {
    this.#put(item.key, item, item.seq, noChanges());
  }

  /**
   * Takes a variant's values.
   * @param {Values} values
   * @param {Source} source
   * @param {Changes} changes
   */
  fold(values, source, changes) {
    const key = itemKey(values.productId, values.variantId);
    const entry = this.#entries.get(key);
    if (!entry && this.#entries.size >= this.limit) {
      changes.isFull = true;
      return;
    }
    this.#put(key, newest(entry?.item, entry?.seq ?? -1, values, source), Math.max(source.seq, entry?.seq ?? 0), changes);
  }

  /**
   * Takes an event of any type.
   * @param {import("./tallywire.js").TallywireEvent} event
   * @param {number} now
   * @param {Changes} changes
   */
  foldEvent(event, now, changes) {
    const source = { seq: event.seq, now, changedAt: new Date(event.timestamp), conflated: event.conflated };
    switch (event.type) {
      case "inventory_updated":
        return this.fold(/** @type {Values} */ (event.data), source, changes);
      case "stock_alert":
        // The level at one location is not the item's.
        if (event.data.scope === "location") return;
        return this.#amend(itemKey(event.data.productId, event.data.variantId), { level: event.data.stockLevel }, source, changes);
      case "product_status_changed":
        for (const { key, version } of this.ofProduct(event.data.productId)) {
          this.#amend(key, { status: event.data.status, version: version + 1 }, source, changes);
        }
        return;
      case "catalogue_changed":
        return this.#foldCatalogue(event.data, source, changes);
    }
  }

  /**
   * @param {import("./tallywire.js").CatalogueChange} data
   * @param {Source} source
   * @param {Changes} changes
   */
  #foldCatalogue({ change, productId, variantId, values }, source, changes) {
    // An event without a variant is about a product as a whole, or about a location.
    if (productId === undefined || variantId === undefined) return;
    const key = itemKey(productId, variantId);
    const seq = this.#entries.get(key)?.seq ?? 0;
    if (change === "removed" && seq <= source.seq) this.remove(key, changes);
    const { name, sku, version } = /** @type {Partial<Item>} */ (values ?? {});
    if (change === "updated" && (name ?? sku ?? version) !== undefined) this.#amend(key, { name, sku, version }, source, changes);
  }

  /**
   * Changes members of an item that is older than `source`.
   * @param {string} key
   * @param {Partial<Item>} members
   * @param {Source} source
   * @param {Changes} changes
   */
  #amend(key, members, source, changes) {
    const entry = this.#entries.get(key);
    if (!entry || source.seq <= entry.seq) return;
    const known = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
    this.#put(key, withMembers(entry.item, known, source), source.seq, changes);
  }

  /**
   * @param {string} key
   * @param {Item} item
   * @param {number} seq
   * @param {Changes} changes
   */
  #put(key, item, seq, changes) {
    const entry = this.#entries.get(key);
    if (entry) entry.seq = seq;
    if (entry?.item === item) return;
    if (entry) entry.item = item;
    else {
      this.#entries.set(key, { item, seq });
      const keys = this.#byProduct.get(item.productId) ?? new Set();
      this.#byProduct.set(item.productId, keys.add(key));
    }
    changes.removed.delete(key);
    changes.changed.set(key, item);
  }

  /**
   * @param {string} key
   * @param {Changes} changes
   */
  remove(key, changes) {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    const keys = this.#byProduct.get(entry.item.productId);
    keys?.delete(key);
    if (keys?.size === 0) this.#byProduct.delete(entry.item.productId);
    changes.changed.delete(key);
    changes.removed.set(key, entry.item);
  }

  /**
   * Removes the items for which `isGone` is true, except for those that hold beyond `seq`.
   * @param {(item: Item) => boolean} isGone
   * @param {number} seq
   * @param {Changes} changes
   */
  removeWhere(isGone, seq, changes) {
    for (const [key, entry] of this.#entries) {
      if (entry.seq <= seq && isGone(entry.item)) this.remove(key, changes);
    }
  }

  /** @param {Changes} changes */
  clear(changes) {
    for (const key of this.#entries.keys()) this.remove(key, changes);
  }
}
