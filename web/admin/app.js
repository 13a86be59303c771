// @ts-check
// What the views share: the API, the session, what is live, where one is, and short messages.

import { API, Problem } from "/admin/api.js";
import { Session } from "/admin/session.js";
import { StockStore } from "/admin/stock-store.js";
import { AlertStore } from "/admin/alert-store.js";
import { ActivityStore } from "/admin/activity-store.js";
import { PipelineSamples } from "/admin/pipeline-samples.js";
import { Live } from "/admin/live.js";
import { text } from "/admin/texts.js";
import { byId, make } from "/shared/dom.js";

/**
 * A view: what it shows is in `element`; `close` ends what it has begun.
 *
 * @typedef {{ element: HTMLElement, title: string, close?: () => void, onKey?: (event: KeyboardEvent) => void }} View
 */

/** Messages at once, and how long each stays. */
const MOST_TOASTS = 4;
const TOAST_TIME = 6000;

export class App {
  constructor() {
    this.api = new API();
    this.session = new Session(this.api);
    this.stock = new StockStore(this.api);
    this.alerts = new AlertStore(this.api, this.stock);
    this.activity = new ActivityStore(this.api);
    this.pipeline = new PipelineSamples(this.api);
    this.live = new Live(this);
  }

  /** Loads what is shown and follows it. */
  async start() {
    this.pipeline.start();
    await Promise.all([this.live.start(), this.alerts.load(), this.activity.load()]);
  }

  stop() {
    this.pipeline.stop();
    this.live.stop();
    // Whoever signs in next begins with nothing.
    this.stock.clear();
    this.alerts.clear();
    this.activity.clear();
  }

  /** @param {string} path such as `/variants/11` */
  go(path) { location.hash = path; }

  /**
   * Says something for a few seconds; screen readers say it too.
   *
   * @param {string} message
   * @param {boolean} [isBad]
   */
  say(message, isBad = false) {
    const toasts = byId("toasts");
    const toast = make("div", { class: isBad ? "toast bad" : "toast" }, message);
    toasts.append(toast);
    while (toasts.childElementCount > MOST_TOASTS) toasts.firstElementChild?.remove();
    setTimeout(() => toast.remove(), TOAST_TIME);
  }
}

/**
 * What went wrong, in words.
 *
 * @param {unknown} error
 */
export function reasonOf(error) {
  if (error instanceof Problem) return error.code === "unreachable" ? text("app.offline") : error.message;
  throw error;
}
