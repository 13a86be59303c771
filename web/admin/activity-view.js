// @ts-check
// The view of all events, live.

import { eventText } from "./event-text.js";
import { text, textOr } from "./texts.js";
import { isMovement, undoButton } from "./undo-dialog.js";
import { VirtualList } from "./virtual-list.js";
import { make, setText } from "../shared/dom.js";
import { formatTime } from "../shared/format.js";

const TYPES = [
  "inventory_updated", "stock_alert", "alert_acknowledged", "product_status_changed", "catalogue_changed", "device_offline",
    "device_online",
  "display_stale", "display_current", "serial_repeated", "scan_set_aside",
  "reservation_changed",
];
/** If fewer events of the chosen types are kept, older ones are read from the server. */
const ENOUGH = 100;

/**
 * The chosen types; none stands for all types.
 *
 * @type {Set<string>}
 */
const chosen = new Set();

export class ActivityView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("activity.title");
    /**
     * Older events of the chosen types.
     *
     * @type {any[]}
     */
    this.older = [];
    /** @type {WeakMap<HTMLElement, { seq: number, time: HTMLElement, type: HTMLElement, what: HTMLElement, undo: HTMLButtonElement, event: any }>} */
    this.parts = new WeakMap();
    this.list = new VirtualList(
      { create: () => this.create(), show: (element, event) => this.showRow(element, event), open: (event) => this.open(event) },
      { label: text("activity.table") });
    this.buttons = ["", ...TYPES].map((type) =>
      make("button", { type: "button", class: "compact", data: { type }, on: { click: () => this.choose(type) } },
        type ? text(`event.${type}`) : text("activity.all")));
    // This has not the role of a status, because it changes with every event.
    this.count = make("p", { class: "quiet small", id: "count" });
    this.newer = make("button", { type: "button", class: "compact newer", hidden: true, on: { click: () => this.toTop() } });
    this.empty = make("p", { class: "note", hidden: true }, text("activity.none"));
    this.unread = 0;
    this.element = make(
      "section", { class: "view activity-view", "aria-label": this.title }, make("div", "view-head", make("h1", {}, this.title),
        this.count, this.newer),
      make("div", { class: "chips", role: "group", "aria-label": text("activity.filter") }, ...this.buttons), this.list.element,
        this.empty);
    this.change = (/** @type {Event} */ event) => this.show(/** @type {CustomEvent} */ (event).detail ?? 0);
    app.activity.addEventListener("change", this.change);
    this.list.scroller.addEventListener("scroll", () => this.list.scroller.scrollTop === 0 && this.toTop(), { passive: true });
    this.show(0);
    this.readOlder();
  }

  close() {
    this.app.activity.removeEventListener("change", this.change);
    this.list.close();
  }

  /** @param {string} type */
  choose(type) {
    if (type === "") chosen.clear();
    else if (!chosen.delete(type)) chosen.add(type);
    this.older = [];
    this.list.scroller.scrollTop = 0;
    this.show(0);
    this.readOlder();
  }

  toTop() {
    this.unread = 0;
    this.newer.hidden = true;
    this.list.scroller.scrollTop = 0;
  }

  get fitting() { return this.app.activity.events.filter((event) => chosen.size === 0 || chosen.has(event.type)); }

  async readOlder() {
    if (chosen.size === 0 || this.fitting.length >= ENOUGH) return;
    const types = [...chosen];
    try {
      const older = await this.app.activity.ofTypes(types);
      if (types.join() !== [...chosen].join()) return;
      this.older = older;
      this.show(0);
    } catch {
      // The events that are kept are shown. The header says that the server cannot be reached.
    }
  }

  /** @param {number} fresh the number of new events */
  show(fresh) {
    const here = this.fitting;
    const last = here.at(-1)?.seq ?? Infinity;
    const items = [...here, ...this.older.filter((event) => event.seq < last)];
    for (const button of this.buttons) button.setAttribute("aria-pressed",
      String(button.dataset.type ? chosen.has(button.dataset.type) : chosen.size === 0));
    const { scroller, rowHeight } = this.list;
    const added = items.length && this.list.items.length ? items.findIndex((event) => event.seq <= this.list.items[0].seq) : 0;
    this.list.setItems(items);
    // The events that are being read stay in their place on the screen.
    if (scroller.scrollTop > 0 && fresh > 0 && added > 0) {
      scroller.scrollTop += added * rowHeight;
      this.unread += added;
      this.newer.hidden = false;
      setText(this.newer, `↑ ${text("activity.newer", { count: this.unread })}`);
    }
    setText(this.count, text("activity.count", { count: items.length }));
    this.empty.hidden = items.length > 0;
    this.list.element.hidden = items.length === 0;
  }

  create() {
    const when = make("div", { class: "cell when number", role: "gridcell" });
    const badge = make("span", "badge");
    const what = make("div", { class: "cell what", role: "gridcell" });
    const undo = undoButton(() => parts.event, this.app, -1);
    const element = make("div", { class: "activity-row", role: "row" }, when, make("div", { class: "cell type", role: "gridcell" },
      badge), what, make("div", { class: "cell actions", role: "gridcell" }, undo));
    const parts = { seq: -1, time: when, type: badge, what, undo, event: null };
    this.parts.set(element, parts);
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {any} event
   */
  showRow(element, event) {
    const parts = this.parts.get(element);
    if (!parts || parts.seq === event.seq) return;
    parts.seq = event.seq;
    parts.event = event;
    parts.undo.hidden = !isMovement(event);
    if (!parts.undo.hidden) parts.undo.setAttribute("aria-label", text("undo.buttonOf", { item: event.data.sku, time: formatTime(event.timestamp) }));
    setText(parts.time, formatTime(event.timestamp));
    setText(parts.type, textOr(`event.${event.type}`, event.type));
    const level = event.type === "stock_alert" ? event.data.stockLevel : /offline|stale|repeated/.test(event.type) ? "low" : "";
    parts.type.className = `badge ${level}`;
    setText(parts.what, eventText(event));
  }

  /** @param {any} event */
  open(event) {
    const row = event.data.productId === undefined ? undefined : this.app.stock.rowOf(event.data);
    if (row) this.app.go(`/variants/${row.id}`);
  }
}
