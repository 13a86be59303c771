// @ts-check
// The open alerts, with their acknowledgements.

import { titleOf } from "/admin/variant-record.js";
import { atNextFrame } from "/shared/frames.js";

/**
 * @typedef {{ by: string, at: string, note: string | null }} Acknowledgement
 * @typedef {{ variantId: number, productId: number, sku: string, title: string, level: string, stock: number, threshold: number,
 *   seq: number | null, since: string | null, acknowledgement: Acknowledgement | null }} Alert
 */

/** At most so many alerts are loaded. The stock table finds the others by level. */
export const MOST_ALERTS = 10_000;

/** The alerts by variant. Sends `change`, at most once a frame. */
export class AlertStore extends EventTarget {
  /**
   * @param {import("/sdk/api.js").API} api
   * @param {import("/admin/stock-store.js").StockStore} stock
   */
  constructor(api, stock) {
    super();
    this.api = api;
    this.stock = stock;
    /** @type {Map<number, Alert>} */
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

  async load() {
    this.late = [];
    /** @type {Map<number, Alert>} */
    const alerts = new Map();
    let seq = 0;
    this.isCut = false;
    for await (const page of this.api.pages("/api/alerts", { most: MOST_ALERTS })) {
      seq ||= page.seq;
      for (const item of page.body.items) alerts.set(item.variantId, alertOf(item));
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
    const alert = this.alerts.get(id);
    if (event.type === "stock_alert") {
      if (data.stockLevel === "ok") this.alerts.delete(id);
      else {
        this.alerts.set(id, {
          variantId: id, productId: data.productId, sku: data.sku, title: this.stock.rows.get(id)?.title ?? data.sku,
          level: data.stockLevel, stock: data.stock, threshold: data.threshold, seq: event.seq, since: event.timestamp,
          acknowledgement: null,
        });
      }
    } else if (event.type === "alert_acknowledged" && alert && alert.seq === data.alertSeq) {
      this.alerts.set(id, { ...alert, acknowledgement: { by: data.by, at: event.timestamp, note: data.note ?? null } });
    } else if (event.type === "inventory_updated" && alert && data.stock !== undefined) {
      // A variant that never had stock has an entry without an alert. It ends without an event of its own.
      if (data.level === "ok") this.alerts.delete(id);
      else this.alerts.set(id, { ...alert, stock: data.stock, level: data.level });
    } else if (event.type === "catalogue_changed" && data.change === "removed" && alert) {
      this.alerts.delete(id);
    } else {
      return;
    }
    this.tell();
  }

  /**
   * Acknowledges an alert.
   *
   * @param {Alert} alert
   * @param {string} note
   * @throws {import("/sdk/errors.js").Problem}
   */
  async acknowledge(alert, note) {
    const { body } = await this.api.call(`/api/alerts/${alert.seq}/acknowledgement`, { method: "POST", body: { note } });
    this.alerts.set(alert.variantId, alertOf(body));
    this.tell();
    return /** @type {Acknowledgement} */ (body.acknowledgement);
  }
}

/**
 * @param {any} item of `GET /api/alerts`
 * @returns {Alert}
 */
function alertOf(item) {
  return {
    variantId: item.variantId, productId: item.productId, sku: item.sku, title: titleOf(item), level: item.stockLevel, stock: item.stock,
    threshold: item.threshold, seq: item.seq, since: item.since, acknowledgement: item.acknowledgement,
  };
}
