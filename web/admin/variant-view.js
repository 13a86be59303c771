// @ts-check
// The view of one variant: its stock by location, price, status and history.

import { AdjustDialog } from "./adjust-dialog.js";
import { reasonOf } from "./app.js";
import { PriceForm } from "./price-form.js";
import { text } from "./texts.js";
import { ThresholdsForm } from "./thresholds-form.js";
import { VariantHistory } from "./variant-history.js";
import { Problem } from "../sdk/errors.js";
import { make, setText } from "../shared/dom.js";
import { formatLocation, formatUnits } from "../shared/format.js";
import { flash } from "../shared/frames.js";

export class VariantView {
  /**
   * @param {import("./app.js").App} app
   * @param {number} id
   */
  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.title = text("variant.title");
    this.element = make("section", { class: "view variant-view", "aria-label": this.title }, make("p", "note", text("app.loading")));
    this.abort = new AbortController();
    /** @type {any} */
    this.variant = null;
    /** @type {VariantHistory | null} */
    this.history = null;
    this.values = () => this.onValues();
    app.stock.addEventListener("values", this.values);
    this.alerts = () => this.thresholds?.show();
    app.alerts.addEventListener("change", this.alerts);
    this.load();
  }

  close() {
    this.abort.abort();
    this.history?.close();
    this.app.stock.removeEventListener("values", this.values);
    this.app.alerts.removeEventListener("change", this.alerts);
  }

  async load() {
    try {
      const { body } = await this.app.api.get(`/api/variants/${this.id}`, this.abort.signal);
      this.variant = body;
      this.build(body);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const isUnknown = error instanceof Problem && error.code === "unknown_variant";
      const reason = isUnknown ? text("variant.unknown", { id: String(this.id) }) : text("app.failed", { reason: reasonOf(error) });
      this.element.replaceChildren(this.back(), make("p", "note bad", reason));
    }
  }

  back() { return make("a", { class: "back", href: "#/stock" }, "← ", text("variant.back")); }

  /** @param {any} variant of the API */
  build(variant) {
    const row = this.app.stock.put(variant);
    this.row = row;
    this.title = row.title;
    document.title = `${row.title} – ${text("app.name")}`;
    this.stock = make("span", "huge number");
    this.badge = make("span", "badge");
    this.sku = make("p", "code quiet", row.sku);
    this.places = make("tbody");
    const adjust = make("button", { type: "button", class: "primary", on: { click: () => this.adjust() } }, text("stock.adjust"));
    this.price = new PriceForm(this.app, row);
    this.thresholds = new ThresholdsForm(this.app, row);
    this.history?.close();
    this.history = new VariantHistory(this.app, row);
    this.element.replaceChildren(
      this.back(),
      make("header", "variant-head", make("div", "variant-name", make("h1", {}, row.title), this.sku),
        make("div", "variant-stock", this.stock, this.badge, adjust)),
      make("div", "variant-cards",
        make("section", { class: "card pad", "aria-labelledby": "places" }, make("h2", { id: "places" }, text("variant.locations")),
          this.placesTable()),
        make("section", { class: "card pad", "aria-labelledby": "price-title" }, make("h2", { id: "price-title" }, text("variant.edit")),
          this.price.element),
        make("section", "card pad", this.facts(variant))),
      make("section", { class: "card pad", "aria-labelledby": "thresholds-title" }, make("h2", { id: "thresholds-title" },
        text("thresholds.title")), this.thresholds.element),
      this.history.element);
    this.show();
  }

  placesTable() {
    const heads = ["stock.location", "variant.onHand", "variant.reserved", "variant.unavailable", "variant.incoming",
      "variant.available"];
    return make("table", "plain", make("thead", {}, make("tr", {}, ...heads.map((name, index) => make("th", { scope: "col",
      class: index ? "number" : "" }, text(name))))), this.places);
  }

  /** @param {any} variant */
  facts(variant) {
    const codes = variant.barcodes.map((/** @type {any} */ code) =>
      code.code ? text("variant.packOf", { code: code.code, count: code.units }) : code);
    const facts = [
      [text("variant.product"), `${variant.productName} (${variant.productId})`],
      [text("variant.threshold"), formatUnits(variant.lowStockThreshold)],
      ...(variant.rearm ? [[text("variant.rearm"), formatUnits(variant.rearm)]] : []),
      [text("variant.barcodes"), codes.join(", ") || text("variant.noBarcodes")],
      [text("variant.title"), String(variant.id)],
    ];
    return make("dl", "facts", ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  adjust() { if (this.row) new AdjustDialog(this.app, this.row, "").open(); }

  onValues() {
    if (this.row && this.app.stock.changed.has(this.row)) this.show();
  }

  show() {
    const { row } = this;
    if (!row || !this.stock || !this.badge || !this.sku || !this.places) return;
    const stock = formatUnits(row.stock);
    const hasMoved = this.stock.textContent !== "" && this.stock.textContent !== stock;
    setText(this.stock, stock);
    if (hasMoved) flash(this.stock);
    setText(this.sku, row.sku);
    setText(this.badge, text(`level.${row.level}`));
    this.badge.className = `badge ${row.level}`;
    this.price?.show();
    this.thresholds?.show();
    const lines = [...row.places].map(([location, available]) => {
      // Before its first event, what was just set here is known only as available.
      const units = row.units.get(location) ?? { onHand: available, reserved: 0, unavailable: 0, incoming: 0 };
      const place = formatLocation(this.app.stock.locations.get(location) ?? { code: location });
      return make("tr", {}, make("th", { scope: "row" }, place),
        ...[units.onHand, units.reserved, units.unavailable, units.incoming, available].map((value) => make("td", "number", formatUnits(value))));
    });
    this.places.replaceChildren(...(lines.length ? lines : [make("tr", {}, make("td", { colspan: 6, class: "quiet" },
      text("variant.noLocations")))]));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key.toLowerCase() === "a") this.adjust();
    else if (event.key === "Escape") this.app.go("/stock");
    else return;
    event.preventDefault();
  }
}
