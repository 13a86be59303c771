/** @typedef {import("./tallywire.js").TallywireEvent} TallywireEvent */

/** At most so many events wait. */
const MOST = 1_000;

/**
 * Events that came before all rooms were joined, in the order of the journal. They wait because a room that is not joined yet may still
 * bring earlier events.
 */
export class ReorderBuffer {
  /** @type {TallywireEvent[]} */
  #events = [];

  get isFull() {
    return this.#events.length >= MOST;
  }

  /** The seq of the first event; `Infinity` if none waits. */
  get first() {
    return this.#events[0]?.seq ?? Infinity;
  }

  /** @param {TallywireEvent} event */
  add(event) {
    const place = this.#events.findIndex(({ seq }) => seq >= event.seq);
    this.#events.splice(place < 0 ? this.#events.length : place, 0, event);
  }

  /**
   * Removes and yields the events that come before `seq`, one after the other.
   * @param {number} seq
   */
  *before(seq) {
    while (this.first < seq) yield /** @type {TallywireEvent} */ (this.#events.shift());
  }

  clear() {
    this.#events = [];
  }
}
