// @ts-check
// The history of a variant: a chart of its stock, the same as a table, and its events.

import { reasonOf } from "./app.js";
import { StockChart } from "./chart.js";
import { eventText } from "./event-text.js";
import { signed, text } from "./texts.js";
import { isMovement, undoButton } from "./undo-dialog.js";
import { make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

const DAY = 86_400_000;
const RANGES = { day: DAY, week: 7 * DAY, month: 30 * DAY, all: Infinity };
/** At most so many changes are in the chart, and so many rows in the tables. */
const MOST = 3000;
const LINES = 200;
/** Milliseconds between two redraws. */
const PAUSE = 200;

export class VariantHistory {
  /**
   * @param {import("./app.js").App} app
   * @param {import("./variant-record.js").Row} row
   */
  constructor(app, row) {
    this.app = app;
    this.row = row;
    this.range = "week";
    /**
     * The events, newest first.
     *
     * @type {any[]}
     */
    this.events = [];
    this.isCut = false;
    this.abort = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.chart = new StockChart();
    this.note = make("p", { class: "small quiet", role: "status" });
    this.table = make("tbody");
    this.list = make("ol", "events");
    this.buttons = Object.keys(RANGES).map((name) =>
      make("button", { type: "button", class: "compact", "aria-pressed": String(name === this.range), data: { range: name },
        on: { click: () => this.choose(name) } }, text(`chart.${name}`)));
    const heads = ["chart.time", "chart.stock", "chart.change", "chart.location", "chart.reason", "chart.source"];
    const table = make("table", "plain", make("thead", {}, make("tr", {}, ...heads.map((name, index) => make("th", { scope: "col",
      class: index === 1 || index === 2 ? "number" : "" }, text(name))))), this.table);
    this.element = make("div", "history",
      make("section", { class: "card pad", "aria-labelledby": "history" },
        make("div", "history-head", make("h2", { id: "history" }, text("variant.history")), make("div", { class: "ranges", role: "group",
          "aria-label": text("chart.range") }, ...this.buttons)),
        this.chart.element, this.note, make("details", {}, make("summary", {}, text("chart.table")), make("div", { class: "scroll",
          tabindex: 0, role: "region", "aria-label": text("chart.table") }, table))),
      make("section", { class: "card pad", "aria-labelledby": "events" }, make("h2", { id: "events" }, text("variant.events")), this.list));
    this.onEvent = (/** @type {Event} */ event) => this.take(/** @type {CustomEvent} */ (event).detail);
    app.live.addEventListener("event", this.onEvent);
    this.load();
  }

  close() {
    this.abort.abort();
    this.chart.close();
    this.app.live.removeEventListener("event", this.onEvent);
    clearTimeout(this.timer);
  }

  /** @param {string} range */
  choose(range) {
    this.range = range;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.range === range));
    this.load();
  }

  get from() {
    const span = RANGES[/** @type {keyof RANGES} */ (this.range)];
    return Number.isFinite(span) ? Date.now() - span : null;
  }

  async load() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    const from = this.from === null ? "" : `&from=${encodeURIComponent(new Date(this.from).toISOString())}`;
    setText(this.note, text("app.loading"));
    try {
      /** @type {any[]} */
      const events = [];
      let isCut = false;
      for await (const page of this.app.api.pages(`/api/events?variant=${this.row.id}${from}`, { most: MOST, signal })) {
        events.push(...page.body.items);
        isCut = page.body.nextCursor !== null;
      }
      this.events = events;
      this.isCut = isCut;
      this.show();
    } catch (error) {
      if (!signal.aborted) setText(this.note, text("app.failed", { reason: reasonOf(error) }));
    }
  }

  /**
   * Returns the time at which the chart begins: the start of the period, or of what is known.
   *
   * @param {{ at: number }[]} points oldest first
   */
  start(points) {
    const created = this.events.find(({ type, data }) => type === "catalogue_changed" && data.change === "created");
    const known = this.isCut || this.from === null ? points[0]?.at : created && Date.parse(created.timestamp);
    return known ?? this.from ?? Date.now() - DAY;
  }

  /** @param {any} event */
  take(event) {
    if (event.data.sku !== this.row.sku || event.seq <= (this.events[0]?.seq ?? 0)) return;
    this.events.unshift(event);
    if (this.events.length > MOST) this.isCut = this.events.pop() !== undefined;
    // A redraw with many changes takes longer than a frame, so not every event causes one.
    this.timer ??= setTimeout(() => this.show(), PAUSE);
  }

  show() {
    this.timer = undefined;
    const changes = this.events.filter((event) => event.type === "inventory_updated");
    const points = changes.map(({ timestamp, data }) => ({ at: Date.parse(timestamp), stock: data.stock,
      change: data.stock - data.previousStock })).reverse();
    const first = changes.at(-1);
    this.chart.show({
      points, before: first ? first.data.previousStock : this.row.stock, threshold: this.row.threshold, until: Date.now(),
      from: this.start(points),
    });
    setText(this.note, this.isCut ? text("chart.cut", { count: points.length }) : points.length === 0 ? text("chart.empty") : "");
    this.table.replaceChildren(...changes.slice(0, LINES).map(({ timestamp, data }) => make("tr", {},
      make("th", { scope: "row" }, formatTime(timestamp)), make("td", "number", formatUnits(data.stock)), make("td", "number",
        signed(data.stock - data.previousStock)),
      make("td", {}, data.location ?? ""), make("td", {}, data.reason ?? ""), make("td", "code small", data.source))));
    this.list.replaceChildren(...(this.events.length ? this.events.slice(0, LINES).map((event) => make("li", {},
      make("time", { class: "quiet small", datetime: event.timestamp }, formatTime(event.timestamp)), make("span", {},
        eventText(event)), isMovement(event) && undoButton(() => event, this.app))) : [make("li", "quiet", text("variant.noEvents"))]));
  }
}
