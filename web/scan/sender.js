// @ts-check
// Sends what waits, in order, and goes on trying for as long as the page is open.

import { Backoff } from "/sdk/backoff.js";
import { systemClock } from "/sdk/clock.js";
import { Problem } from "/sdk/errors.js";
import { texts } from "./texts.js";

/** @typedef {import("./queue.js").Scan} Scan */
/** @typedef {import("./queue.js").Queue} Queue */

/**
 * - `idle`: nothing waits.
 * - `sending`: an answer is awaited.
 * - `away`: the server cannot be reached or has no time; the next attempt comes by itself.
 * - `token`: the server wants a token, or another one.
 *
 * @typedef {"idle" | "sending" | "away" | "token"} State
 */

/** As many go in one request, once there are that many. */
const MOST_AT_ONCE = 50;
const TIMEOUT = 15_000;
/** The pause after a failure is random: at least the shortest, and at most a limit that doubles up to the longest. */
const SHORTEST_PAUSE = 100;
const FIRST_LIMIT = 500;
const LONGEST_PAUSE = 15_000;

/** Problems that pass: the scan is sent again, with the same id. */
const NO_ANSWER = new Set(["disconnected", "overloaded", "unavailable", "rate_limited", "internal_error", "request_timeout"]);
const NO_ENTRY = new Set(["unauthenticated", "forbidden"]);

/** The way from the queue to the server. */
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
   * @param {import("/sdk/api.js").API} api
   * @param {{ changed: () => void, answered: (scans: Scan[]) => void }} tell `changed` after a change of `state`, `answered` with scans
   *   whose fate is known and kept
   */
  constructor(queue, api, tell) {
    this.#queue = queue;
    this.#api = api;
    this.#tell = tell;
    addEventListener("online", () => this.go());
    addEventListener("pageshow", () => this.go());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.go());
  }

  /** Sends now what waits. Only one tab does at a time, so that the order holds. */
  async go() {
    clearTimeout(this.#timer);
    this.#isAsked = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      // Pages without TLS have no locks; two tabs then send the same scans, which the server counts once.
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
      // Something in it made the server refuse the whole: which one is found by sending one at a time.
      this.#most = 1;
      return true;
    }
    if (!Array.isArray(outcome)) return this.#wait(outcome);
    this.#most = MOST_AT_ONCE;
    // What was not answered waits, and all that came after it with it: the order is that of the aisle.
    const unanswered = outcome.findIndex((result) => NO_ANSWER.has(result.code));
    const answered = scans.slice(0, unanswered < 0 ? scans.length : unanswered).map((scan, place) => fateOf(scan, outcome[place]));
    // Those behind it may have been counted all the same; they are sent again and come back as counted before.
    await this.#queue.settle(answered);
    if (answered.length > 0) this.#tell.answered(answered);
    if (unanswered >= 0) return this.#wait(null);
    this.#backoff.succeeded();
    this.#enter("sending");
    return true;
  }

  /**
   * @param {Scan[]} scans
   * @returns {Promise<any[] | "token" | "broken" | number | null>} a result each; or that a token is wanted; that the request as a whole
   *   was refused; or the milliseconds to wait, `null` if nobody said
   */
  async #post(scans) {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      const { body } = await this.#api.call("/api/movements", { method: "POST", body: scans.map(movementOf), signal: abort.signal });
      return body.results;
    } catch (error) {
      // What is no problem is the deadline.
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
  const { id, code, operation, quantity, location, to, at } = scan;
  return { id, occurredAt: new Date(at).toISOString(), lines: [{ code, operation, quantity, location, ...(to ? { to } : {}) }] };
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
  return { ...scan, fate: result.status, sku: line?.sku, locationStock: line?.locationStock };
}
