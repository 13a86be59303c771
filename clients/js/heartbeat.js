import { Timer } from "./clock.js";

/**
 * Finds out whether the other side of a connection is alive. After a time without a message it sends a ping, and expects a message within
 * a timeout.
 */
export class Heartbeat {
  #beat;
  #deadline;
  #lastHeard;
  #interval = Infinity;
  /** @type {((isAlive: boolean) => void)[]} */
  #checks = [];

  /**
   * @param {import("./tallywire.js").Clock} clock
   * @param {() => void} ask sends a ping
   * @param {(timeout: number) => void} silent called if nothing came within `timeout` milliseconds after a ping
   */
  constructor(clock, ask, silent) {
    this.clock = clock;
    this.ask = ask;
    this.silent = silent;
    this.#beat = new Timer(clock);
    this.#deadline = new Timer(clock);
    this.#lastHeard = clock.now();
  }

  /** A message came. */
  heard() {
    this.#lastHeard = this.clock.now();
    this.#deadline.stop();
    this.#answer(true);
  }

  /**
   * Sends a ping whenever nothing has come for `interval` milliseconds, from now on.
   * @param {number} interval
   * @param {number} timeout milliseconds within which a message has to follow
   */
  start(interval, timeout) {
    this.#interval = interval;
    this.#after(interval, timeout);
  }

  /**
   * @param {number} pause
   * @param {number} timeout
   */
  #after(pause, timeout) {
    this.#beat.set(pause, () => {
      const silence = this.clock.now() - this.#lastHeard;
      if (silence >= 0 && silence < this.#interval) return this.#after(this.#interval - silence, timeout);
      this.#probe(timeout);
      this.#after(this.#interval, timeout);
    });
  }

  /** @param {number} timeout */
  #probe(timeout) {
    if (this.#deadline.isSet) return;
    this.ask();
    this.#deadline.set(timeout, () => this.silent(timeout));
  }

  /**
   * Returns whether a message comes within so many milliseconds.
   * @param {number} timeout
   * @returns {Promise<boolean>}
   */
  check(timeout) {
    return new Promise((resolve) => {
      this.#checks.push(resolve);
      this.#probe(timeout);
    });
  }

  /** @param {boolean} isAlive */
  #answer(isAlive) {
    if (this.#checks.length === 0) return;
    for (const answer of this.#checks.splice(0)) answer(isAlive);
  }

  stop() {
    this.#beat.stop();
    this.#deadline.stop();
    this.#answer(false);
  }
}
