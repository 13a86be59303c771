// @ts-check
// All variants with their stock: loaded once, and kept up to date by events.

import { fill } from "./variant-record.js";
import { Problem } from "../sdk/errors.js";
import { itemKey } from "../sdk/item.js";
import { atNextFrame } from "../shared/frames.js";

/** @typedef {import("./variant-record.js").Row} Row */

/** The items of a page. So many are parsed in less time than a frame has. */
const PAGE = 2000;
/** At most so many changes wait for variants that are not loaded yet. */
const MOST_WAITING = 50_000;

/**
 * The rows. Sends `rows` when rows were added or removed, `values` when values have changed (those in `changed`, at most once a frame), and
 * `loaded` when all rows are there.
 */
export class StockStore extends EventTarget {
  /** @param {import("../sdk/api.js").API} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /**
     * The ids of default variants by their product, since events have `null` instead of the id.
     *
     * @type {Map<number, number>}
     */
    this.defaults = new Map();
    /** @type {Set<Row>} */
    this.changed = new Set();
    this.isLoaded = false;
    /** @type {Map<string, any>} */
    this.waiting = new Map();
    /** @type {Map<string, { code: string, name: string, sells: boolean, priority: number }>} */
    this.locations = new Map();
    this.tellValues = atNextFrame(() => {
      this.dispatchEvent(new Event("values"));
      this.changed.clear();
    });
    /** @type {AbortController | null} */
    this.loading = null;
  }

  /**
   * Loads all rows again. Once the first page is there, the promise resolves with the position from which events have to follow. The other
   * pages come later.
   *
   * @returns {Promise<{ epoch: string, seq: number }>}
   */
  load() {
    this.loading?.abort();
    const { signal } = (this.loading = new AbortController());
    this.isLoaded = false;
    return new Promise((resolve, reject) => this.readAll(signal, resolve).catch(reject));
  }

  clear() {
    this.loading?.abort();
    this.isLoaded = false;
    for (const list of [this.rows, this.defaults, this.waiting, this.locations, this.changed]) list.clear();
  }

  /**
   * @param {AbortSignal} signal
   * @param {(position: { epoch: string, seq: number }) => void} began
   */
  async readAll(signal, began) {
    const seen = new Set();
    const locations = await this.api.get("/api/locations?limit=1000", signal);
    this.locations = new Map(locations.body.items.map((/** @type {any} */ place) => [place.code, { priority: 0, ...place }]));
    for await (const page of this.api.pages("/api/variants", { limit: PAGE, signal })) {
      for (const item of page.body.items) {
        seen.add(item.id);
        this.put(item);
      }
      began({ epoch: page.epoch ?? "", seq: page.seq });
      this.dispatchEvent(new Event("rows"));
    }
    // Rows that were removed while the page was disconnected.
    for (const id of this.rows.keys()) if (!seen.has(id)) this.remove(id);
    this.isLoaded = true;
    this.waiting.clear();
    this.dispatchEvent(new Event("loaded"));
  }

  /** @param {any} item a variant of the API */
  put(item) {
    const known = this.rows.get(item.id);
    if (known && known.version > item.version) return known;
    const row = fill(known ?? null, item);
    this.rows.set(row.id, row);
    if (row.isDefault) this.defaults.set(row.productId, row.id);
    const key = itemKey(row.productId, row.isDefault ? null : row.id);
    const late = this.waiting.get(key);
    if (late) {
      this.waiting.delete(key);
      this.update(row, late);
    }
    return row;
  }

  /** @param {number} id */
  remove(id) {
    const row = this.rows.get(id);
    if (!row) return;
    this.rows.delete(id);
    if (this.defaults.get(row.productId) === id) this.defaults.delete(row.productId);
    this.dispatchEvent(new Event("rows"));
  }

  /**
   * Returns the row of an event.
   *
   * @param {any} data
   */
  rowOf(data) { return this.rows.get(data.variantId ?? this.defaults.get(data.productId) ?? -1); }

  /**
   * Takes an event of the journal.
   *
   * @param {any} event
   */
  take(event) {
    const { data } = event;
    switch (event.type) {
      case "inventory_updated": {
        const row = this.rowOf(data);
        if (row) this.update(row, data);
        else if (!this.isLoaded && this.waiting.size < MOST_WAITING) this.waiting.set(itemKey(data.productId, data.variantId), data);
        break;
      }
      case "product_status_changed":
        for (const row of this.rows.values()) if (row.productId === data.productId) this.note(row, { status: data.status });
        break;
      case "catalogue_changed": this.takeCatalogue(data); break;
    }
  }

  /** @param {any} data */
  takeCatalogue(data) {
    if (data.location !== undefined) {
      this.takeLocation(data.location, data);
      this.dispatchEvent(new Event("rows"));
      return;
    }
    const id = data.sku === undefined ? undefined : (data.variantId ?? data.values.id ?? this.defaults.get(data.productId));
    if (id !== undefined) {
      const row = this.rows.get(id);
      if (data.change === "removed") this.remove(id);
      // A location that is removed takes thresholds of many variants away at once, and none of them has to be read again.
      else if (row && Object.keys(data.values).join() === "thresholds") this.takeThresholds(row, data.values.thresholds);
      else this.refresh(id);
    } else if (data.change === "updated") {
      for (const row of this.rows.values()) if (row.productId === data.productId) this.refresh(row.id);
    }
  }

  /**
   * @param {Row} row
   * @param {Record<string, { low: number, rearm: number } | null>} changes
   */
  takeThresholds(row, changes) {
    const rules = Object.entries({ ...row.thresholds, ...changes }).filter(([, rule]) => rule !== null);
    this.note(row, { thresholds: /** @type {Row["thresholds"]} */ (Object.fromEntries(rules)) });
  }

  /**
   * @param {string} code
   * @param {any} data
   */
  takeLocation(code, { change, values }) {
    if (change === "removed") {
      this.locations.delete(code);
      // Nothing is there, so no row's stock changes.
      for (const row of this.rows.values()) if (row.places.delete(code)) this.note(row, {});
    } else {
      const known = this.locations.get(code) ?? { code, name: code, sells: true, priority: 0 };
      this.locations.set(code, { ...known, ...values });
    }
  }

  /**
   * Reads one variant again.
   *
   * @param {number} id
   */
  async refresh(id) {
    try {
      const { body } = await this.api.get(`/api/variants/${id}`);
      const isNew = !this.rows.has(id);
      this.note(this.put(body), {});
      if (isNew) this.dispatchEvent(new Event("rows"));
    } catch (error) {
      if (error instanceof Problem && error.code === "unknown_variant") this.remove(id);
      // After other errors the row stays as it is: when the connection is back, everything is read again.
    }
  }

  /**
   * @param {Row} row
   * @param {any} data of `inventory_updated`
   */
  update(row, data) {
    if (data.version < row.version) return;
    if (data.location !== undefined) {
      row.places.set(data.location, data.locationStock);
      row.units.set(data.location, {
        onHand: data.locationOnHand, reserved: data.locationReserved, unavailable: data.locationUnavailable ?? 0,
        incoming: data.locationIncoming ?? 0,
      });
    }
    this.note(row, {
      version: data.version, stock: data.stock, price: data.price, status: data.status, level: data.level,
        changedAt: Date.parse(data.timestamp),
    });
  }

  /**
   * Changes a row, and sends `values` at the next frame.
   *
   * @param {Row} row
   * @param {Partial<Row>} values
   */
  note(row, values) {
    Object.assign(row, values);
    this.changed.add(row);
    this.tellValues();
  }
}
