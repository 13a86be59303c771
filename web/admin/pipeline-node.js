// @ts-check
// One part of the pipeline: its state, throughput, lag and errors.

import { DeliveriesDialog } from "./deliveries-dialog.js";
import { ReplayDialog } from "./replay-dialog.js";
import { perSecond, text, textOr } from "./texts.js";
import { draw, make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

const SPARK = { width: 200, height: 36 };
const GOOD = ["running", "starting", "connected"];
/** The counters that are shown as problems when they are not 0, each with a text of the same name. */
const PROBLEM_COUNTERS = ["dropped", "retried", "rejected", "malformed", "failedCommits", "overloaded"];

export class PipelineNode {
  /**
   * @param {string} id `engine`, `http`, `source:NAME` or `sink:NAME`
   * @param {import("./app.js").App} app
   */
  constructor(id, app) {
    this.id = id;
    this.tone = "ok";
    this.isFlowing = false;
    this.name = make("h3");
    this.plugin = make("span", "code small quiet");
    this.state = make("span", "badge");
    this.rate = make("span", "number");
    this.line = draw("polyline", "spark-line");
    this.spark = draw("svg", { class: "spark", viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, preserveAspectRatio: "none", role: "img" },
      this.line);
    this.lag = make("span", "small");
    this.problems = make("span", "small");
    this.error = make("p", { class: "small error", hidden: true });
    this.counters = make("tbody");
    this.deliveries = make("button", { type: "button", class: "compact", hidden: true, on: {
      click: () => new DeliveriesDialog(app, id.slice("sink:".length)).open() } }, text("pipeline.deliveries"));
    this.replay = make("button", { type: "button", class: "compact", hidden: true, on: {
      click: () => new ReplayDialog(app, id.slice("sink:".length)).open() } }, text("pipeline.replay"));
    this.element = make(
      "article", { class: "card node", data: { part: id } }, make("header", {}, make("div", {}, this.name, this.plugin), this.state),
      make("div", "node-rate", this.spark, this.rate), make("p", "node-facts", this.lag, this.problems), this.error,
      make("div", "buttons", this.deliveries, this.replay), make("details", { class: "small" }, make("summary", {}, text("pipeline.details")), make("table", "plain", make("thead",
        "visually-hidden", make("tr", {}, make("th", {}, text("pipeline.counter")), make("th", {}, text("pipeline.value")))),
        this.counters)));
  }

  /**
   * @param {any} part
   * @param {any} status of the whole pipeline
   * @param {number | undefined} rate
   * @param {number[]} rates
   */
  show(part, status, rate, rates) {
    const isGood = GOOD.includes(part.state);
    this.tone = !isGood ? "out" : part.lagSeconds > 5 ? "low" : "ok";
    this.isFlowing = (rate ?? 0) > 0;
    setText(this.name, part.name);
    setText(this.plugin, part.plugin === part.name || part.plugin === "http" ? "" : part.plugin);
    setText(this.state, textOr(`state.${part.state}`, part.state));
    this.state.className = `badge ${this.tone}`;
    const isMeasured = this.id !== "http";
    setText(this.rate, isMeasured ? text("pipeline.rate", { rate: perSecond(rate ?? 0) }) : text("pipeline.always"));
    this.spark.toggleAttribute("hidden", !isMeasured);
    this.spark.setAttribute("aria-label", text("pipeline.spark", { rate: perSecond(rate ?? 0) }));
    this.line.setAttribute("points", sparkPoints(rates));
    setText(this.lag, this.lagText(part));
    const problems = PROBLEM_COUNTERS.filter((name) => part[name] > 0).map((name) => text(`pipeline.${name}`, { count: part[name] }));
    setText(this.problems, problems.length ? problems.join(", ") : isMeasured ? text("pipeline.noErrors") : "");
    this.error.hidden = !part.lastError;
    if (part.lastError) {
      const error = text("pipeline.lastError", { error: part.lastError });
      setText(this.error, part.lastErrorAt ? `${error} (${formatTime(part.lastErrorAt)})` : error);
    }
    this.deliveries.hidden = part.mode !== "durable";
    this.replay.hidden = this.deliveries.hidden;
    this.showCounters(part);
  }

  /** @param {any} part */
  lagText(part) {
    if (part.inboxCapacity !== undefined) return text("pipeline.inbox", { count: part.inbox, most: part.inboxCapacity });
    if (part.lagEvents === undefined) return "";
    if (part.lagEvents === 0) return text("pipeline.upToDate");
    return text("pipeline.lag", { events: text("pipeline.events", { count: part.lagEvents }), seconds: perSecond(part.lagSeconds) });
  }

  /** @param {any} part */
  showCounters(part) {
    const counters = Object.entries(part).filter(([, value]) => typeof value === "number");
    if (this.counters.rows.length !== counters.length) {
      this.counters.replaceChildren(...counters.map(([name]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", "number"))));
    }
    counters.forEach(([, value], index) => setText(this.counters.rows[index].cells[1], formatUnits(value)));
    /** @type {HTMLElement} */ (this.counters.closest("details")).hidden = counters.length <= 1;
  }
}

/** @param {number[]} rates */
function sparkPoints(rates) {
  const most = Math.max(1, ...rates);
  const step = SPARK.width / Math.max(1, rates.length - 1);
  return rates.map((rate,
    index) => `${(index * step).toFixed(1)},${(SPARK.height - 2 - (rate / most) * (SPARK.height - 6)).toFixed(1)}`).join(" ");
}
