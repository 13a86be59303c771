import { Timer } from "./clock.js";
import { serverOf } from "./options.js";

/**
 * @typedef {import("./tallywire.js").Snapshot} Snapshot
 * @typedef {import("./tallywire.js").Status} Status
 */

/** A live connection is heard from within `longestSilence` milliseconds; after this many more, what is shown counts as stale. */
const GRACE = 2_000;

/**
 * The public state of the client. After each change `state` is another object, and listeners of `status` get it.
 */
export class ClientState {
  /** @type {Snapshot} */
  state;
  /** When the last message of the server came while the client was live; 0 before that. */
  #heard = 0;
  /** A live connection is heard from within so many milliseconds. */
  longestSilence = 30_000;
  #timer;

  /**
   * @param {import("./listeners.js").Listeners} listeners
   * @param {import("./tallywire.js").Clock} clock
   * @param {number} staleAfter
   * @param {readonly string[]} urls of which the first is tried first
   */
  constructor(listeners, clock, staleAfter, urls) {
    this.state = Object.freeze({
      status: "idle", retryAt: null, asOf: null, isStale: true, transport: null, server: urls.length > 0 ? serverOf(urls[0]) : "", node: null,
      lastError: null, isLeader: true,
    });
    this.listeners = listeners;
    this.clock = clock;
    this.staleAfter = staleAfter;
    this.#timer = new Timer(clock);
  }

  /** A message of the server came. If the client is live, what is shown is true now. */
  heard() {
    if (this.state.status === "live") this.#heard = this.clock.now();
  }

  /** The time up to which everything is known, in milliseconds; 0 before the first values. */
  get known() {
    return this.#heard;
  }

  get asOf() {
    return this.#heard === 0 ? null : new Date(this.#heard);
  }

  get isStale() {
    if (this.#heard === 0) return true;
    return this.clock.now() - this.#heard > (this.state.status === "live" ? this.longestSilence + GRACE : this.staleAfter);
  }

  /**
   * Changes the state.
   * @param {Partial<Snapshot>} change
   * @param {number} [known] the time up to which everything is known, as the leading tab says
   */
  set(change, known) {
    const before = this.state;
    const wasLive = before.status === "live";
    const status = change.status ?? before.status;
    this.state = { ...before, retryAt: status === before.status ? before.retryAt : null, ...change };
    if (known !== undefined) this.#heard = known;
    else if (status === "live" && !wasLive) this.#heard = this.clock.now();
    if (status === "live" && change.lastError === undefined) this.state = { ...this.state, lastError: null };
    this.#tell(before);
  }

  /** @param {Snapshot} before */
  #tell(before) {
    const isStale = this.isStale;
    const { status, retryAt, transport, server, node, lastError, isLeader } = this.state;
    this.#watch();
    if (status === before.status && isStale === before.isStale && transport === before.transport && isLeader === before.isLeader
      && server === before.server && node === before.node && retryAt?.getTime() === before.retryAt?.getTime() && lastError === before.lastError) {
      this.state = before;
      return;
    }
    this.state = Object.freeze({ ...this.state, isStale, asOf: this.asOf });
    this.listeners.emit("status", this.state);
  }

  /** Sets the timer for the moment at which what is shown becomes stale. */
  #watch() {
    this.#timer.stop();
    if (this.#heard === 0 || this.state.status === "live" || this.isStale) return;
    this.#timer.set(this.#heard + this.staleAfter - this.clock.now() + 1, () => this.#tell(this.state));
  }

  stop() {
    this.#timer.stop();
  }
}
