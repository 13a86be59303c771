/** @typedef {import("./tallywire.js").Clock} Clock */

/**
 * The time of this machine.
 * @type {Clock}
 */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (action, milliseconds) => setTimeout(action, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

/** The longest pause of a timer, in milliseconds. Browsers treat a longer one as 0. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * A timer that is set once at a time: setting it again replaces the action.
 */
export class Timer {
  /** @type {unknown} */
  #timer = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.clock = clock;
  }

  get isSet() {
    return this.#timer !== null;
  }

  /**
   * Calls `action` after `milliseconds`, instead of the action that was set before.
   * @param {number} milliseconds
   * @param {() => void} action
   */
  set(milliseconds, action) {
    this.stop();
    const timer = this.clock.setTimeout(() => {
      if (this.#timer !== timer) return;
      this.#timer = null;
      action();
    }, Math.min(Math.max(0, milliseconds), LONGEST_TIMER));
    this.#timer = timer;
  }

  stop() {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
