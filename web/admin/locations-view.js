// @ts-check
// The view of locations: what each is, and how many units are there, with the form that adds and changes them.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { field, make, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

/** Milliseconds between two sums, which are over all rows. */
const PERIOD = 1000;
const COLUMNS = ["code", "name", "sells", "priority", "items", "onHand", "reserved", "unavailable", "incoming", "action"];
const NUMBERS = COLUMNS.slice(3, 9);

/** @typedef {{ code: string, name: string, sells: boolean, priority: number }} Place */
/** @typedef {import("./variant-record.js").Units & { items: number }} Sum */

export class LocationsView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("locations.title");
    this.rows = make("tbody");
    const input = (/** @type {string} */ id, more = {}) => make("input", { id: `location-${id}`, autocomplete: "off", ...more });
    this.code = input("code", { spellcheck: "false", maxlength: 32, required: true });
    this.name = input("name", { maxlength: 200 });
    this.priority = input("priority", { inputmode: "numeric" });
    this.sells = input("sells", { type: "checkbox" });
    this.message = make("p", { class: "small", role: "status" });
    this.save = make("button", { type: "submit" });
    this.cancel = make("button", { type: "button", class: "plain", on: { click: () => this.edit(null) } }, text("adjust.cancel"));
    this.formTitle = make("h2", { id: "location-form" });
    const heads = COLUMNS.map((name) => make("th", { scope: "col", class: NUMBERS.includes(name) ? "number" : "" },
      name === "action" ? make("span", "visually-hidden", text("locations.action")) : text(`locations.${name}`)));
    this.element = make("section", { class: "view locations-view scrolls", "aria-label": this.title },
      make("div", "view-head", make("h1", {}, this.title)),
      make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": this.title },
        make("table", "plain", make("thead", {}, make("tr", {}, ...heads)), this.rows)), this.form());
    this.isOld = false;
    this.onChange = () => { this.isOld = true; };
    for (const name of ["rows", "values", "loaded"]) app.stock.addEventListener(name, this.onChange);
    this.timer = setInterval(() => this.isOld && !document.hidden && this.show(), PERIOD);
    this.show();
    this.edit(null);
  }

  close() {
    clearInterval(this.timer);
    for (const name of ["rows", "values", "loaded"]) this.app.stock.removeEventListener(name, this.onChange);
  }

  /** The form for a new location, or for the one that `edited` names. */
  form() {
    const hint = (/** @type {string} */ name) => make("span", "hint", text(`locations.${name}`));
    return make("section", { class: "card pad", "aria-labelledby": "location-form" }, this.formTitle,
      make("form", { class: "price-form", on: { submit: (/** @type {Event} */ event) => this.submit(event) } },
        field(text("locations.code"), this.code, hint("codeHint")), field(text("locations.name"), this.name),
        field(text("locations.priority"), this.priority, hint("priorityHint")),
        field(text("locations.sells"), this.sells, hint("sellsHint")), make("div", "row-actions", this.save, this.cancel), this.message));
  }

  /**
   * Fills the form with a location, or empties it for a new one.
   *
   * @param {Place | null} place
   */
  edit(place) {
    this.edited = place;
    this.code.value = place?.code ?? "";
    this.code.readOnly = place !== null;
    this.name.value = place?.name ?? "";
    this.priority.value = String(place?.priority ?? 0);
    this.sells.checked = place?.sells ?? true;
    setText(this.formTitle, place ? text("locations.changeTitle", { location: place.code }) : text("locations.new"));
    setText(this.save, place ? text("variant.save") : text("locations.add"));
    this.cancel.hidden = place === null;
    this.complain("", null);
    if (place) this.name.select();
  }

  /**
   * Says what came of it, and marks the field that is wrong.
   *
   * @param {string} message
   * @param {HTMLInputElement | null} wrong
   */
  complain(message, wrong) {
    for (const input of [this.code, this.name, this.priority]) input.setAttribute("aria-invalid", String(input === wrong));
    setText(this.message, message);
    wrong?.select();
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    const { code, name, priority, sells, save, edited } = this;
    if (!/^\d{1,7}$/.test(priority.value.trim())) return this.complain(text("locations.badPriority"), priority);
    const values = { name: name.value.trim() || code.value.trim(), sells: sells.checked, priority: Number(priority.value) };
    save.disabled = true;
    try {
      if (edited) await this.call(edited.code, "PATCH", values);
      else await this.app.api.call("/api/locations", { method: "POST", body: { code: code.value.trim(), ...values }, key: randomID() });
      const saved = edited?.code ?? code.value.trim();
      this.edit(null);
      this.complain(text("locations.saved", { location: saved }), null);
      code.focus();
    } catch (error) {
      const fields = { code, name, priority };
      const field = error instanceof Problem && (error.code === "location_taken" ? "code" : error.field);
      this.complain(text("adjust.failed", { reason: reasonOf(error) }), fields[/** @type {keyof fields} */ (field)] ?? null);
    } finally {
      save.disabled = false;
    }
  }

  /** @param {Place} place */
  async remove(place) {
    if (!confirm(text("locations.ask", { location: place.code }))) return;
    try {
      await this.call(place.code, "DELETE");
      if (this.edited?.code === place.code) this.edit(null);
      this.app.say(text("locations.removed", { location: place.code }));
    } catch (error) {
      this.app.say(text("adjust.failed", { reason: reasonOf(error) }), true);
    }
  }

  /**
   * @param {string} code
   * @param {string} method
   * @param {object} [body]
   */
  call(code, method, body) {
    return this.app.api.call(`/api/locations/${encodeURIComponent(code)}`, { method, ...(body && { body }), key: randomID() });
  }

  show() {
    this.isOld = false;
    const sums = this.sums();
    // The button that has the focus keeps it, whatever came or went.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.getAttribute("aria-label") : null;
    const places = [...this.app.stock.locations.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
    const none = make("tr", {}, make("td", { colspan: COLUMNS.length, class: "quiet" }, text("locations.none")));
    this.rows.replaceChildren(...(places.length ? places.map((place) => this.row(place, sums.get(place.code))) : [none]));
    if (focused === null) return;
    for (const button of this.rows.querySelectorAll("button")) if (button.getAttribute("aria-label") === focused) button.focus();
  }

  /** The units at each location. */
  sums() {
    /** @type {Map<string, Sum>} */
    const sums = new Map();
    for (const row of this.app.stock.rows.values()) {
      for (const [location, available] of row.places) {
        // Before its first event, what was just set here is known only as available.
        const units = row.units.get(location) ?? { onHand: available, reserved: 0, unavailable: 0, incoming: 0 };
        const sum = sums.get(location) ?? { items: 0, onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
        sums.set(location, sum);
        if (units.onHand !== 0 || units.reserved !== 0 || units.incoming !== 0) sum.items += 1;
        sum.onHand += units.onHand;
        sum.reserved += units.reserved;
        sum.unavailable += units.unavailable;
        sum.incoming += units.incoming;
      }
    }
    return sums;
  }

  /**
   * @param {Place} place
   * @param {Sum} [sum]
   */
  row(place, sum = { items: 0, onHand: 0, reserved: 0, unavailable: 0, incoming: 0 }) {
    const button = (/** @type {string} */ name, /** @type {() => void} */ click) => make("button", { type: "button", class: "compact",
      "aria-label": text(`locations.${name}Of`, { location: place.code }), on: { click } }, text(`locations.${name}`));
    const numbers = [place.priority, sum.items, sum.onHand, sum.reserved, sum.unavailable, sum.incoming];
    return make("tr", {}, make("th", { scope: "row" }, place.code), make("td", {}, place.name),
      make("td", {}, text(place.sells ? "locations.yes" : "locations.no")),
      ...numbers.map((value) => make("td", "number", formatUnits(value))),
      make("td", {}, make("div", "row-actions", button("change", () => this.edit(place)), button("remove", () => this.remove(place)))));
  }
}
