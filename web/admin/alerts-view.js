// @ts-check
// The view of the alerts, live, with their acknowledgements.

import { MOST_ALERTS } from "./alert-store.js";
import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { VirtualList } from "./virtual-list.js";
import { Problem } from "../sdk/errors.js";
import { field, make, setText } from "../shared/dom.js";
import { formatLocation, formatTime, formatUnits } from "../shared/format.js";

/** @typedef {import("./alert-store.js").Alert} Alert */
/** @typedef {{ alert: Alert | null, badge: HTMLElement, title: HTMLElement, detail: HTMLElement, since: HTMLElement, acknowledged: HTMLElement, button: HTMLButtonElement }} Parts */

const SHOWN = ["unacknowledged", "all", "never"];
let remembered = "unacknowledged";

export class AlertsView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("alerts.title");
    /** @type {WeakMap<HTMLElement, Parts>} */
    this.parts = new WeakMap();
    this.list = new VirtualList(
      {
        create: () => this.create(), show: (element, alert) => this.showRow(element, alert),
        open: (alert) => app.go(`/variants/${alert.variantId}`), key: (alert, event) => this.onRowKey(alert, event),
      }, { label: text("alerts.table") });
    this.buttons = SHOWN.map((name) =>
      make("button", { type: "button", class: "compact", data: { shown: name }, on: { click: () => this.choose(name) } },
        text(`alerts.${name}`)));
    this.count = make("p", { class: "quiet small", role: "status", id: "count" });
    this.empty = make("p", { class: "note", hidden: true }, text("alerts.none"));
    this.element = make(
      "section", { class: "view alerts-view", "aria-label": this.title }, make("div", "view-head", make("h1", {}, this.title), this.count),
      make("div", { class: "chips", role: "group", "aria-label": text("alerts.show") }, ...this.buttons), this.list.element, this.empty);
    this.change = () => this.show();
    app.alerts.addEventListener("change", this.change);
    this.show();
  }

  close() {
    this.app.alerts.removeEventListener("change", this.change);
    this.list.close();
  }

  /** @param {string} name */
  choose(name) {
    remembered = name;
    this.show();
  }

  show() {
    const fits = (/** @type {Alert} */ alert) =>
      remembered === "never" ? alert.seq === null : alert.seq !== null && (remembered === "all" || !alert.acknowledgement);
    const alerts = [...this.app.alerts.alerts.values()].filter(fits).sort((a,
      b) => (b.seq ?? 0) - (a.seq ?? 0) || a.variantId - b.variantId);
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.shown === remembered));
    this.list.setItems(alerts);
    const count = text("alerts.count", { count: alerts.length });
    setText(this.count, this.app.alerts.isCut ? `${count}. ${text("alerts.more", { count: MOST_ALERTS })}` : count);
    this.empty.hidden = alerts.length > 0;
    this.list.element.hidden = alerts.length === 0;
  }

  create() {
    const badge = make("span", "badge");
    const title = make("span", "title");
    const detail = make("span", "small quiet under");
    const since = make("div", { class: "cell since number", role: "gridcell" });
    const acknowledged = make("span", "acknowledged small");
    const button = make("button", { type: "button", class: "compact", tabindex: -1 }, text("alerts.acknowledge"));
    const element = make(
      "div", { class: "alert-row", role: "row" }, make("div", { class: "cell level", role: "gridcell" }, badge),
      make("div", { class: "cell item", role: "gridcell" }, title, detail), since, make("div", { class: "cell acknowledgement",
        role: "gridcell" }, acknowledged, button));
    const parts = { alert: null, badge, title, detail, since, acknowledged, button };
    this.parts.set(element, parts);
    button.addEventListener("click", () => parts.alert && new AcknowledgeDialog(this.app, parts.alert).open());
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {Alert} alert
   */
  showRow(element, alert) {
    const parts = this.parts.get(element);
    if (!parts || parts.alert === alert) return;
    parts.alert = alert;
    setText(parts.badge, text(`level.${alert.level}`));
    parts.badge.className = `badge ${alert.level}`;
    setText(parts.title, alert.title);
    const place = alert.location === null ? "" : formatLocation(this.app.stock.locations.get(alert.location) ?? { code: alert.location });
    setText(parts.detail, `${alert.sku} · ${text(place ? "alerts.stockAt" : "alerts.stock", { stock: formatUnits(alert.stock),
      threshold: formatUnits(alert.threshold), location: place })}`);
    setText(parts.since, alert.since ? formatTime(alert.since) : "");
    const { acknowledgement } = alert;
    setText(parts.acknowledged, acknowledgement ? text(acknowledgement.note ? "alerts.acknowledgedNote" : "alerts.acknowledgedBy", { by: acknowledgement.by,
      time: formatTime(acknowledgement.at), note: acknowledgement.note ?? "" }) : "");
    parts.button.hidden = acknowledgement !== null || alert.seq === null;
    parts.button.setAttribute("aria-label", text("alerts.acknowledgeOf", { item: alert.title }));
  }

  /**
   * @param {Alert} alert
   * @param {KeyboardEvent} event
   */
  onRowKey(alert, event) {
    if (event.key.toLowerCase() !== "a" || alert.acknowledgement || alert.seq === null) return false;
    new AcknowledgeDialog(this.app, alert).open();
    return true;
  }
}

/** The dialog that acknowledges an alert, with an optional note. */
class AcknowledgeDialog {
  /**
   * @param {import("./app.js").App} app
   * @param {Alert} alert
   */
  constructor(app, alert) {
    this.app = app;
    this.alert = alert;
    this.opener = document.activeElement;
    this.note = make("input", { id: "note", maxlength: 200, autocomplete: "off" });
    this.button = make("button", { class: "primary", type: "submit" }, text("alerts.acknowledge"));
    const cancel = make("button", { type: "button", on: { click: () => this.element.close() } }, text("adjust.cancel"));
    this.element = make("dialog", { class: "dialog", "aria-labelledby": "acknowledge-title" }, make(
      "form", { method: "dialog", on: { submit: (/** @type {Event} */ event) => this.submit(event) } }, make("h2",
        { id: "acknowledge-title" }, text("alerts.acknowledgeOf", { item: alert.title })),
      field(text("alerts.note"), this.note), make("div", "buttons", cancel, this.button)));
    this.element.addEventListener("close", () => this.close());
  }

  open() {
    document.body.append(this.element);
    this.element.showModal();
    this.note.focus();
  }

  close() {
    this.element.remove();
    if (this.opener instanceof HTMLElement) this.opener.focus();
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    try {
      const { by } = await this.app.alerts.acknowledge(this.alert, this.note.value.trim());
      const me = this.app.session.state?.user;
      if (by !== me) this.app.say(text("alerts.already", { by }));
    } catch (error) {
      const isOver = error instanceof Problem && error.code === "unknown_alert";
      this.app.say(isOver ? text("alerts.gone") : text("adjust.failed", { reason: reasonOf(error) }), true);
    }
    this.element.close();
  }
}
