/** @typedef {import("./tallywire.js").TallywireEvent} TallywireEvent */

/** Events that wait at most. */
const MOST = 1_000;

/**
 * Events that came before all rooms were answered for, in the order of the journal: a room may still bring what comes before them.
 */
export class ReorderBuffer {
  /** @type {TallywireEvent[]} */
  #events = [];

  get isFull() {
    return this.#events.length >= MOST;
  }

  /** The first one's seq; `Infinity` if none waits. */
  get first() {
    return this.#events[0]?.seq ?? Infinity;
  }

  /** @param {TallywireEvent} event */
  add(event) {
    const place = this.#events.findIndex(({ seq }) => seq >= event.seq);
    this.#events.splice(place < 0 ? this.#events.length : place, 0, event);
  }

  /**
   * Takes out one after the other those that come before `seq`.
   * @param {number} seq
   */
  *before(seq) {
    while (this.first < seq) yield /** @type {TallywireEvent} */ (this.#events.shift());
  }

  clear() {
    this.#events = [];
  }
}
