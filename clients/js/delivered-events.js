/** So far behind the newest event a snapshot may begin, and with it the events after it (the server's `StockImages.age`). */
const REACH = 4096;
/** Events that are remembered at most. */
const MOST = 4 * REACH;

/**
 * Which events were told already.
 *
 * One connection gets an event once, but rooms come back each from where it was, so a later connection may bring what another room of
 * an earlier one has brought. Remembered is what could still come: what is later than where the rooms stand, and within a snapshot's reach.
 */
export class DeliveredEvents {
  /**
   * In the order in which they were told.
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
   * @param {number} floor where the room stands that is furthest behind
   */
  add(seq, floor) {
    this.#seqs.add(seq);
    this.#newest = Math.max(this.#newest, seq);
    if (this.#seqs.size > this.#pruneAt) this.#prune(floor);
  }

  /** @param {number} floor */
  #prune(floor) {
    const end = Math.min(floor, this.#newest - REACH);
    for (const told of this.#seqs) {
      if (told <= end) this.#seqs.delete(told);
    }
    // A room may stand far behind for long. Then the oldest go, and could be told again, which versions make harmless.
    for (const told of this.#seqs) {
      if (this.#seqs.size <= MOST) break;
      this.#seqs.delete(told);
    }
    this.#pruneAt = Math.max(2 * REACH, this.#seqs.size + REACH);
  }

  clear() {
    this.#seqs.clear();
    this.#newest = 0;
  }
}
