// @ts-check
// Who is signed in. The token is in memory, and in this tab's sessionStorage so that a reload keeps it; never in localStorage or a cookie.

import { API, Problem } from "/admin/api.js";

const KEPT = "tallywire.admin.token";
/** The token is renewed when this part of its life is over. */
const RENEWAL = 0.7;

/**
 * What `GET /api/session` says.
 *
 * @typedef {{ mode: "open" | "jwt", required: boolean, passwords: boolean, user: string | null, role: string | null, expiresAt: string | null, renewable: boolean }} State
 */

/** Signing in, staying signed in, signing out. Sends `change` when any of that happens, with the reason in `reason`. */
export class Session extends EventTarget {
  /** @param {API} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {State | null} */
    this.state = null;
    /**
     * Why somebody who was signed in is not any more: a name of a text.
     *
     * @type {string | null}
     */
    this.reason = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    api.onUnauthenticated = () => this.end("session.ended");
  }

  /** Whether the page may show what is for admins. */
  get isAdmin() { return this.state?.role === "admin"; }

  /**
   * Finds out how the server is, and whether the token that was kept is good.
   *
   * @throws {Problem} if the server cannot be reached
   */
  async begin() {
    const kept = sessionStorage.getItem(KEPT);
    try {
      await this.ask(kept);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      sessionStorage.removeItem(KEPT);
      await this.ask(null);
    }
  }

  /**
   * @param {string} user
   * @param {string} password
   * @throws {Problem}
   */
  async signIn(user, password) {
    const { body } = await this.api.call("/api/session", { method: "POST", body: { user, password }, token: null });
    await this.ask(body.token);
  }

  /**
   * @param {string} token
   * @throws {Problem}
   */
  async useToken(token) { await this.ask(token); }

  signOut() { this.end(null); }

  /** @param {string | null} reason */
  end(reason) {
    if (!this.api.token) return;
    clearTimeout(this.timer);
    this.api.token = null;
    this.reason = reason;
    sessionStorage.removeItem(KEPT);
    if (this.state) this.state = { ...this.state, user: null, role: null, expiresAt: null, renewable: false };
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string | null} token */
  async ask(token) {
    this.state = (await this.api.call("/api/session", { token })).body;
    this.take(token);
    this.reason = null;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string | null} token */
  take(token) {
    this.api.token = token;
    if (token) sessionStorage.setItem(KEPT, token);
    clearTimeout(this.timer);
    if (!token || !this.state?.expiresAt || !this.state.renewable) return;
    // This clock may be wrong: no more often than every half minute, and a timer takes no more than 24 days. That a token's time is over is
    // for the server to say.
    const left = Date.parse(this.state.expiresAt) - Date.now();
    this.timer = setTimeout(() => this.renew(), Math.min(Math.max(left * RENEWAL, 30_000), 2 ** 31 - 1));
  }

  async renew() {
    try {
      const { body } = await this.api.call("/api/session/renewal", { method: "POST", body: {} });
      if (this.state) this.state = { ...this.state, expiresAt: body.expiresAt };
      this.take(body.token);
      this.dispatchEvent(new Event("renewed"));
    } catch (error) {
      // Where it cannot be renewed it lasts as long as it lasts; an unreachable server is asked again.
      if (!(error instanceof Problem) || error.status !== 403) this.timer = setTimeout(() => this.renew(), 15_000);
      else if (this.state) this.state = { ...this.state, renewable: false };
    }
  }
}
