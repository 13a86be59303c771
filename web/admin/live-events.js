// @ts-check
// The events of the journal as they are committed, from the client library to the stores and views.

import { TallywireClient } from "../sdk/tallywire.js";

/** The room with every type of event. Admins have it without an entry in plugins.json. */
const ROOM = "journal";

/** The connection. Sends `state` when its state changes, and `event` with each event in `detail`. */
export class LiveEvents extends EventTarget {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    super();
    this.app = app;
    /** @type {TallywireClient | null} */
    this.client = null;
    this.renewed = () => this.client?.setToken(this.app.api.token);
    app.session.addEventListener("renewed", this.renewed);
  }

  /** The state of the client; `null` before there is one. */
  get state() { return this.client?.state ?? null; }

  async start() {
    const position = await this.app.stock.load();
    const client = new TallywireClient({
      rooms: [], snapshot: false, token: () => this.app.api.token, transports: ["websocket", "sse"],
    });
    this.client = client;
    client.on("event", (event) => this.take(event));
    client.on("status", () => this.dispatchEvent(new Event("state")));
    // Too many events were missed to be sent: everything is read again.
    client.on("snapshot", () => this.reload());
    client.on("reset", () => this.reload());
    client.on("error", (error) => {
      if (error.code === "unauthenticated" || error.code === "token_failed") this.app.session.end("session.ended");
    });
    client.join(ROOM, { since: position, snapshot: false }).catch(() => this.dispatchEvent(new Event("state")));
    client.connect().catch(() => this.dispatchEvent(new Event("state")));
    this.dispatchEvent(new Event("state"));
  }

  stop() {
    this.client?.close();
    this.client = null;
  }

  async reload() {
    await Promise.all([this.app.stock.load(), this.app.alerts.load(), this.app.activity.load()]);
  }

  /** @param {any} event */
  take(event) {
    this.app.stock.take(event);
    this.app.alerts.take(event);
    this.app.activity.take(event);
    this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }
}
