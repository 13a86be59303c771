// @ts-check
// The last tries to deliver of one sink, and what went wrong.

import { reasonOf } from "./app.js";
import { showDialog } from "./dialog.js";
import { text, textOr } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

/** How often the list is read anew while the dialog is open, in milliseconds. */
const PERIOD = 3000;
const COLUMNS = ["at", "seq", "status", "milliseconds", "attempt", "error"];

/** The dialog. It shows the newest try first, and reads the list again every few seconds. */
export class DeliveriesDialog {
  /**
   * @param {import("./app.js").App} app
   * @param {string} sink its name
   */
  constructor(app, sink) {
    this.app = app;
    this.path = `/api/pipeline/${encodeURIComponent(sink)}/deliveries`;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.message = make("p", { class: "quiet", role: "status" }, text("app.loading"));
    this.rows = make("tbody");
    this.table = make(
      "div", { class: "deliveries", tabindex: 0, role: "region", "aria-labelledby": "deliveries-title", hidden: true }, make(
        "table", "plain small", make("thead", {}, make("tr", {}, ...COLUMNS.map((name) => make("th", { scope: "col" },
          text(`deliveries.${name}`))))), this.rows));
    const close = make("button", { type: "submit" }, text("deliveries.close"));
    const form = make(
      "form", { method: "dialog" }, make("h2", { id: "deliveries-title" }, text("deliveries.title", { sink })), this.message, this.table,
      make("div", "buttons", close));
    this.element = make("dialog", { class: "dialog wide", "aria-labelledby": "deliveries-title" }, form);
  }

  open() {
    showDialog(this.element, () => clearTimeout(this.timer));
    this.load();
  }

  async load() {
    try {
      const { body } = await this.app.api.get(this.path);
      this.show(body.items);
    } catch (error) {
      setText(this.message, text("app.failed", { reason: reasonOf(error) }));
      this.message.hidden = false;
    }
    if (this.element.open) this.timer = setTimeout(() => this.load(), PERIOD);
  }

  /** @param {any[]} items of `GET /api/pipeline/{sink}/deliveries` */
  show(items) {
    this.message.hidden = items.length > 0;
    this.table.hidden = items.length === 0;
    setText(this.message, text("deliveries.none"));
    this.rows.replaceChildren(...items.map((item) => make(
      "tr", {}, make("td", {}, formatTime(item.at)),
      make("td", "number", item.events === 1 ? formatUnits(item.seq) : text("deliveries.several", { seq: item.seq, count: item.events })),
      make("td", {}, make("span", `badge ${item.error === null ? "ok" : "out"}`, textOr(`deliveries.${item.status}`, String(item.status)))),
      make("td", "number", text("deliveries.time", { time: formatUnits(item.milliseconds) })),
      make("td", "number", formatUnits(item.attempt)), make("td", "error-text", item.error))));
  }
}
