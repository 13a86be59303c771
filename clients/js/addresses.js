/**
 * The addresses under which the nodes of one server are reached, and which of them is next.
 *
 * Nodes have the same journal, so a client goes on at any of them from where it was. A round is one failure of each address: the next
 * address is tried at once, and a pause follows only after a round.
 */
export class Addresses {
  #next = 0;
  /** How many addresses in a row have failed in this round. */
  #failures = 0;
  /**
   * The pause in milliseconds that each address asked for when it failed last.
   * @type {(number | null)[]}
   */
  #asked = [];

  /** @param {readonly string[]} urls at least one; the first is tried first */
  constructor(urls) {
    this.urls = urls;
  }

  /** The address of the connection, or of the next attempt. */
  get current() {
    return this.urls[this.#next];
  }

  /** The current address was in use for long enough: its failure is the first of a round. */
  succeeded() {
    this.#failures = 0;
  }

  /**
   * The current address has failed, and the next one is current.
   * @param {number | null} asked after how many milliseconds the server wants to be asked again, if it said so
   * @returns {{ isRoundOver: boolean, asked: number | null }} whether a pause has to follow, and the one that the next address asked for
   */
  failed(asked) {
    this.#asked[this.#next] = asked;
    this.#next = (this.#next + 1) % this.urls.length;
    this.#failures = (this.#failures + 1) % this.urls.length;
    return { isRoundOver: this.#failures === 0, asked: this.#asked[this.#next] ?? null };
  }
}
