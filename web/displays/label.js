// @ts-check
// One shelf label, drawn like e-paper. A label is created once; later only what has changed is written.

import { drawSymbol, symbolOf } from "../shared/barcode.js";
import { make, setText } from "../shared/dom.js";
import { formatPrice, formatUnits } from "../shared/format.js";
import { flash } from "../shared/frames.js";
import { folded } from "../shared/search-folding.js";
import { texts as common } from "../shared/texts.js";
import { texts } from "./texts.js";

/**
 * The values that a label shows: those of the display's MQTT topic, and the barcode.
 *
 * @typedef {object} Values
 * @property {number} productId
 * @property {number | null} variantId `null` for a product without variants, as in events
 * @property {string} sku
 * @property {string} product
 * @property {string} variant empty for a product without variants
 * @property {readonly (string | { code: string, units?: number })[]} barcodes
 * @property {number} stock the stock at the location
 * @property {number} total the sum over the locations that sell
 * @property {number | null} price
 * @property {string} status
 * @property {string} level
 * @property {number} seq the event up to which the values hold
 */

/** A label, among the others or alone. */
export class Label {
  #product = make("p", "name");
  #variant = make("p", "variant");
  #price = make("p", "price number");
  #stock = make("span", "stock");
  #total = make("span", "total");
  #banner = make("p", { class: "banner", hidden: true });
  #sku = make("p", "sku code");
  #barcode = make("div", "symbol");
  #symbol = "";

  /**
   * @param {Values} values
   * @param {string} [address] of the page with this label alone; left out on that page itself
   */
  constructor(values, address) {
    this.values = values;
    const content = [
      make("div", "names", this.#product, this.#variant), this.#price, this.#banner,
      make("div", "foot", this.#barcode, make("div", "facts", this.#sku, make("p", "amounts", this.#stock, this.#total))),
    ];
    this.element = address ? make("a", { class: "label", href: address }, ...content) : make("div", "label", ...content);
    this.show(values, false);
  }

  /** The text in which a search looks. */
  get words() {
    const { product, variant, sku, barcodes } = this.values;
    return folded([product, variant, sku, ...barcodes.map((barcode) => (typeof barcode === "string" ? barcode : barcode.code))].join(" "));
  }

  /**
   * Shows these values.
   *
   * @param {Values} values
   * @param {boolean} isNews whether the values have changed just now
   */
  show(values, isNews) {
    this.values = values;
    const { product, variant, sku, stock, total, price, status, barcodes } = values;
    setText(this.#product, product);
    setText(this.#variant, variant);
    setText(this.#price, formatPrice(price));
    setText(this.#stock, texts.stock(formatUnits(stock)));
    setText(this.#total, texts.total(formatUnits(total)));
    setText(this.#sku, sku);
    const isActive = status === "active";
    this.#banner.hidden = isActive && stock > 0;
    setText(this.#banner, isActive ? texts.out : (common.status[status] ?? status));
    const state = !isActive ? "inactive" : stock === 0 ? "out" : "";
    if (this.element.dataset.state !== state) this.element.dataset.state = state;
    const symbol = JSON.stringify([barcodes, sku]);
    if (symbol !== this.#symbol) this.#drawSymbol(symbol);
    if (isNews) flash(this.element);
  }

  /** @param {string} symbol */
  #drawSymbol(symbol) {
    this.#symbol = symbol;
    const found = symbolOf(this.values.barcodes, this.values.sku);
    this.#barcode.replaceChildren(...(found ? [drawSymbol(found, 34)] : []));
  }
}
