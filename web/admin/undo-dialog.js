// @ts-check
// Taking a movement back: what it did, a reason, and what the server says.

import { reasonOf } from "./app.js";
import { showDialog } from "./dialog.js";
import { text, textOr } from "./texts.js";
import { randomID } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { field, make, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

const OPERATIONS = ["set", "add", "subtract", "transfer", "capture"];

/**
 * Whether an event is a part of a movement that can be taken back.
 *
 * @param {any} event
 */
export const isMovement = ({ type, data }) => type === "inventory_updated" && OPERATIONS.includes(data.operation);

/** The dialog. It takes back the whole movement to which an event belongs. */
export class UndoDialog {
  /**
   * @param {import("./app.js").App} app
   * @param {any} event an `inventory_updated` of the movement
   */
  constructor(app, event) {
    this.app = app;
    this.event = event;
    /** The reversal's id, so that pressing the button again is a repeat. */
    this.key = randomID();
    /** How the API names the movement. */
    this.path = "";
    this.isSending = false;
    this.lines = make("ul", { class: "undo-lines" }, make("li", "quiet", text("app.loading")));
    this.reason = make("input", { id: "undo-reason", maxlength: 200 });
    this.message = make("p", { class: "note warn", role: "alert", hidden: true });
    this.apply = make("button", { class: "primary", type: "submit", "aria-disabled": "true" }, text("undo.apply"));
    const cancel = make("button", { type: "button", on: { click: () => this.element.close() } }, text("adjust.cancel"));
    const form = make(
      "form", { method: "dialog", on: { submit: (/** @type {Event} */ submitted) => this.submit(submitted) } },
      make("h2", { id: "undo-title" }, text("undo.title")), make("p", "adjust-item", text("undo.intro")), this.lines,
      field(text("adjust.reason"), this.reason), this.message, make("div", "buttons", cancel, this.apply));
    this.element = make("dialog", { class: "dialog", "aria-labelledby": "undo-title" }, form);
  }

  open() {
    showDialog(this.element);
    this.load();
  }

  /** Reads the movement. Its id is the device's if the device gave it, and else the journal's. */
  async load() {
    const { movementId, source } = this.event.data;
    const device = source.includes("/") ? source.slice(source.indexOf("/") + 1) : undefined;
    const queries = device === undefined ? [""] : [`?device=${encodeURIComponent(device)}`, ""];
    try {
      for (const query of queries) {
        const body = await this.read(`/api/movements/${encodeURIComponent(movementId)}`, query);
        if (body === undefined) continue;
        return this.show(body);
      }
      this.explain(text("undo.unknown"));
    } catch (error) {
      this.explain(text("app.failed", { reason: reasonOf(error) }));
    }
  }

  /**
   * Returns the answer if it is that of the event's movement.
   *
   * @param {string} path
   * @param {string} query
   */
  async read(path, query) {
    try {
      const { body } = await this.app.api.get(path + query);
      if (!body.lines?.some((/** @type {any} */ line) => line.seq === this.event.seq)) return undefined;
      this.path = `${path}/reversal${query}`;
      return body;
    } catch (error) {
      if (error instanceof Problem && error.code === "unknown_movement") return undefined;
      throw error;
    }
  }

  /** @param {any} movement an answer of `GET /api/movements/{id}` */
  show(movement) {
    this.lines.replaceChildren(...movement.lines.map((/** @type {any} */ line) => make("li", {}, text("undo.line", {
      operation: textOr(`undo.${line.operation}`, line.operation), quantity: formatUnits(line.quantity), sku: line.sku, location: line.location,
    }))));
    if (movement.reversedBy !== undefined) return this.explain(text("undo.already", { reversal: movement.reversedBy }));
    this.apply.setAttribute("aria-disabled", "false");
    this.reason.focus();
  }

  /** @param {string} message why nothing was taken back */
  explain(message) {
    setText(this.message, message);
    this.message.hidden = false;
    if (this.path === "") this.lines.hidden = true;
  }

  /** @param {Event} submitted */
  async submit(submitted) {
    submitted.preventDefault();
    if (this.isSending || this.apply.getAttribute("aria-disabled") === "true") return;
    this.isSending = true;
    this.message.hidden = true;
    try {
      const reason = this.reason.value.trim();
      const { body } = await this.app.api.call(this.path, { method: "POST", body: reason ? { reason } : {}, key: this.key });
      this.element.close();
      this.app.say(text("undo.done", { items: body.lines.map((/** @type {any} */ line) => `${line.sku} ${formatUnits(line.locationStock)} (${line.location})`).join(", ") }));
    } catch (error) {
      this.explain(text("adjust.failed", { reason: reasonOf(error) }));
      // A refusal is the answer to this key: another try is another reversal.
      if (error instanceof Problem && !error.mayBeDone) this.key = randomID();
    } finally {
      this.isSending = false;
    }
  }
}

/**
 * Returns a button that opens the dialog.
 *
 * @param {() => any} event gives the event when the button is pressed
 * @param {import("./app.js").App} app
 * @param {number} [tabindex]
 */
export function undoButton(event, app, tabindex = 0) {
  return make("button", { type: "button", class: "compact undo", tabindex, on: { click: () => new UndoDialog(app, event()).open() } }, text("undo.button"));
}
