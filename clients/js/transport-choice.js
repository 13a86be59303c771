/** @typedef {import("./tallywire.js").Transport} Transport */

/**
 * Chooses the transport of the next attempt: the first one. After `fallbackAfter` attempts in a row that did not open, it alternates with
 * the others.
 */
export class TransportChoice {
  /** How many links of the first transport in a row did not open. */
  #unopened = 0;

  /**
   * @param {Transport[]} names in the order of preference
   * @param {number} fallbackAfter
   * @param {(url: string) => Promise<boolean>} isReachable whether the node with this address answers over HTTP
   */
  constructor(names, fallbackAfter, isReachable) {
    this.names = names;
    this.fallbackAfter = fallbackAfter;
    this.isReachable = isReachable;
  }

  /** The preferred transport. */
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
   * @param {string} url where the attempt was made
   */
  ended(name, hasOpened, url) {
    // After a connection over another transport the first one is tried.
    if (name !== this.first) this.#unopened += 1;
    else if (!hasOpened && this.names.length > 1) this.#countIfBlocked(url);
  }

  /**
   * A transport that does not open although the server can be reached is blocked. Without a server, nothing is known of the transport.
   * @param {string} url
   */
  async #countIfBlocked(url) {
    const isReached = await this.isReachable(url);
    this.#unopened = isReached ? this.#unopened + 1 : 0;
  }
}
