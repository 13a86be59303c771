// @ts-check
// The form for a variant's SKU and price, and its product's status.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { field, make, option, setText } from "../shared/dom.js";

const STATUSES = ["draft", "active", "inactive", "discontinued"];

export class PriceForm {
  /**
   * @param {import("./app.js").App} app
   * @param {import("./variant-record.js").Row} row
   */
  constructor(app, row) {
    this.app = app;
    this.row = row;
    this.sku = make("input", { id: "sku", autocomplete: "off", spellcheck: "false", maxlength: 64, required: true });
    this.price = make("input", { id: "price", inputmode: "decimal", autocomplete: "off" });
    this.status = make("select", { id: "status" }, ...STATUSES.map((status) => option(status, text(`status.${status}`))));
    this.message = make("p", { class: "small", role: "status" });
    this.save = make("button", { type: "submit" }, text("variant.save"));
    /** The values that were shown last. A field that differs was changed by the user. */
    this.shown = { sku: "", price: "", status: "" };
    const hint = (/** @type {string} */ name) => make("span", "hint", text(name));
    this.element = make("form", { class: "price-form", on: { submit: (/** @type {Event} */ event) => this.submit(event) } },
      field(text("variant.sku"), this.sku, hint("variant.skuHint")), field(text("variant.price"), this.price, hint("variant.priceHint")),
      field(text("stock.status"), this.status, hint("variant.statusHint")), this.save, this.message);
    this.show();
  }

  /** Shows the current values, except in fields that the user has changed. */
  show() {
    const price = this.row.price === null ? "" : this.row.price.toFixed(2);
    if (this.sku.value === this.shown.sku) this.sku.value = this.row.sku;
    if (this.price.value === this.shown.price) this.price.value = price;
    if (this.status.value === this.shown.status || !this.shown.status) this.status.value = this.row.status;
    this.shown = { sku: this.row.sku, price, status: this.row.status };
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    const typed = this.price.value.trim().replace(",", ".");
    const isRight = /^(\d{1,11}(\.\d{1,2})?)?$/.test(typed);
    this.price.setAttribute("aria-invalid", String(!isRight));
    if (!isRight) {
      setText(this.message, text("variant.badPrice"));
      return this.price.select();
    }
    this.save.disabled = true;
    const sku = this.sku.value.trim();
    const values = { ...(sku !== this.shown.sku && { sku }), ...(typed !== this.shown.price && { price: typed === "" ? null : Number(typed) }) };
    try {
      if (Object.keys(values).length > 0) await this.change(`/api/variants/${this.row.id}`, values);
      if (this.status.value !== this.row.status) await this.change(`/api/products/${this.row.productId}/status`,
        { status: this.status.value });
      this.shown = { sku: this.sku.value, price: this.price.value, status: this.status.value };
      setText(this.message, text("variant.saved"));
      await this.app.stock.refresh(this.row.id);
      this.show();
    } catch (error) {
      setText(this.message, text("adjust.failed", { reason: reasonOf(error) }));
    } finally {
      this.save.disabled = false;
    }
  }

  /**
   * @param {string} path
   * @param {unknown} body
   */
  change(path, body) { return this.app.api.call(path, { method: "PATCH", body, key: randomID() }); }
}
