/**
 * Events up to so far behind the newest one are remembered, even where every room is further on: earlier servers began a snapshot up to
 * 4096 events before the newest one, with the events after it. Today's servers begin it no earlier than the join.
 */
const REACH = 4096;
/** At most so many events are remembered. */
const MOST = 4 * REACH;

/**
 * The events that listeners have had already, so that each event is delivered once.
 *
 * A connection brings an event once. After a reconnect each room resumes from its own position, so the new connection may bring an event
 * again that another room has brought before. Only events that can still come again are remembered: those after the lowest position of a
 * room, and within a snapshot's reach.
 */
export class DeliveredEvents {
  /**
   * In the order of their delivery.
   * @type {Set<number>}
   */
  #seqs = new Set();
  #newest = 0;
  #pruneAt = 2 * REACH;

  get size() {
    return this.#seqs.size;
  }

  /** @param {number} seq */
  has(seq) {
    return this.#seqs.has(seq);
  }

  /**
   * @param {number} seq
   * @param {number} floor the lowest position of a room
   */
  add(seq, floor) {
    this.#seqs.add(seq);
    this.#newest = Math.max(this.#newest, seq);
    if (this.#seqs.size > this.#pruneAt) this.#prune(floor);
  }

  /** @param {number} floor */
  #prune(floor) {
    const end = Math.min(floor, this.#newest - REACH);
    for (const delivered of this.#seqs) {
      if (delivered <= end) this.#seqs.delete(delivered);
    }
    // A room may stay far behind for a long time. Then the oldest are forgotten. If they come again, their versions make that harmless.
    for (const delivered of this.#seqs) {
      if (this.#seqs.size <= MOST) break;
      this.#seqs.delete(delivered);
    }
    this.#pruneAt = Math.max(2 * REACH, this.#seqs.size + REACH);
  }

  clear() {
    this.#seqs.clear();
    this.#newest = 0;
  }
}
