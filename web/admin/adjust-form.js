// @ts-check
// The form of an adjustment: operation, quantity, location and reason.

import { text } from "./texts.js";
import { field, make, option, setText } from "../shared/dom.js";
import { formatLocation, formatUnits } from "../shared/format.js";

const OPERATIONS = ["add", "subtract", "set"];
const REASONS = ["received", "restock", "return", "sale", "damaged", "shrinkage", "correction", "count", "promotion"];
const MOST = 1_000_000_000;
const OTHER = "…";

export class AdjustForm {
  /**
   * @param {import("./variant-record.js").Row} row
   * @param {{ code: string, name: string }[]} locations
   * @param {string} location
   * @param {{ change: () => void, submit: () => void }} listeners `change` is called when another location is chosen
   */
  constructor(row, locations, location, { change, submit }) {
    this.now = 0;
    /** @type {number | null} */
    this.conflict = null;
    const preview = () => this.preview(this.now);
    this.operations = OPERATIONS.map((name, index) =>
      make("input", { type: "radio", name: "operation", value: name, id: `operation-${name}`, checked: index === 0,
        on: { change: preview } }));
    this.quantity = make("input", { id: "quantity", type: "number", inputmode: "numeric", min: 0, max: MOST, step: 1, value: 1,
      required: true, on: { input: preview } });
    const codes = locations.length ? locations : [...row.places.keys()].map((code) => ({ code, name: code }));
    this.location = make(
      "select", { id: "at", on: { change } },
      ...codes.sort((a, b) => (a.code < b.code ? -1 : 1)).map((at) => option(at.code, formatLocation(at))));
    const fullest = [...row.places].sort((a, b) => b[1] - a[1])[0]?.[0];
    this.location.value = location || fullest || codes[0]?.code || "";
    this.reason = make(
      "select", { id: "reason", on: { change: () => this.showOther() } }, option("", text("adjust.noReason")),
      ...REASONS.map((reason) => option(reason, text(`reason.${reason}`))), option(OTHER, text("adjust.otherReason")));
    this.other = make("input", { id: "other", maxlength: 200, hidden: true, "aria-label": text("adjust.otherReason") });
    this.before = make("output", "number");
    this.then = make("output", "number");
    this.place = make("span", "label quiet small");
    this.message = make("p", { class: "note warn", role: "alert", hidden: true });
    this.apply = make("button", { class: "primary", type: "submit" }, text("adjust.apply"));
    const cancel = make("button", { type: "button", on: { click: () => this.element.close() } }, text("adjust.cancel"));
    const form = make(
      "form", { method: "dialog", on: { submit: (/** @type {Event} */ event) => this.onSubmit(event, submit) } },
      make("h2", { id: "adjust-title" }, text("adjust.title")), make("p", "adjust-item", row.title, " ", make("span", "code quiet",
        row.sku)),
      make(
        "fieldset", "choices", make("legend", "visually-hidden", text("adjust.operation")),
        ...this.operations.map((input) => make("label", "choice", input, make("span", {}, text(`adjust.${input.value}`))))),
      make("div", "adjust-fields", field(text("adjust.quantity"), this.quantity), field(text("adjust.location"), this.location),
        field(text("adjust.reason"), this.reason, this.other)),
      make("div", "adjust-preview", make("div", {}, this.place, this.before), make("span", { class: "arrow", "aria-hidden": "true" }, "→"),
        make("div", {}, make("span", "label quiet small", text("adjust.then")), this.then)),
      this.message, make("div", "buttons", cancel, this.apply));
    this.element = make("dialog", { class: "dialog", "aria-labelledby": "adjust-title" }, form);
  }

  get operation() { return this.operations.find((input) => input.checked)?.value ?? "add"; }

  /**
   * The stock after the change.
   *
   * @param {number} before
   */
  after(before) {
    const units = Number(this.quantity.value) || 0;
    return this.operation === "set" ? units : this.operation === "add" ? before + units : before - units;
  }

  /** @param {number} before */
  preview(before) {
    this.now = before;
    const after = this.after(before);
    setText(this.place, text("adjust.now", { location: this.location.value }));
    setText(this.before, formatUnits(before));
    setText(this.then, formatUnits(after));
    this.then.classList.toggle("bad", after < 0);
    this.quantity.min = this.operation === "set" ? "0" : "1";
  }

  /**
   * Shows why the adjustment was not applied. With `stock`, the button says that the next attempt applies to that stock.
   *
   * @param {string} message
   * @param {number | null} stock
   */
  showConflict(message, stock) {
    this.conflict = stock;
    setText(this.message, message);
    this.message.hidden = message === "";
    setText(this.apply, stock === null ? text("adjust.apply") : text("adjust.again", { stock }));
  }

  /** @param {boolean} isBusy */
  setBusy(isBusy) {
    this.apply.setAttribute("aria-disabled", String(isBusy));
    if (isBusy) setText(this.apply, text("adjust.applying"));
    else setText(this.apply, this.conflict === null ? text("adjust.apply") : text("adjust.again", { stock: this.conflict }));
  }

  showOther() {
    this.other.hidden = this.reason.value !== OTHER;
    if (!this.other.hidden) this.other.focus();
  }

  /** Returns the adjustment, or `null` if the input is not valid. */
  read() {
    const quantity = Number(this.quantity.value);
    const least = this.operation === "set" ? 0 : 1;
    const isRight = this.quantity.value !== "" && Number.isInteger(quantity) && quantity >= least && quantity <= MOST;
    this.quantity.setAttribute("aria-invalid", String(!isRight));
    if (!isRight) {
      this.showConflict(text("adjust.badQuantity", { least, most: MOST }), null);
      this.quantity.select();
      return null;
    }
    const reason = this.reason.value === OTHER ? this.other.value.trim() : this.reason.value;
    return { operation: this.operation, quantity, location: this.location.value, ...(reason && { reason }) };
  }

  /**
   * @param {Event} event
   * @param {() => void} submit
   */
  onSubmit(event, submit) {
    event.preventDefault();
    submit();
  }
}
