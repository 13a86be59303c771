// @ts-check
// Events of the journal as they are committed, through the client library: to all who keep something of them.

import { TallywireClient } from "/sdk/tallywire.js";

/** The room that carries every type of event; it is there for admins without being named in plugins.json. */
const ROOM = "journal";

/** The connection. Sends `state` when it changes, and `event` with each event in `detail`. */
export class LiveEvents extends EventTarget {
  /** @param {import("/admin/app.js").App} app */
  constructor(app) {
    super();
    this.app = app;
    /** @type {TallywireClient | null} */
    this.client = null;
    this.renewed = () => this.client?.setToken(this.app.api.token);
    app.session.addEventListener("renewed", this.renewed);
  }

  /** The state as the library tells it; `null` before there is a connection. */
  get state() { return this.client?.state ?? null; }

  async start() {
    const position = await this.app.stock.load();
    const client = new TallywireClient({
      rooms: [], snapshot: false, token: () => this.app.api.token, transports: ["websocket", "sse"],
    });
    this.client = client;
    client.on("event", (event) => this.take(event));
    client.on("status", () => this.dispatchEvent(new Event("state")));
    // Too much was missed to come as events: everything is read again.
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
