import { Timer } from "./clock.js";

/**
 * @typedef {import("./session.js").Channel} Channel
 * @typedef {import("./websocket.js").LinkEvents} LinkEvents
 */

/** The preferred transport is tried again after so many milliseconds on the average, and after half as many at least. */
const INTERVAL = 5 * 60_000;

/**
 * The return from a fallback transport to the preferred one. From time to time it opens a link of the preferred transport beside the
 * connection in use, and hands the link over once the server has answered on it. A failed attempt changes nothing and is not reported.
 */
export class Failback {
  #timer;
  #deadline;
  /** @type {Channel | null} */
  #link = null;
  /** The number of the attempt, so that a late result of an earlier attempt is ignored. */
  #attempt = 0;

  /**
   * @param {import("./tallywire.js").Clock} clock
   * @param {number} timeout how long an attempt may take
   * @param {(events: LinkEvents) => Channel} open opens a link of the preferred transport
   * @param {(link: Channel, welcome: import("./replica.js").Message) => LinkEvents | null} found takes over a link that works. Returns
   *   what handles the link's messages from then on, or `null` if the link is not wanted now
   */
  constructor(clock, timeout, open, found) {
    this.clock = clock;
    this.timeout = timeout;
    this.open = open;
    this.found = found;
    this.#timer = new Timer(clock);
    this.#deadline = new Timer(clock);
  }

  /** Tries from now on, until `stop`. */
  start() {
    this.#timer.set(INTERVAL * (0.5 + this.clock.random()), () => this.#try());
  }

  stop() {
    this.#attempt += 1;
    this.#timer.stop();
    this.#deadline.stop();
    this.#link?.close();
    this.#link = null;
  }

  #try() {
    const attempt = ++this.#attempt;
    const giveUp = () => {
      if (attempt !== this.#attempt) return;
      this.stop();
      this.start();
    };
    /** @type {LinkEvents | null} */
    let owner = null;
    const offer = (/** @type {import("./replica.js").Message} */ welcome) => {
      const link = this.#link;
      if (attempt !== this.#attempt || !link) return;
      // From here on the link belongs to its new owner, so `stop` must not close it.
      this.#link = null;
      this.stop();
      owner = this.found(link, welcome);
      if (owner) return;
      link.close();
      this.start();
    };
    this.#deadline.set(this.timeout, giveUp);
    try {
      this.#link = this.open({
        received: (message) => owner ? owner.received(message) : offer(message),
        closed: (end) => owner ? owner.closed(end) : giveUp(),
      });
    } catch {
      // The transport cannot be used here at all. That was reported when it was tried first.
      giveUp();
    }
  }
}
