import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { claimsOf } from "./jwt.js";

/** @typedef {import("./tallywire.js").TokenSource} TokenSource */

/** A token is renewed so many milliseconds before it expires; one with a short life, after nine tenths of it. */
const MARGIN = 60_000;
/** The pause after a renewal that failed. */
const RETRY = 5_000;

/**
 * Gets tokens from their source, and renews them before they expire.
 */
export class Tokens {
  /** @type {string | null} */
  #current = null;
  /** @type {Promise<string | null> | null} */
  #pending = null;
  #timer;
  /** Whether the connection that the token was sent on is still open. */
  #isWatching = false;

  /**
   * @param {TokenSource | null} source
   * @param {import("./tallywire.js").Clock} clock
   */
  constructor(source, clock) {
    this.source = source;
    this.clock = clock;
    this.#timer = new Timer(clock);
  }

  /**
   * Takes tokens from another source.
   * @param {TokenSource | null} source
   */
  replace(source) {
    this.source = source;
    this.#pending = null;
    this.discard();
  }

  /** Whether the source can give another token after one was refused. */
  get canRenew() {
    return typeof this.source === "function";
  }

  /** The token is not valid any more. */
  discard() {
    this.#current = null;
  }

  /**
   * Returns a token that has not expired, or `null` if there is none. Throws `token_failed` if the source fails.
   * @returns {Promise<string | null>}
   */
  async get() {
    const { source } = this;
    if (typeof source !== "function") return source;
    if (this.#current !== null && this.#remaining(this.#current) > 0) return this.#current;
    this.#pending ??= Promise.resolve().then(source).finally(() => { this.#pending = null; });
    try {
      const token = await this.#pending;
      if (source === this.source) this.#current = token;
      return token;
    } catch (cause) {
      throw new TallywireError("token_failed", `no token could be had: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }

  /**
   * Calls `renew` with another token before `token` expires. Failures are reported, and the renewal is tried again.
   * @param {string} token
   * @param {(token: string) => void} renew
   * @param {(error: TallywireError) => void} report
   */
  watch(token, renew, report) {
    const remaining = this.#remaining(token);
    if (!this.canRenew || remaining === Infinity) return this.#timer.stop();
    this.#timer.set(Math.max(remaining - MARGIN, remaining * 0.9 - 1), () => this.#renew(renew, report));
  }

  /**
   * @param {(token: string) => void} renew
   * @param {(error: TallywireError) => void} report
   */
  async #renew(renew, report) {
    const { source } = this;
    this.discard();
    this.#isWatching = true;
    try {
      const token = await this.get();
      if (token !== null && source === this.source && this.#isWatching) renew(token);
    } catch (error) {
      report(/** @type {TallywireError} */ (error));
      if (this.#isWatching) this.#timer.set(RETRY, () => this.#renew(renew, report));
    }
  }

  stop() {
    this.#isWatching = false;
    this.#timer.stop();
  }

  /**
   * Returns the milliseconds until a token expires; `Infinity` if it does not say.
   * @param {string} token
   */
  #remaining(token) {
    const expiry = Number(claimsOf(token)?.exp);
    return expiry ? expiry * 1000 - this.clock.now() : Infinity;
  }
}
