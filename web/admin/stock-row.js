// @ts-check
// The rows of the stock table. An element shows one variant after another.

import { stockOf } from "./stock-query.js";
import { text, textOr } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatPrice, formatTime, formatUnits } from "../shared/format.js";
import { flash } from "../shared/frames.js";

/** @typedef {import("./variant-record.js").Row} Row */

/** The columns in their order. `places` and `actions` cannot be sorted by. */
export const COLUMNS = ["item", "sku", "stock", "level", "places", "price", "status", "changed", "actions"];

/** @typedef {{ row: Row | null, version: number, shown: string, cells: Record<string, HTMLElement>, title: HTMLElement, sku: HTMLElement, badge: HTMLElement, button: HTMLButtonElement }} Parts */

/** Creates and fills rows. */
export class StockRow {
  /**
   * @param {() => import("./stock-query.js").Query} query
   * @param {(row: Row) => void} adjust
   */
  constructor(query, adjust) {
    this.query = query;
    this.adjust = adjust;
    /** @type {WeakMap<HTMLElement, Parts>} */
    this.parts = new WeakMap();
  }

  create() {
    /** @type {Record<string, HTMLElement>} */
    const cells = {};
    for (const column of COLUMNS) {
      const isNumber = column === "stock" || column === "price" || column === "changed";
      cells[column] = make("div", { class: `cell ${column}${isNumber ? " number" : ""}`, role: "gridcell" });
    }
    const title = make("span", "title");
    const sku = make("span", "code small quiet under");
    cells.item.append(title, sku);
    cells.sku.classList.add("code");
    const badge = make("span", "badge");
    cells.level.append(badge);
    const button = make("button", { type: "button", class: "compact", tabindex: -1 }, text("stock.adjust"));
    cells.actions.append(button);
    const element = make("div", { class: "stock-row", role: "row" }, ...Object.values(cells));
    const parts = { row: null, version: -1, shown: "", cells, title, sku, badge, button };
    this.parts.set(element, parts);
    button.addEventListener("click", () => parts.row && this.adjust(parts.row));
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {Row} row
   */
  show(element, row) {
    const parts = this.parts.get(element);
    if (!parts) return;
    const stock = formatUnits(stockOf(row, this.query()));
    const isSame = parts.row === row;
    const state = `${row.version} ${stock} ${row.title} ${row.status} ${row.price}`;
    if (isSame && parts.shown === state) return;
    const hasMoved = isSame && parts.cells.stock.textContent !== stock;
    parts.row = row;
    parts.shown = state;
    const { cells } = parts;
    setText(parts.title, row.title);
    setText(parts.sku, row.sku);
    setText(cells.sku, row.sku);
    setText(cells.stock, stock);
    setText(parts.badge, text(`level.${row.level}`));
    parts.badge.className = `badge ${row.level}`;
    setText(cells.places, places(row));
    setText(cells.price, formatPrice(row.price));
    setText(cells.status, textOr(`status.${row.status}`, row.status));
    setText(cells.changed, row.changedAt ? formatTime(row.changedAt) : "");
    element.classList.toggle("is-inactive", row.status !== "active");
    parts.button.setAttribute("aria-label", text("stock.adjustOf", { item: row.title }));
    if (hasMoved) flash(cells.stock);
    else if (!isSame) delete cells.stock.dataset.changed;
  }
}

/**
 * Returns the locations in short, the one with most stock first.
 *
 * @param {Row} row
 */
function places(row) {
  const there = [...row.places].filter(([, stock]) => stock !== 0).sort((a, b) => b[1] - a[1]);
  if (there.length === 0) return "";
  const first = `${there[0][0]} ${formatUnits(there[0][1])}`;
  return there.length === 1 ? first : text("stock.morePlaces", { first, count: there.length - 1 });
}
