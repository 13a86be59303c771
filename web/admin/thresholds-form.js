// @ts-check
// The thresholds of a variant at single locations, with the form that adds, changes and removes them.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { field, make, option, setText } from "../shared/dom.js";
import { formatLocation, formatUnits } from "../shared/format.js";

export class ThresholdsForm {
  /**
   * @param {import("./app.js").App} app
   * @param {import("./variant-record.js").Row} row
   */
  constructor(app, row) {
    this.app = app;
    this.row = row;
    this.rows = make("tbody");
    this.none = make("p", "quiet", text("thresholds.none"));
    const heads = ["stock.location", "thresholds.low", "thresholds.rearm", "stock.level", ""];
    this.table = make("table", "plain", make("thead", {}, make("tr", {}, ...heads.map((name, index) => name ? make("th", { scope: "col",
      class: index === 1 || index === 2 ? "number" : "" }, text(name)) : make("td")))), this.rows);
    this.location = make("select", { id: "threshold-location", on: { change: () => this.fill() } });
    const number = (/** @type {string} */ id) => make("input", { id, inputmode: "numeric", autocomplete: "off" });
    this.low = number("threshold-low");
    this.rearm = number("threshold-rearm");
    this.message = make("p", { class: "small", role: "status" });
    this.save = make("button", { type: "submit" }, text("thresholds.save"));
    const hint = (/** @type {string} */ name) => make("span", "hint", text(name));
    const form = make("form", { class: "price-form", on: { submit: (/** @type {Event} */ event) => this.submit(event) } },
      field(text("stock.location"), this.location), field(text("thresholds.low"), this.low, hint("thresholds.hint")),
      field(text("thresholds.rearm"), this.rearm, hint("thresholds.rearmHint")), this.save, this.message);
    this.element = make("div", "thresholds", make("div", "scroll", this.none, this.table), form);
    /** What is shown, to write it again only if it has changed. */
    this.shown = "";
    this.show();
    this.fill();
  }

  /** @param {string} code */
  place(code) { return formatLocation(this.app.stock.locations.get(code) ?? { code }); }

  /** Shows the current values, except in the form, which the user may be filling in. */
  show() {
    const codes = Object.keys(this.row.thresholds).sort();
    const lines = codes.map((code) => ({ code, ...this.row.thresholds[code], level: this.app.alerts.levelAt(this.row, code) }));
    const places = [...this.app.stock.locations.keys()].sort();
    const shown = JSON.stringify([lines, places]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.none.hidden = lines.length > 0;
    this.table.hidden = lines.length === 0;
    this.rows.replaceChildren(...lines.map((line) => this.line(line)));
    const chosen = this.location.value;
    this.location.replaceChildren(...places.map((code) => option(code, this.place(code))));
    if (places.includes(chosen)) this.location.value = chosen;
  }

  /** @param {{ code: string, low: number, rearm: number, level: string }} line */
  line({ code, low, rearm, level }) {
    const location = this.place(code);
    const button = (/** @type {string} */ name, /** @type {() => void} */ click) => make("button", { type: "button", class: "compact",
      "aria-label": text(`thresholds.${name}At`, { location }), on: { click } }, text(`thresholds.${name}`));
    const choose = () => {
      this.location.value = code;
      this.fill();
      this.low.select();
    };
    return make("tr", {}, make("th", { scope: "row" }, location), make("td", "number", formatUnits(low)), make("td", "number",
      formatUnits(rearm)), make("td", {}, make("span", `badge ${level}`, text(`level.${level}`))), make("td", {}, make("div",
      "row-actions", button("change", choose), button("remove", () => this.change(code, null)))));
  }

  /** Fills the form with the threshold of the chosen location. */
  fill() {
    const rule = this.row.thresholds[this.location.value];
    this.low.value = rule ? String(rule.low) : "";
    this.rearm.value = rule ? String(rule.rearm) : "0";
    setText(this.message, "");
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const numbers = [this.low, this.rearm].map((input) => {
      const isRight = /^\d{1,10}$/.test(input.value.trim());
      input.setAttribute("aria-invalid", String(!isRight));
      return isRight ? Number(input.value) : null;
    });
    const wrong = numbers.indexOf(null);
    if (wrong < 0) {
      this.change(this.location.value, { low: numbers[0], rearm: numbers[1] });
    } else {
      setText(this.message, text("thresholds.bad"));
      [this.low, this.rearm][wrong].select();
    }
  }

  /**
   * @param {string} code
   * @param {{ low: number | null, rearm: number | null } | null} rule `null` takes the threshold away
   */
  async change(code, rule) {
    this.save.disabled = true;
    try {
      await this.app.api.call(`/api/variants/${this.row.id}`, { method: "PATCH", body: { thresholds: { [code]: rule } }, key: randomID() });
      await this.app.stock.refresh(this.row.id);
      this.show();
      if (code === this.location.value) this.fill();
      setText(this.message, text("variant.saved"));
    } catch (error) {
      setText(this.message, text("adjust.failed", { reason: reasonOf(error) }));
    } finally {
      this.save.disabled = false;
    }
  }
}
