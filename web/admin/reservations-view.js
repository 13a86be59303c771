// @ts-check
// The view of open reservations: what is held for whom, and for how long.

import { reasonOf } from "./app.js";
import { duration, text } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

/** Milliseconds between two looks at the clock, and at most one reading of the list. */
const PERIOD = 1000;
/** At most so many rows are in the table. */
const MOST = 1000;

export class ReservationsView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("reservations.title");
    this.abort = new AbortController();
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.more = make("p", { class: "note", hidden: true }, text("reservations.more", { count: MOST }));
    this.rows = make("tbody");
    /** @type {{ ends: number, left: HTMLElement }[]} */
    this.ends = [];
    const heads = ["name", "reference", "units", "left", "ends", "action"].map((name) =>
      make("th", { scope: "col" }, name === "action" ? make("span", "visually-hidden", text("reservations.action"))
        : text(`reservations.${name}`)));
    this.element = make("section", { class: "view reservations-view scrolls", "aria-label": this.title },
      make("div", "view-head", make("h1", {}, this.title)), this.message,
      make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": this.title },
        make("table", "plain", make("thead", {}, make("tr", {}, ...heads)), this.rows)), this.more);
    // Many reservations can change in a second; the list is read once in a period.
    this.isOld = false;
    this.onEvent = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail.type === "reservation_changed") this.isOld = true;
    };
    app.live.addEventListener("event", this.onEvent);
    this.timer = setInterval(() => this.tick(), PERIOD);
    this.load();
  }

  close() {
    clearInterval(this.timer);
    this.abort.abort();
    this.app.live.removeEventListener("event", this.onEvent);
  }

  tick() {
    if (document.hidden) return;
    if (this.isOld) this.load();
    else for (const { ends, left } of this.ends) setText(left, timeLeft(ends));
  }

  async load() {
    this.isOld = false;
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      const { body } = await this.app.api.get(`/api/reservations?status=held&limit=${MOST}`, signal);
      this.message.hidden = true;
      this.more.hidden = body.nextCursor === null;
      this.show(body.items);
    } catch (error) {
      if (signal.aborted) return;
      this.isOld = true;
      this.fail("app.failed", error);
    }
  }

  /**
   * @param {string} name of a text with the placeholder `reason`
   * @param {unknown} error
   */
  fail(name, error) {
    setText(this.message, text(name, { reason: reasonOf(error) }));
    this.message.hidden = false;
  }

  /** @param {any[]} items */
  show(items) {
    this.ends = [];
    // The button that has the focus keeps it, whatever came or went.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.reservation : undefined;
    const none = make("tr", {}, make("td", { colspan: 6, class: "quiet" }, text("reservations.none")));
    this.rows.replaceChildren(...(items.length ? items.map((item) => this.row(item)) : [none]));
    if (focused === undefined) return;
    for (const button of this.rows.querySelectorAll("button")) if (button.dataset.reservation === focused) button.focus();
  }

  /** @param {any} item a reservation of the API */
  row(item) {
    const ends = Date.parse(item.expiresAt);
    const left = make("span", {}, timeLeft(ends));
    this.ends.push({ ends, left });
    const short = item.lines.reduce((/** @type {number} */ sum, /** @type {any} */ line) => sum + line.short, 0);
    const units = make("td", {}, item.lines.map(held).join(", "),
      short > 0 && make("span", { class: "badge out" }, text("reservations.short", { count: short })));
    const release = make("button", { type: "button", class: "compact", data: { reservation: item.reservationId },
      "aria-label": text("reservations.releaseOf", { reservation: item.reservationId }),
      on: { click: () => this.release(item.reservationId, release) } }, text("reservations.release"));
    return make("tr", {}, make("th", { scope: "row" }, item.reservationId), make("td", {}, item.reference ?? "–"), units,
      make("td", {}, left), make("td", {}, formatTime(item.expiresAt)), make("td", {}, release));
  }

  /**
   * @param {string} id
   * @param {HTMLButtonElement} button
   */
  async release(id, button) {
    button.disabled = true;
    try {
      await this.app.api.call(`/api/reservations/${encodeURIComponent(id)}/release`, { method: "POST", body: {} });
      this.app.say(text("reservations.released", { reservation: id }));
    } catch (error) {
      this.app.say(text("adjust.failed", { reason: reasonOf(error) }), true);
    }
    this.load();
  }
}

/**
 * The units of a line that are still held, and where.
 *
 * @param {any} line
 */
function held({ sku, allocations }) {
  const parts = allocations.map((/** @type {any} */ at) => ({ ...at, held: at.quantity - at.captured - at.released }))
    .filter((/** @type {any} */ at) => at.held > 0)
    .map((/** @type {any} */ at) => `${formatUnits(at.held)} × ${sku} (${at.location})`);
  return parts.join(", ");
}

/** @param {number} ends in milliseconds since 1970 */
const timeLeft = (ends) => duration(Math.ceil((ends - Date.now()) / 1000));
