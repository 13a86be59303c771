/** @typedef {import("./tallywire.js").Transport} Transport */

/**
 * Which transport is tried next: the first, and when that has not opened too often in a row, the others by turns with it.
 */
export class TransportChoice {
  /** Links of the first transport in a row that did not open. */
  #unopened = 0;

  /**
   * @param {Transport[]} names in the order of preference
   * @param {number} fallbackAfter
   * @param {() => Promise<boolean>} isReachable whether the server answers over HTTP
   */
  constructor(names, fallbackAfter, isReachable) {
    this.names = names;
    this.fallbackAfter = fallbackAfter;
    this.isReachable = isReachable;
  }

  /** The one that is used where it works. */
  get first() {
    return this.names[0];
  }

  get next() {
    const beyond = this.#unopened - this.fallbackAfter;
    return this.names[beyond < 0 ? 0 : (beyond + 1) % this.names.length];
  }

  /** @param {Transport} name */
  opened(name) {
    if (name === this.first) this.#unopened = 0;
  }

  /**
   * @param {Transport} name
   * @param {boolean} hasOpened
   */
  ended(name, hasOpened) {
    // What another transport brought ends with a try of the first.
    if (name !== this.first) this.#unopened += 1;
    else if (!hasOpened && this.names.length > 1) this.#suspect();
  }

  /** A transport that does not open while the server can be reached is blocked; one of a server that is down is not. */
  async #suspect() {
    const isReached = await this.isReachable();
    this.#unopened = isReached ? this.#unopened + 1 : 0;
  }
}
