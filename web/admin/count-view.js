// @ts-check
// The view of one count: its lines with what was counted and what was there, and what can be done with it.

import { reasonOf } from "./app.js";
import { CountWatch, scopeOf } from "./counts-view.js";
import { signed, text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

const COLUMNS = ["item", "sku", "counted", "expected", "variance", "countedAt", "again"];
const NUMBERS = ["counted", "expected", "variance"];

export class CountView {
  /**
   * @param {import("./app.js").App} app
   * @param {string} id
   */
  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.title = text("counts.titleOf", { name: id });
    this.abort = new AbortController();
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.facts = make("p", "quiet");
    this.status = make("span", "badge");
    this.rows = make("tbody");
    this.buttons = make("div", "row-actions");
    const heads = COLUMNS.map((name) => make("th", { scope: "col", class: NUMBERS.includes(name) ? "number" : "" }, text(`counts.${name}`)));
    this.element = make("section", { class: "view counts-view scrolls", "aria-label": this.title },
      make("a", { class: "back", href: "#/counts" }, "← ", text("counts.back")),
      make("div", "view-head", make("h1", {}, this.title), this.status, this.buttons), this.facts, this.message,
      make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": text("counts.lines") },
        make("table", "plain", make("thead", {}, make("tr", {}, ...heads)), this.rows)));
    /** What is expected of a line changes with the stock of its location, until the count has ended. */
    this.watch = new CountWatch(app, () => this.load(), ({ type, data }) => (type === "count_changed" && data.countId === id)
      || (type === "inventory_updated" && this.isRunning && data.location === this.location && this.skus.has(data.sku)));
    this.isRunning = false;
    this.location = "";
    /** @type {Set<string>} */
    this.skus = new Set();
    this.load();
  }

  close() {
    this.watch.close();
    this.abort.abort();
  }

  path(action = "") { return `/api/counts/${encodeURIComponent(this.id)}${action}`; }

  async load() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      const { body } = await this.app.api.get(this.path(), signal);
      this.message.hidden = true;
      this.show(body);
    } catch (error) {
      if (signal.aborted) return;
      const isUnknown = error instanceof Problem && error.code === "unknown_count";
      this.watch.isOld = !isUnknown;
      this.fail(isUnknown ? text("counts.unknown", { name: this.id }) : text("app.failed", { reason: reasonOf(error) }));
    }
  }

  /** @param {string} message */
  fail(message) {
    setText(this.message, message);
    this.message.hidden = false;
  }

  /** @param {any} count */
  show(count) {
    this.isRunning = count.status === "open" || count.status === "closed";
    this.location = count.location;
    this.skus = new Set(count.lines.map((/** @type {any} */ line) => line.sku));
    setText(this.status, text(`counts.status.${count.status}`));
    this.status.className = `badge ${count.status === "closed" ? "low" : ""}`;
    const notes = [count.location, scopeOf(count), text("counts.openedBy", { by: count.openedBy, time: formatTime(count.openedAt) }),
      ...(count.blind ? [text("counts.blind")] : []), ...(count.tolerance ? [text("counts.within", { count: count.tolerance })] : []),
      ...(count.missing === "zero" ? [text("counts.zero")] : [])];
    setText(this.facts, notes.join(" · "));
    this.showButtons();
    // Somebody may be typing what was counted again.
    if (this.rows.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement) {
      this.watch.isOld = true;
      return;
    }
    const none = make("tr", {}, make("td", { colspan: COLUMNS.length, class: "quiet" }, text("counts.noLines")));
    this.rows.replaceChildren(...(count.lines.length ? count.lines.map((/** @type {any} */ line) => this.line(line, count)) : [none]));
  }

  showButtons() {
    // The button that has the focus keeps it.
    const shown = this.isRunning ? ["close", "post", "void"] : [];
    if (this.buttons.childElementCount === shown.length) return;
    const click = { close: () => this.act("close"), post: () => this.act("post"),
      void: () => confirm(text("counts.askVoid", { name: this.id })) && this.act("void") };
    this.buttons.replaceChildren(...shown.map((name) => make("button", { type: "button", class: name === "close" ? "primary" : "",
      on: { click: click[/** @type {keyof typeof click} */ (name)] } }, text(`counts.${name}`))));
  }

  /**
   * @param {any} line
   * @param {any} count
   */
  line(line, count) {
    const row = this.app.stock.rows.get(line.variantId ?? this.app.stock.defaults.get(line.productId) ?? -1);
    const variance = line.variance === undefined ? "–" : signed(line.variance);
    const isOver = line.variance !== undefined && Math.abs(line.variance) > count.tolerance;
    const item = row ? make("a", { href: `#/variants/${row.id}` }, row.title) : line.sku;
    return make("tr", {}, make("th", { scope: "row" }, item), make("td", "code", line.sku),
      make("td", "number", formatUnits(line.counted)), make("td", "number", formatUnits(line.expected)),
      make("td", "number", isOver ? make("strong", {}, variance) : variance,
        line.absorbed ? make("span", "badge", text("counts.absorbed")) : null),
      make("td", {}, formatTime(line.countedAt)), make("td", {}, this.isRunning ? this.again(line) : null));
  }

  /**
   * The form that replaces what was counted of an item.
   *
   * @param {any} line
   */
  again({ sku }) {
    const input = make("input", { inputmode: "numeric", autocomplete: "off", size: 6, "aria-label": text("counts.againOf", { sku }) });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const isRight = /^\d{1,10}$/.test(input.value.trim());
      input.setAttribute("aria-invalid", String(!isRight));
      if (!isRight) {
        input.select();
        return;
      }
      input.blur();
      await this.act("lines", { recount: true, lines: [{ sku, quantity: Number(input.value) }] });
    };
    return make("form", { class: "row-actions", on: { submit } }, input, make("button", { type: "submit", class: "compact",
      "aria-label": text("counts.setOf", { sku }) }, text("counts.set")));
  }

  /**
   * @param {"close" | "post" | "void" | "lines"} action
   * @param {object} body
   */
  async act(action, body = {}) {
    try {
      const answer = await this.app.api.call(this.path(`/${action}`), { method: "POST", body, key: randomID() });
      this.app.say(text(`counts.did.${action === "lines" ? "lines" : answer.body.status}`, { name: this.id }));
    } catch (error) {
      this.app.say(text("adjust.failed", { reason: reasonOf(error) }), true);
    }
    this.load();
  }
}
