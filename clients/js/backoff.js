/**
 * How long to wait before the next attempt: a random pause, from nothing to a limit that doubles with each failure, so that not all who
 * lost a server come back at once.
 */
export class Backoff {
  #failures = 0;

  /** @param {{ minDelay: number, maxDelay: number, clock: import("./tallywire.js").Clock }} options */
  constructor({ minDelay, maxDelay, clock }) {
    this.minDelay = minDelay;
    this.maxDelay = maxDelay;
    this.clock = clock;
  }

  /** Whether nothing has failed since the last success. */
  get isFresh() {
    return this.#failures === 0;
  }

  succeeded() {
    this.#failures = 0;
  }

  /** Counts a failure; how many milliseconds to wait. */
  failed() {
    const limit = Math.min(this.maxDelay, this.minDelay * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return this.clock.random() * limit;
  }
}
