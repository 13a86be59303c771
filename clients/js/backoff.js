/**
 * The pause before the next attempt: random, between 0 and a limit that doubles with each failure. It is random so that the clients of a
 * server that restarts do not all connect at the same moment.
 */
export class Backoff {
  #failures = 0;

  /** @param {{ minDelay: number, maxDelay: number, clock: import("./tallywire.js").Clock }} options */
  constructor({ minDelay, maxDelay, clock }) {
    this.minDelay = minDelay;
    this.maxDelay = maxDelay;
    this.clock = clock;
  }

  /** Whether no attempt has failed since the last success. */
  get isFresh() {
    return this.#failures === 0;
  }

  succeeded() {
    this.#failures = 0;
  }

  /** Counts a failure. Returns the milliseconds to wait before the next attempt. */
  failed() {
    const limit = Math.min(this.maxDelay, this.minDelay * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return this.clock.random() * limit;
  }
}
