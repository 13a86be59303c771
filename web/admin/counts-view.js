// @ts-check
// The view of counts: which are taken, with the form that opens one.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { field, make, option, setText } from "../shared/dom.js";
import { formatLocation, formatTime, formatUnits } from "../shared/format.js";

/** Milliseconds in which the list is read at most once. */
const PERIOD = 1000;
/** At most so many rows are in the table. */
const MOST = 200;
const COLUMNS = ["name", "location", "scope", "status", "lines", "opened", "changed"];

/** Calls `load` after counts have changed, at most once in a period and not while the page is hidden. */
export class CountWatch {
  /**
   * @param {import("./app.js").App} app
   * @param {() => void} load
   * @param {(event: any) => boolean} isAbout whether an event of the journal changes what is shown
   */
  constructor(app, load, isAbout) {
    this.app = app;
    this.isOld = false;
    this.onEvent = (/** @type {Event} */ event) => {
      if (isAbout(/** @type {CustomEvent} */ (event).detail)) this.isOld = true;
    };
    app.live.addEventListener("event", this.onEvent);
    this.timer = setInterval(() => {
      if (document.hidden || !this.isOld) return;
      this.isOld = false;
      load();
    }, PERIOD);
  }

  close() {
    clearInterval(this.timer);
    this.app.live.removeEventListener("event", this.onEvent);
  }
}

/**
 * What a count is about, in words.
 *
 * @param {any} count of the API
 */
export function scopeOf({ skus, prefix }) {
  if (prefix !== undefined) return text("counts.prefixed", { prefix });
  return skus === undefined ? text("counts.everything") : skus.join(", ");
}

export class CountsView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("counts.title");
    this.abort = new AbortController();
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.more = make("p", { class: "note", hidden: true }, text("counts.more", { count: MOST }));
    this.rows = make("tbody");
    this.location = make("select", { id: "count-location" });
    const heads = COLUMNS.map((name) => make("th", { scope: "col", class: name === "lines" ? "number" : "" }, text(`counts.${name}`)));
    this.element = make("section", { class: "view counts-view scrolls", "aria-label": this.title },
      make("div", "view-head", make("h1", {}, this.title)), this.message,
      make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": this.title },
        make("table", "plain", make("thead", {}, make("tr", {}, ...heads)), this.rows)), this.more, this.form());
    this.watch = new CountWatch(app, () => this.load(), ({ type }) => type === "count_changed");
    this.onRows = () => this.showPlaces();
    app.stock.addEventListener("rows", this.onRows);
    this.showPlaces();
    this.load();
  }

  close() {
    this.watch.close();
    this.abort.abort();
    this.app.stock.removeEventListener("rows", this.onRows);
  }

  /** Offers the locations that there are now. */
  showPlaces() {
    const places = [...this.app.stock.locations.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
    if (places.map(({ code }) => code).join() === [...this.location.options].map(({ value }) => value).join()) return;
    const chosen = this.location.value;
    this.location.replaceChildren(...places.map((place) => option(place.code, formatLocation(place))));
    if (this.app.stock.locations.has(chosen)) this.location.value = chosen;
  }

  form() {
    const { location } = this;
    const prefix = make("input", { id: "count-prefix", autocomplete: "off", spellcheck: "false", maxlength: 64 });
    const tolerance = make("input", { id: "count-tolerance", inputmode: "numeric", autocomplete: "off", value: "0" });
    const blind = make("input", { id: "count-blind", type: "checkbox" });
    const missing = make("select", { id: "count-missing" }, option("keep", text("counts.keep")), option("zero", text("counts.zero")));
    const message = make("p", { class: "small", role: "status" });
    const open = make("button", { type: "submit" }, text("counts.open"));
    const hint = (/** @type {string} */ name) => make("span", "hint", text(`counts.${name}`));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const isRight = /^\d{1,10}$/.test(tolerance.value.trim());
      tolerance.setAttribute("aria-invalid", String(!isRight));
      if (!isRight) {
        setText(message, text("counts.badTolerance"));
        return tolerance.select();
      }
      open.disabled = true;
      try {
        const { body } = await this.app.api.call("/api/counts", { method: "POST", key: randomID(), body: { location: location.value,
          ...(prefix.value.trim() && { prefix: prefix.value.trim() }), blind: blind.checked, tolerance: Number(tolerance.value),
          missing: missing.value } });
        this.app.go(`/counts/${encodeURIComponent(body.countId)}`);
      } catch (error) {
        setText(message, text("adjust.failed", { reason: reasonOf(error) }));
      } finally {
        open.disabled = false;
      }
    };
    return make("section", { class: "card pad", "aria-labelledby": "count-form" }, make("h2", { id: "count-form" }, text("counts.new")),
      make("form", { class: "price-form", on: { submit } }, field(text("counts.location"), location),
        field(text("counts.prefix"), prefix, hint("prefixHint")), field(text("counts.tolerance"), tolerance, hint("toleranceHint")),
        field(text("counts.missing"), missing, hint("missingHint")), field(text("counts.blind"), blind, hint("blindHint")), open, message));
  }

  async load() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      const { body } = await this.app.api.get(`/api/counts?limit=${MOST}`, signal);
      this.message.hidden = true;
      this.more.hidden = body.nextCursor === null;
      const none = make("tr", {}, make("td", { colspan: COLUMNS.length, class: "quiet" }, text("counts.none")));
      this.rows.replaceChildren(...(body.items.length ? body.items.map(row) : [none]));
    } catch (error) {
      if (signal.aborted) return;
      this.watch.isOld = true;
      setText(this.message, text("app.failed", { reason: reasonOf(error) }));
      this.message.hidden = false;
    }
  }
}

/** @param {any} count */
function row(count) {
  const link = make("a", { href: `#/counts/${encodeURIComponent(count.countId)}` }, count.countId);
  return make("tr", {}, make("th", { scope: "row" }, link), make("td", {}, count.location), make("td", {}, scopeOf(count)),
    make("td", {}, make("span", `badge ${count.status === "closed" ? "low" : ""}`, text(`counts.status.${count.status}`))),
    make("td", "number", formatUnits(count.lineCount)), make("td", {}, `${formatTime(count.openedAt)}, ${count.openedBy}`),
    make("td", {}, `${formatTime(count.changedAt)}, ${count.by}`));
}
