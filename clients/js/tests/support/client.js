// A client in a test: with Debian's WebSocket for Node, short pauses, and a record of its events.
import { Module, createRequire } from "node:module";
import { TallywireClient } from "../../tallywire.js";
import { eventually } from "./eventually.js";

// Debian's modules are in a folder that only Debian's Node searches.
if (!process.env.NODE_PATH) {
  process.env.NODE_PATH = "/usr/share/nodejs";
  Module._initPaths();
}
export const debian = createRequire(import.meta.url);
export const { WebSocket } = debian("ws");

/**
 * @param {import("node:test").TestContext} test
 * @param {{ url: string }} place a server or a proxy
 * @param {import("../../tallywire.js").TallywireOptions} [options]
 */
export function clientOf(test, place, options = {}) {
  const client = new TallywireClient({
    url: place.url, WebSocket, minDelay: 20, maxDelay: 200, pongTimeout: 500, ...options,
  });
  test.after(() => client.close());
  return client;
}

/** The events that a client has delivered, in order. */
export function recordOf(client) {
  const record = { events: [], statuses: [], errors: [], resets: [], snapshots: [] };
  client.on("event", (event) => record.events.push(event));
  client.on("status", ({ status }) => { if (record.statuses.at(-1) !== status) record.statuses.push(status); });
  client.on("error", (error) => record.errors.push(error));
  client.on("reset", (reset) => record.resets.push(reset));
  client.on("snapshot", (snapshot) => record.snapshots.push(snapshot));
  return record;
}

/** Waits until the client is live. */
export const live = (client) => eventually("the client is live", () => client.status === "live");
