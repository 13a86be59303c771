// @ts-check
// The view of scanners and shelf displays: which are online, and what displays show.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

const PERIOD = 5000;
/** At most so many rows are in a table. */
const MOST = 1000;

export class DevicesView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("devices.title");
    this.abort = new AbortController();
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.scanners = make("tbody");
    this.displays = make("tbody");
    const table = (/** @type {HTMLElement} */ body, /** @type {string} */ label, /** @type {string[]} */ heads) =>
      make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": text(label) },
        make("table", "plain", make("thead", {}, make("tr", {}, ...heads.map((name) => make("th", { scope: "col" },
          text(`devices.${name}`))))), body));
    this.element = make("section", { class: "view devices-view scrolls", "aria-label": this.title }, make("div", "view-head", make("h1",
      {}, this.title)), this.message,
      make("h2", {}, text("devices.scanners")), table(this.scanners, "devices.scanners", ["name", "presence", "lastSeen", "battery",
        "scans", "refused", "firmware", "source"]),
      make("h2", {}, text("devices.displays")), table(this.displays, "devices.displays", ["sku", "place", "presence", "wanted", "shown",
        "confirmed"]));
    this.onEvent = (/** @type {Event} */ event) => /^(device|display)_/.test(/** @type {CustomEvent} */ (event).detail.type) && this.load();
    app.live.addEventListener("event", this.onEvent);
    this.timer = setInterval(() => document.hidden || this.load(), PERIOD);
    this.load();
  }

  close() {
    clearInterval(this.timer);
    this.abort.abort();
    this.app.live.removeEventListener("event", this.onEvent);
  }

  async load() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      const [devices, displays] = await Promise.all([
        this.app.api.get(`/api/devices?limit=${MOST}`, signal), this.app.api.get(`/api/displays?limit=${MOST}`, signal)]);
      this.message.hidden = true;
      this.fill(this.scanners, devices.body.items, text("devices.noScanners"), (device) => this.scanner(device), 8);
      this.fill(this.displays, displays.body.items, text("devices.noDisplays"), (display) => this.display(display), 6);
    } catch (error) {
      if (signal.aborted) return;
      setText(this.message, text("app.failed", { reason: reasonOf(error) }));
      this.message.hidden = false;
    }
  }

  /**
   * @param {HTMLElement} body
   * @param {any[]} items
   * @param {string} none
   * @param {(item: any) => (string | Node)[]} cells
   * @param {number} columns
   */
  fill(body, items, none, cells, columns) {
    const rows = items.map((item) => make("tr", {}, ...cells(item).map((cell, index) => make(index ? "td" : "th",
      index ? {} : { scope: "row" }, cell))));
    body.replaceChildren(...(rows.length ? rows : [make("tr", {}, make("td", { colspan: columns, class: "quiet" }, none))]));
  }

  /** @param {any} device */
  scanner(device) {
    const tone = { online: "ok", offline: "out" }[/** @type {"online"} */ (device.presence)] ?? "";
    return [
      device.device, make("span", `badge ${tone}`, text(`devices.${device.presence}`)),
        device.lastSeen ? formatTime(device.lastSeen) : text("devices.never"),
      device.battery === null || device.battery === undefined ? "–" : `${formatUnits(device.battery)} %`, formatUnits(device.applied),
        formatUnits(device.rejected),
      device.firmware ?? "–", device.source,
    ];
  }

  /** @param {any} display */
  display(display) {
    const [tone, name] = display.stale ? ["out", "stale"] : display.shownVersion === display.wantedVersion ? ["ok", "current"] : ["low",
      "pending"];
    return [
      display.sku, display.location, make("span", `badge ${tone}`, text(`devices.${name}`)), formatUnits(display.wantedVersion),
        formatUnits(display.shownVersion),
      display.shownAt ? formatTime(display.shownAt) : "–",
    ];
  }
}
