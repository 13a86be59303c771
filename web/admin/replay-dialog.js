// @ts-check
// Delivering events to one sink again: what would be delivered, and how far it is.

import { reasonOf } from "./app.js";
import { showDialog } from "./dialog.js";
import { text } from "./texts.js";
import { field, make, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

/** How often the progress is read, and how long the dialog waits for the end of what somebody types, in milliseconds. */
const PERIOD = 500;
const TYPING = 300;

/** The dialog. It says what a replay would deliver before it begins one, and shows the one that runs. */
export class ReplayDialog {
  /**
   * @param {import("./app.js").App} app
   * @param {string} sink its name
   */
  constructor(app, sink) {
    this.app = app;
    this.sink = sink;
    this.path = `/api/pipeline/${encodeURIComponent(sink)}/replay`;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** Counts the questions, so that an answer to an older one is not shown. */
    this.asked = 0;
    const changed = () => this.plan(0);
    this.letters = make("input", { type: "radio", name: "selection", id: "replay-letters", checked: true, on: { change: changed } });
    this.events = make("input", { type: "radio", name: "selection", id: "replay-events", on: { change: changed } });
    const typed = () => this.plan(TYPING);
    this.from = make("input", { id: "replay-from", type: "number", min: 1, step: 1, on: { input: typed } });
    this.to = make("input", { id: "replay-to", type: "number", min: 1, step: 1, on: { input: typed } });
    this.range = make("div", { class: "pair", hidden: true }, field(text("replay.from"), this.from), field(text("replay.to"), this.to));
    this.message = make("p", { class: "note", role: "status" }, text("app.loading"));
    this.begin = make("button", { class: "primary", type: "submit", disabled: true }, text("replay.begin"));
    this.cancel = make("button", { type: "button", hidden: true, on: { click: () => this.stop() } }, text("replay.cancel"));
    const close = make("button", { type: "button", on: { click: () => this.element.close() } }, text("replay.close"));
    this.choice = make(
      "fieldset", "choices two", make("legend", "visually-hidden", text("replay.selection")),
      make("label", { for: "replay-letters" }, this.letters, text("replay.letters")),
      make("label", { for: "replay-events" }, this.events, text("replay.events")));
    const form = make(
      "form", { method: "dialog", on: { submit: (/** @type {Event} */ submitted) => this.submit(submitted) } },
      make("h2", { id: "replay-title" }, text("replay.title", { sink })), make("p", "quiet", text("replay.intro")), this.choice, this.range,
      this.message, make("div", "buttons", close, this.cancel, this.begin));
    this.element = make("dialog", { class: "dialog", "aria-labelledby": "replay-title" }, form);
  }

  open() {
    showDialog(this.element, () => clearTimeout(this.timer));
    this.follow(false);
  }

  /** What is to be delivered, as the API takes it. */
  get request() {
    if (this.letters.checked) return { deadLetters: true };
    const number = (/** @type {HTMLInputElement} */ input) => (input.value === "" ? undefined : Number(input.value));
    return { from: number(this.from), to: number(this.to) };
  }

  /**
   * Asks what would be delivered.
   *
   * @param {number} pause
   */
  plan(pause) {
    this.range.hidden = this.letters.checked;
    this.begin.disabled = true;
    clearTimeout(this.timer);
    const asked = ++this.asked;
    this.timer = setTimeout(async () => {
      try {
        const { body } = await this.app.api.call(this.path, { method: "POST", body: { ...this.request, dryRun: true } });
        if (asked !== this.asked) return;
        const count = body.events - body.filtered;
        this.begin.disabled = count === 0;
        this.say(text(count === 0 ? "replay.nothing" : "replay.plan", { count, from: body.from ?? 0, to: body.to ?? 0 }));
      } catch (error) {
        if (asked === this.asked) this.fail(error);
      }
    }, pause);
  }

  /** @param {Event} submitted */
  async submit(submitted) {
    submitted.preventDefault();
    if (this.begin.disabled) return;
    this.begin.disabled = true;
    try {
      await this.app.api.call(this.path, { method: "POST", body: this.request });
      this.follow(true);
    } catch (error) {
      this.fail(error);
    }
  }

  async stop() {
    try {
      await this.app.api.call(this.path, { method: "DELETE" });
      this.follow(true);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Shows the replay that runs until it has ended.
   *
   * @param {boolean} wasOurs whether one that has ended is shown too
   */
  async follow(wasOurs) {
    clearTimeout(this.timer);
    this.asked += 1;
    try {
      const { body } = await this.app.api.get("/api/pipeline");
      const replay = body.sinks.find((/** @type {any} */ sink) => sink.name === this.sink)?.replay;
      const isRunning = replay?.state === "running";
      this.cancel.hidden = !isRunning;
      this.choice.disabled = isRunning;
      this.range.hidden = isRunning || this.letters.checked;
      if (isRunning) {
        this.begin.disabled = true;
        if (this.element.open) this.timer = setTimeout(() => this.follow(true), PERIOD);
      }
      if (!replay || (!isRunning && !wasOurs)) return this.plan(0);
      this.say(text(`replay.${replay.state}`, { done: replay.delivered, count: replay.events, refused: replay.refused,
        filtered: replay.filtered }), replay.lastError);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * @param {string} message
   * @param {string | null} [error] what the sink said last
   */
  say(message, error = null) {
    this.message.classList.toggle("warn", error !== null);
    setText(this.message, error === null ? message : `${message} ${text("pipeline.lastError", { error })}`);
  }

  /** @param {unknown} error */
  fail(error) {
    this.message.classList.add("warn");
    setText(this.message, text("app.failed", { reason: reasonOf(error) }));
  }
}
