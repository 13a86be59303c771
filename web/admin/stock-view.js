// @ts-check
// The view of the stock, a live table.

import { AdjustDialog } from "./adjust-dialog.js";
import { select } from "./stock-query.js";
import { StockRow, COLUMNS } from "./stock-row.js";
import { text } from "./texts.js";
import { VirtualList } from "./virtual-list.js";
import { field, make, option, setText } from "../shared/dom.js";
import { formatLocation, formatUnits } from "../shared/format.js";

/** Rows whose order has changed are moved after so many milliseconds, unless the table is being used. */
const REORDER = 1000;

/** The search and the order, kept as long as the page is open. */
const remembered = { search: "", location: "", level: "", column: "item", descending: false };

export class StockView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("stock.title");
    this.query = remembered;
    /** @type {AbortController | null} */
    this.selecting = null;
    this.isOutOfOrder = false;
    this.row = new StockRow(() => this.query, (row) => this.adjust(row));
    this.heads = COLUMNS.map((column) => this.head(column));
    this.list = new VirtualList(
      {
        create: () => this.row.create(), show: (element, row) => this.row.show(element, row),
        open: (row) => app.go(`/variants/${row.id}`), key: (row, event) => this.onRowKey(row, event),
      }, { label: text("stock.table"), head: make("div", { class: "stock-row stock-head", role: "row" }, ...this.heads) });
    this.search = make("input", {
      id: "search", type: "search", placeholder: text("stock.searchHint"), autocomplete: "off", spellcheck: "false",
        "aria-keyshortcuts": "/",
      on: { input: () => this.set({ search: this.search.value }),
        keydown: (/** @type {KeyboardEvent} */ event) => this.onSearchKey(event) },
    });
    this.location = make("select", { id: "location", on: { change: () => this.set({ location: this.location.value }) } });
    this.level = make(
      "select", { id: "level", on: { change: () => this.set({ level: this.level.value }) } },
      option("", text("stock.allLevels")),
      ...["ok", "low", "out"].map((level) => option(level, text(`level.${level}`))));
    this.count = make("p", { class: "quiet small", role: "status", id: "count" });
    this.empty = make("div", { class: "note", hidden: true });
    this.element = make(
      "section", { class: "view stock-view", "aria-label": this.title },
      make("div", "tools", field(text("stock.search"), this.search), field(text("stock.location"), this.location),
        field(text("stock.level"), this.level)),
      make("div", "under-tools", this.count, make("p", "quiet small keys", text("stock.keys"))), this.list.element, this.empty);
    this.search.value = this.query.search;
    this.level.value = this.query.level;
    this.rows = () => this.arrange();
    this.values = () => this.onValues();
    app.stock.addEventListener("rows", this.rows);
    app.stock.addEventListener("loaded", this.rows);
    app.stock.addEventListener("values", this.values);
    this.timer = setInterval(() => this.reorder(), REORDER);
    this.arrange();
  }

  close() {
    this.app.stock.removeEventListener("rows", this.rows);
    this.app.stock.removeEventListener("loaded", this.rows);
    this.app.stock.removeEventListener("values", this.values);
    clearInterval(this.timer);
    this.selecting?.abort();
    this.list.close();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "/") return;
    event.preventDefault();
    this.search.focus();
    this.search.select();
  }

  /** @param {KeyboardEvent} event */
  onSearchKey(event) {
    if (event.key === "Escape" && this.search.value) this.set({ search: (this.search.value = "") });
    else if (event.key === "ArrowDown" || event.key === "Enter") this.list.focus(0);
    else return;
    event.preventDefault();
  }

  /**
   * @param {import("./variant-record.js").Row} row
   * @param {KeyboardEvent} event
   */
  onRowKey(row, event) {
    if (event.key.toLowerCase() !== "a") return false;
    this.adjust(row);
    return true;
  }

  /** @param {import("./variant-record.js").Row} row */
  adjust(row) { new AdjustDialog(this.app, row, this.query.location).open(); }

  /** @param {string} column */
  head(column) {
    const button = make("button", { type: "button", class: "sort", on: { click: () => this.sortBy(column) } },
      text(`stock.${column === "stock" ? "units" : column}`));
    const isNumber = column === "stock" || column === "price" || column === "changed";
    return make("div", { class: `cell ${column}${isNumber ? " number" : ""}`, role: "columnheader", data: { column } },
      column === "places" || column === "actions" ? make("span", column === "actions" ? "visually-hidden" : "",
      text(column === "actions" ? "stock.adjust" : "stock.places")) : button);
  }

  /** @param {string} column */
  sortBy(column) { this.set({ column, descending: this.query.column === column ? !this.query.descending : column === "changed" }); }

  /** @param {Partial<typeof remembered>} values */
  set(values) {
    Object.assign(this.query, values);
    this.list.scroller.scrollTop = 0;
    this.arrange();
  }

  /** Selects and sorts the rows. */
  async arrange() {
    this.selecting?.abort();
    const { signal } = (this.selecting = new AbortController());
    this.showLocations();
    for (const head of this.heads) {
      const isSorted = head.dataset.column === this.query.column;
      if (isSorted) head.setAttribute("aria-sort", this.query.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    const began = performance.now();
    const items = await select(this.app.stock.rows.values(), this.query, signal);
    if (!items || signal.aborted) return;
    performance.measure("arrange", { start: began });
    this.isOutOfOrder = false;
    this.list.setItems(items);
    this.showCount(items.length);
  }

  showLocations() {
    const codes = [...this.app.stock.locations.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
    if (this.location.options.length === codes.length + 1 && this.location.value === this.query.location) return;
    this.location.replaceChildren(
      option("", text("stock.allLocations")),
      ...codes.map((at) => option(at.code, formatLocation(at))));
    this.location.value = this.query.location;
  }

  /** @param {number} shown */
  showCount(shown) {
    const { stock } = this.app;
    const count = stock.rows.size;
    setText(
      this.count, !stock.isLoaded ? text("stock.loading", { count })
        : shown === count ? text("stock.count", { count }) : text("stock.countOf", { count, shown: formatUnits(shown) }));
    this.empty.hidden = shown > 0 || !stock.isLoaded;
    this.list.element.hidden = shown === 0 && stock.isLoaded;
    if (this.empty.hidden) return;
    const clear = () => {
      this.search.value = this.level.value = this.location.value = "";
      this.set({ search: "", level: "", location: "" });
    };
    this.empty.replaceChildren(
      make("p", {}, text(count ? "stock.noMatch" : "stock.none")),
      ...(count ? [make("button", { type: "button", on: { click: clear } }, text("stock.clear"))] : []));
  }

  onValues() {
    const { changed } = this.app.stock;
    this.list.refresh((row) => changed.has(row));
    this.isOutOfOrder ||= this.query.level !== "" || ["stock", "level", "changed", "price", "status"].includes(this.query.column);
  }

  /** Moves rows to their places, unless the pointer or the focus is in the table. */
  reorder() {
    if (this.isOutOfOrder && !this.list.element.matches(":hover, :focus-within") && !document.querySelector("dialog[open]")) this.arrange();
  }
}

