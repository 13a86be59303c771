// @ts-check
// Sends the scans that wait, in order, and retries as long as the page is open.

import { Backoff } from "../sdk/backoff.js";
import { systemClock } from "../sdk/clock.js";
import { Problem } from "../sdk/errors.js";
import { texts } from "./texts.js";

/** @typedef {import("./queue.js").Scan} Scan */
/** @typedef {import("./queue.js").Queue} Queue */

/**
 * - `idle`: nothing waits.
 * - `sending`: an answer is awaited.
 * - `away`: the server cannot be reached or is overloaded. The next attempt comes by itself.
 * - `token`: the server requires a token, or another one.
 *
 * @typedef {"idle" | "sending" | "away" | "token"} State
 */

/** At most so many scans are sent in one request. */
const MOST_AT_ONCE = 50;
const TIMEOUT = 15_000;
/** The pause after a failure is random: at least the shortest, and at most a limit that doubles up to the longest. */
const SHORTEST_PAUSE = 100;
const FIRST_LIMIT = 500;
const LONGEST_PAUSE = 15_000;

/** Problems that pass: the scan is sent again, with the same id. */
const NO_ANSWER = new Set(["disconnected", "overloaded", "unavailable", "unknown", "rate_limited", "internal_error", "request_timeout"]);
const NO_ENTRY = new Set(["unauthenticated", "forbidden"]);

/** Sends scans from the queue to the server. */
export class Sender {
  /** @type {State} */
  state = "idle";
  #queue;
  #api;
  #tell;
  #backoff = new Backoff({ minDelay: FIRST_LIMIT, maxDelay: LONGEST_PAUSE, clock: systemClock });
  #most = MOST_AT_ONCE;
  #isRunning = false;
  #isAsked = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Queue} queue
   * @param {import("../sdk/api.js").API} api
   * @param {{ changed: () => void, answered: (scans: Scan[]) => void }} tell `changed` is called after a change of `state`, `answered` with
   *   the scans that the server has answered, once that is saved
   */
  constructor(queue, api, tell) {
    this.#queue = queue;
    this.#api = api;
    this.#tell = tell;
    addEventListener("online", () => this.go());
    addEventListener("pageshow", () => this.go());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.go());
  }

  /** Sends the scans that wait, now. Only one tab sends at a time, so that the order is kept. */
  async go() {
    clearTimeout(this.#timer);
    this.#isAsked = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      // Pages without TLS have no locks. Two tabs may then send the same scan, which the server applies once.
      if (navigator.locks) await navigator.locks.request("tallywire-scan-sender", () => this.#drain());
      else await this.#drain();
    } finally {
      this.#isRunning = false;
    }
  }

  async #drain() {
    while (this.#isAsked) {
      this.#isAsked = false;
      for (;;) {
        const scans = await this.#queue.waiting(this.#most);
        if (scans.length === 0) {
          this.#enter("idle");
          break;
        }
        this.#enter(this.state === "away" ? "away" : "sending");
        if (!(await this.#send(scans))) return;
      }
    }
  }

  /**
   * @param {Scan[]} scans
   * @returns {Promise<boolean>} whether to go on at once
   */
  async #send(scans) {
    const outcome = await this.#post(scans);
    if (outcome === "token") {
      this.#enter("token");
      return false;
    }
    if (outcome === "broken") {
      // One of the scans made the server refuse the whole request. Sending them one at a time finds out which.
      this.#most = 1;
      return true;
    }
    if (!Array.isArray(outcome)) return this.#wait(outcome);
    this.#most = MOST_AT_ONCE;
    // A scan that was not answered waits, and all scans after it too, so that the order is kept.
    const unanswered = outcome.findIndex((result) => NO_ANSWER.has(result.code));
    const answered = scans.slice(0, unanswered < 0 ? scans.length : unanswered).map((scan, place) => fateOf(scan, outcome[place]));
    // The scans after it may have been applied. They are sent again, and the server answers that it has them already.
    await this.#queue.settle(answered);
    if (answered.length > 0) this.#tell.answered(answered);
    if (unanswered >= 0) return this.#wait(null);
    this.#backoff.succeeded();
    this.#enter("sending");
    return true;
  }

  /**
   * @param {Scan[]} scans
   * @returns {Promise<any[] | "token" | "broken" | number | null>} a result for each scan; or that a token is required; or that the request
   *   was refused as a whole; or the milliseconds to wait, `null` if the server did not say
   */
  async #post(scans) {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      const { body } = await this.#api.call("/api/movements", { method: "POST", body: scans.map(movementOf), signal: abort.signal });
      return body.results;
    } catch (error) {
      // An error that is no problem is the deadline's.
      if (!(error instanceof Problem)) return null;
      const { code, status, message: detail, retryAfter } = error;
      if (NO_ENTRY.has(code)) return "token";
      if (status < 500 && !NO_ANSWER.has(code)) return scans.length > 1 ? "broken" : [{ code, detail }];
      return retryAfter;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** @param {number | null} pause */
  #wait(pause) {
    this.#enter("away");
    const ownPause = Math.max(SHORTEST_PAUSE, this.#backoff.failed());
    this.#timer = setTimeout(() => this.go(), pause ?? ownPause);
    return false;
  }

  /** @param {State} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell.changed();
  }
}

/** @param {Scan} scan */
function movementOf(scan) {
  const { id, code, operation, quantity, location, to, reservation, at } = scan;
  const line = reservation === undefined ? { code, operation, quantity, location, ...(to ? { to } : {}) }
    : { code, operation: "capture", reservation, quantity, location };
  return { id, occurredAt: new Date(at).toISOString(), lines: [line] };
}

/**
 * @param {Scan} scan
 * @param {any} result a receipt or a problem
 * @returns {Scan}
 */
function fateOf(scan, result) {
  if (result.status !== "applied" && result.status !== "duplicate") {
    return { ...scan, fate: "refused", reason: texts.refusals[result.code] ?? result.detail ?? result.title };
  }
  const line = result.lines?.at(-1);
  return { ...scan, fate: result.status, sku: line?.sku, locationStock: line?.locationStock, counted: line?.counted };
}
