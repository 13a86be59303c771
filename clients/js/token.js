import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { claimsOf } from "./jwt.js";

/** @typedef {import("./tallywire.js").TokenSource} TokenSource */

/** A token is renewed so long before it expires, or after nine tenths of its life if that is shorter. */
const MARGIN = 60_000;
/** After a renewal that failed. */
const RETRY = 5_000;

/**
 * Where tokens come from, and when the next one is due.
 */
export class Tokens {
  /** @type {string | null} */
  #current = null;
  /** @type {Promise<string | null> | null} */
  #pending = null;
  #timer;
  /** Whether the connection that the token was shown on is still there. */
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
   * Takes tokens from elsewhere.
   * @param {TokenSource | null} source
   */
  replace(source) {
    this.source = source;
    this.#pending = null;
    this.discard();
  }

  /** Whether another token can be had after one was refused. */
  get canRenew() {
    return typeof this.source === "function";
  }

  /** The token does not do any more. */
  discard() {
    this.#current = null;
  }

  /**
   * A token that has not expired; `null` if there is none to be shown. Throws `token_failed`.
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
   * Calls `renew` with another token before `token` expires; what fails is told and tried again.
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
   * Milliseconds until it expires.
   * @param {string} token
   */
  #remaining(token) {
    const expiry = Number(claimsOf(token)?.exp);
    return expiry ? expiry * 1000 - this.clock.now() : Infinity;
  }
}
