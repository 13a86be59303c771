// @ts-check
// The open alerts, with their acknowledgements.

import { titleOf } from "./variant-record.js";
import { atNextFrame } from "../shared/frames.js";

/**
 * An alert of a variant's total, or of the units at one location: `location` is `null` for the total.
 *
 * @typedef {{ by: string, at: string, note: string | null }} Acknowledgement
 * @typedef {{ variantId: number, productId: number, sku: string, title: string, location: string | null, level: string, stock: number,
 *   threshold: number, seq: number | null, since: string | null, acknowledgement: Acknowledgement | null }} Alert
 */

/** At most so many alerts are loaded. The stock table finds the others by level. */
export const MOST_ALERTS = 10_000;

/**
 * Returns the key of an alert.
 *
 * @param {number} variantId
 * @param {string | null | undefined} location nothing for the total
 */
const keyOf = (variantId, location) => `${variantId}/${location ?? ""}`;

/** The alerts by variant and location. Sends `change`, at most once a frame. */
export class AlertStore extends EventTarget {
  /**
   * @param {import("../sdk/api.js").API} api
   * @param {import("./stock-store.js").StockStore} stock
   */
  constructor(api, stock) {
    super();
    this.api = api;
    this.stock = stock;
    /** @type {Map<string, Alert>} */
    this.alerts = new Map();
    /**
     * The events that came while the list was being read; `null` while it is not.
     *
     * @type {any[] | null}
     */
    this.late = null;
    this.isCut = false;
    /** Sends `change` at the next frame. */
    this.tell = atNextFrame(() => this.dispatchEvent(new Event("change")));
  }

  /** The number of unacknowledged alerts. */
  get unacknowledged() {
    let count = 0;
    for (const alert of this.alerts.values()) if (alert.seq !== null && !alert.acknowledgement) count += 1;
    return count;
  }

  clear() { this.alerts.clear(); }

  /**
   * Returns the level at a location where the variant has a threshold.
   *
   * @param {import("./variant-record.js").Row} row
   * @param {string} location
   */
  levelAt(row, location) {
    // Where it never was, it is out without an alert.
    return this.alerts.get(keyOf(row.id, location))?.level ?? (row.places.get(location) ? "ok" : "out");
  }

  async load() {
    this.late = [];
    /** @type {Map<string, Alert>} */
    const alerts = new Map();
    let seq = 0;
    this.isCut = false;
    for await (const page of this.api.pages("/api/alerts", { most: MOST_ALERTS })) {
      seq ||= page.seq;
      for (const item of page.body.items) alerts.set(keyOf(item.variantId, item.location), alertOf(item));
      this.isCut = page.body.nextCursor !== null;
    }
    this.alerts = alerts;
    const late = this.late;
    this.late = null;
    for (const event of late) if (event.seq > seq) this.take(event);
    this.tell();
  }

  /** @param {any} event */
  take(event) {
    if (this.late) {
      if (this.late.length < MOST_ALERTS) this.late.push(event);
      return;
    }
    const { data } = event;
    const id = data.variantId ?? this.stock.defaults.get(data.productId);
    if (id === undefined) return;
    switch (event.type) {
      case "stock_alert": {
        const isGone = data.stockLevel === "ok";
        this.put(keyOf(id, data.location), isGone ? null : {
          variantId: id, productId: data.productId, sku: data.sku, title: this.stock.rows.get(id)?.title ?? data.sku,
          location: data.location ?? null, level: data.stockLevel, stock: data.locationStock ?? data.stock, threshold: data.threshold,
          seq: event.seq, since: event.timestamp, acknowledgement: null,
        });
        break;
      }
      case "alert_acknowledged":
        this.amend(keyOf(id, data.location), (alert) =>
          alert.seq === data.alertSeq ? { acknowledgement: { by: data.by, at: event.timestamp, note: data.note ?? null } } : {});
        break;
      case "inventory_updated":
        if (data.stock === undefined) break;
        // What never had stock has an entry without an alert. It ends without an event of its own.
        this.amend(keyOf(id, null), () => data.level === "ok" ? null : { stock: data.stock, level: data.level });
        if (data.locationLevel === undefined) break;
        this.amend(keyOf(id, data.location), () =>
          data.locationLevel === "ok" ? null : { stock: data.locationStock, level: data.locationLevel });
        break;
      case "catalogue_changed": this.takeCatalogue(id, data);
    }
  }

  /**
   * @param {number} id
   * @param {any} data of `catalogue_changed`
   */
  takeCatalogue(id, { change, values }) {
    if (change === "removed") {
      for (const [key, alert] of this.alerts) if (alert.variantId === id) this.put(key, null);
      return;
    }
    if (values.lowStockThreshold !== undefined) this.amend(keyOf(id, null), () => ({ threshold: values.lowStockThreshold }));
    for (const [location, rule] of Object.entries(values.thresholds ?? {})) {
      this.amend(keyOf(id, location), () => rule && { threshold: rule.low });
    }
  }

  /**
   * Changes an alert that there is, or removes it for `null`.
   *
   * @param {string} key
   * @param {(alert: Alert) => Partial<Alert> | null} change
   */
  amend(key, change) {
    const alert = this.alerts.get(key);
    if (!alert) return;
    const values = change(alert);
    this.put(key, values && { ...alert, ...values });
  }

  /**
   * @param {string} key
   * @param {Alert | null} alert
   */
  put(key, alert) {
    if (alert) this.alerts.set(key, alert);
    else this.alerts.delete(key);
    this.tell();
  }

  /**
   * Acknowledges an alert.
   *
   * @param {Alert} alert
   * @param {string} note
   * @throws {import("../sdk/errors.js").Problem}
   */
  async acknowledge(alert, note) {
    const { body } = await this.api.call(`/api/alerts/${alert.seq}/acknowledgement`, { method: "POST", body: { note } });
    this.put(keyOf(alert.variantId, alert.location), alertOf(body));
    return /** @type {Acknowledgement} */ (body.acknowledgement);
  }
}

/**
 * @param {any} item of `GET /api/alerts`
 * @returns {Alert}
 */
function alertOf(item) {
  return {
    variantId: item.variantId, productId: item.productId, sku: item.sku, title: titleOf(item), location: item.location ?? null,
    level: item.stockLevel, stock: item.locationStock ?? item.stock, threshold: item.threshold, seq: item.seq, since: item.since,
    acknowledgement: item.acknowledgement,
  };
}
