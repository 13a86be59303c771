// @ts-check
// Adjusting one variant's stock at one location. The change is shown at once, and rolled back if the server refuses it.

import { AdjustForm } from "./adjust-form.js";
import { reasonOf } from "./app.js";
import { showDialog } from "./dialog.js";
import { text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

/** @typedef {import("./variant-record.js").Row} Row */

/**
 * The dialog for an adjustment. It sends the stock that the user has seen as `expected`, so that nobody overwrites a change that he has not
 * seen. If the stock has changed meanwhile, the dialog shows the new stock, and Enter applies the adjustment to that.
 */
export class AdjustDialog {
  /**
   * @param {import("./app.js").App} app
   * @param {Row} row
   * @param {string} location the one that the table is filtered by, or empty
   */
  constructor(app, row, location) {
    this.app = app;
    this.row = row;
    this.form = new AdjustForm(row, [...app.stock.locations.values()], location, { change: () => this.look(),
      submit: () => this.submit() });
    this.element = this.form.element;
    /** The stock at the location that the user has seen. */
    this.seen = 0;
    this.isSending = false;
    this.values = () => app.stock.changed.has(row) && this.onValues();
    app.stock.addEventListener("values", this.values);
  }

  open() {
    this.look();
    showDialog(this.element, () => this.app.stock.removeEventListener("values", this.values));
    this.form.quantity.select();
  }

  get here() { return this.row.places.get(this.form.location.value) ?? 0; }

  /** Takes the current stock as seen. */
  look() {
    this.seen = this.here;
    this.form.showConflict("", null);
    this.form.preview(this.seen);
  }

  onValues() {
    if (!this.isSending && this.here !== this.seen) this.reportConflict(this.here);
  }

  /** @param {number} stock the current stock */
  reportConflict(stock) {
    const location = this.form.location.value;
    this.form.showConflict(text("adjust.conflict", { location, stock, seen: this.seen }), stock);
    this.seen = stock;
    this.form.preview(stock);
  }

  async submit() {
    const change = this.form.read();
    if (!change || this.isSending) return;
    this.isSending = true;
    this.form.setBusy(true);
    const before = { stock: this.row.stock, place: this.row.places.get(change.location), version: this.row.version };
    this.showOptimistically(change);
    try {
      const { body } = await this.app.api.call(`/api/variants/${this.row.id}/inventory`, {
        method: "PATCH", body: { ...change, expected: this.seen }, key: randomID(),
      });
      const line = body.lines[0];
      const own = { stock: line.stock, level: line.level, version: line.version };
      if (line.version >= this.row.version) {
        this.row.places.set(line.location, line.locationStock);
        this.app.stock.note(this.row, own);
      }
      this.element.close();
      this.app.say(text("adjust.done", { item: this.row.title, previous: formatUnits(this.seen), stock: line.locationStock,
        location: line.location }));
    } catch (error) {
      this.rollBack(change.location, before);
      this.explain(error, change.location);
    } finally {
      this.isSending = false;
      this.form.setBusy(false);
    }
  }

  /**
   * Shows the change before the server has answered.
   *
   * @param {{ location: string, operation: string, quantity: number }} change
   */
  showOptimistically(change) {
    const after = this.form.after(this.seen);
    const sells = this.app.stock.locations.get(change.location)?.sells ?? true;
    this.row.places.set(change.location, after);
    this.app.stock.note(this.row, sells ? { stock: this.row.stock + after - this.seen } : {});
  }

  /**
   * @param {string} location
   * @param {{ stock: number, place: number | undefined, version: number }} before
   */
  rollBack(location, before) {
    // An event that came meanwhile has set the right values already.
    if (this.row.version !== before.version) return;
    if (before.place === undefined) this.row.places.delete(location);
    else this.row.places.set(location, before.place);
    this.app.stock.note(this.row, { stock: before.stock });
  }

  /**
   * @param {unknown} error
   * @param {string} location
   */
  explain(error, location) {
    if (error instanceof Problem && error.code === "stale_expectation" && error.available !== null) {
      this.row.places.set(location, error.available);
      this.reportConflict(error.available);
      return this.form.apply.focus();
    }
    const message =
      error instanceof Problem && error.code === "insufficient_stock"
        ? text("adjust.tooFew", { count: error.available ?? 0, location }) : text("adjust.failed", { reason: reasonOf(error) });
    this.form.showConflict(message, null);
    setText(this.form.apply, text("adjust.apply"));
    this.form.quantity.select();
  }
}
