import { Timer } from "./clock.js";

/**
 * Whether the other side of a connection is alive: after a silence it is asked, and has to say something in time.
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
   * @param {() => void} ask makes the other side say something
   * @param {(timeout: number) => void} silent nothing came within so many milliseconds
   */
  constructor(clock, ask, silent) {
    this.clock = clock;
    this.ask = ask;
    this.silent = silent;
    this.#beat = new Timer(clock);
    this.#deadline = new Timer(clock);
    this.#lastHeard = clock.now();
  }

  /** Something came. */
  heard() {
    this.#lastHeard = this.clock.now();
    this.#deadline.stop();
    this.#answer(true);
  }

  /**
   * Asks after each silence of `interval` milliseconds from now on.
   * @param {number} interval
   * @param {number} timeout within which it has to be answered
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
   * Whether the other side says something within so many milliseconds.
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
