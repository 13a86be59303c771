// @ts-check
// What the views share: the API, the session, the live data, navigation, and notifications.

import { ActivityStore } from "./activity-store.js";
import { AlertStore } from "./alert-store.js";
import { LiveEvents } from "./live-events.js";
import { PipelineSamples } from "./pipeline-samples.js";
import { UserSession } from "./user-session.js";
import { StockStore } from "./stock-store.js";
import { text } from "./texts.js";
import { API } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { Toasts } from "../shared/toasts.js";

/**
 * A view. `element` is what it shows; `close` ends what the view has begun.
 *
 * @typedef {{ element: HTMLElement, title: string, close?: () => void, onKey?: (event: KeyboardEvent) => void }} View
 */

export class App {
  constructor() {
    this.api = new API();
    this.session = new UserSession(this.api);
    this.stock = new StockStore(this.api);
    this.alerts = new AlertStore(this.api, this.stock);
    this.activity = new ActivityStore(this.api);
    this.pipeline = new PipelineSamples(this.api);
    this.live = new LiveEvents(this);
    this.toasts = new Toasts();
  }

  /** Loads the data and follows the events. */
  async start() {
    this.pipeline.start();
    await Promise.all([this.live.start(), this.alerts.load(), this.activity.load()]);
  }

  stop() {
    this.pipeline.stop();
    this.live.stop();
    // The next user must not see the data of this one.
    this.stock.clear();
    this.alerts.clear();
    this.activity.clear();
  }

  /** @param {string} path such as `/variants/11` */
  go(path) { location.hash = path; }

  /**
   * Shows a message for a few seconds. Screen readers read it out too.
   *
   * @param {string} message
   * @param {boolean} [isError]
   */
  say(message, isError = false) { this.toasts.show(message, "", isError ? "out" : ""); }
}

/**
 * Returns what went wrong, in words.
 *
 * @param {unknown} error
 */
export function reasonOf(error) {
  if (error instanceof Problem) return error.code === "disconnected" ? text("app.offline") : error.message;
  throw error;
}
