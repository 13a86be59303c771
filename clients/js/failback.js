import { Timer } from "./clock.js";

/**
 * @typedef {import("./session.js").Channel} Channel
 * @typedef {import("./websocket.js").LinkEvents} LinkEvents
 */

/** The preferred transport is tried again after so long on the average; half as long at least. */
const INTERVAL = 5 * 60_000;

/**
 * The way back from a transport that was second choice: now and then it opens a link of the preferred one beside the connection there is,
 * and hands it over once the server has answered on it. Nothing is known of an attempt that fails.
 */
export class Failback {
  #timer;
  #deadline;
  /** @type {Channel | null} */
  #link = null;
  /** Counts attempts, so that what is late for one does not touch the next. */
  #attempt = 0;

  /**
   * @param {import("./tallywire.js").Clock} clock
   * @param {number} timeout how long an attempt may take
   * @param {(events: LinkEvents) => Channel} open opens a link of the preferred transport
   * @param {(link: Channel, welcome: import("./replica.js").Message) => LinkEvents | null} found takes over a link that works: what it
   *   tells goes to the answer from then on; `null` if it is not wanted now
   */
  constructor(clock, timeout, open, found) {
    this.clock = clock;
    this.timeout = timeout;
    this.open = open;
    this.found = found;
    this.#timer = new Timer(clock);
    this.#deadline = new Timer(clock);
  }

  /** Looks for it from now on, until `stop`. */
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
      // From here on it is not this object's to close.
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
      // It cannot be used here at all, which was told when it was tried first.
      giveUp();
    }
  }
}
