// @ts-check
// The state of the connection in words. While the connection is not live, with the time up to which the page is right.

import { make, setText } from "./dom.js";
import { formatTime } from "./format.js";
import { texts } from "./texts.js";

/** @typedef {import("../../clients/js/tallywire.js").TallywireClient} Client */

/**
 * A badge that shows the state of a client.
 *
 * Screen readers announce it politely when the state changes, and not each second.
 */
export class ConnectionBadge {
  /** For the page's header. */
  element = make("p", { class: "connection", role: "status", data: { state: "connecting" } }, texts.connection.connecting);

  /** @param {Client} client */
  follow(client) {
    client.on("status", () => this.show(client.state));
    this.show(client.state);
  }

  /** @param {Client["state"]} state */
  show(state) {
    this.element.dataset.state = kind(state);
    setText(this.element, describe(state));
  }
}

/**
 * Returns which of four looks the badge has: `live`, `connecting`, `offline` or `refused`.
 *
 * @param {Client["state"]} state
 */
function kind({ status, asOf, lastError }) {
  if (status === "live") return "live";
  if (lastError?.code === "unauthenticated" || lastError?.code === "forbidden") return "refused";
  return asOf === null && (status === "connecting" || status === "recovering" || status === "idle") ? "connecting" : "offline";
}

/** @param {Client["state"]} state */
function describe(state) {
  const { status, asOf } = state;
  const words = texts.connection;
  if (status === "live") return words.live;
  if (kind(state) === "refused") return words.refused;
  const name = status === "closed" ? words.closed : status === "offline" ? words.offline
    : status === "waiting" ? words.waiting : status === "recovering" ? words.recovering : words.connecting;
  return asOf === null ? name : words.asOf(name, formatTime(asOf));
}
