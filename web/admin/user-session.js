// @ts-check
// The session of the admin page: its user and token.

import { API } from "../sdk/api.js";
import { systemClock, Timer } from "../sdk/clock.js";
import { Problem } from "../sdk/errors.js";
import { TabToken } from "../shared/tab-token.js";

const kept = new TabToken("tallywire.admin.token");
/** A token is renewed when this part of its life is over. */
const RENEWAL = 0.7;

/**
 * The answer of `GET /api/session`.
 *
 * @typedef {{ mode: "open" | "jwt", required: boolean, passwords: boolean, user: string | null, role: string | null, expiresAt: string | null, renewable: boolean }} State
 */

/** Signs the user in and out, and renews the token. Sends `change` when the user has changed, and `renewed` with each new token. */
export class UserSession extends EventTarget {
  /** @param {API} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {State | null} */
    this.state = null;
    /**
     * The name of the node that answered; `null` if the server is by itself.
     *
     * @type {string | null}
     */
    this.node = null;
    /**
     * Why the session has ended: the name of a text.
     *
     * @type {string | null}
     */
    this.reason = null;
    this.renewal = new Timer(systemClock);
    api.onUnauthenticated = () => this.end("session.ended");
  }

  /** Whether the user is an admin. */
  get isAdmin() { return this.state?.role === "admin"; }

  /**
   * Reads the state of the session, and tries the token that was kept.
   *
   * @throws {Problem} if the server cannot be reached
   */
  async begin() {
    try {
      await this.ask(kept.value);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      kept.value = null;
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
    this.renewal.stop();
    this.api.token = null;
    this.reason = reason;
    kept.value = null;
    if (this.state) this.state = { ...this.state, user: null, role: null, expiresAt: null, renewable: false };
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string | null} token */
  async ask(token) {
    const { body, node } = await this.api.call("/api/session", { token });
    this.state = body;
    this.node = node;
    this.take(token);
    this.reason = null;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string | null} token */
  take(token) {
    this.api.token = token;
    kept.value = token;
    this.renewal.stop();
    if (!token || !this.state?.expiresAt || !this.state.renewable) return;
    // This clock may be wrong, so the pause is half a minute at least. Only the server decides whether a token has expired.
    const left = Date.parse(this.state.expiresAt) - Date.now();
    this.renewal.set(Math.max(left * RENEWAL, 30_000), () => this.renew());
  }

  async renew() {
    try {
      const { body } = await this.api.call("/api/session/renewal", { method: "POST", body: {} });
      if (this.state) this.state = { ...this.state, expiresAt: body.expiresAt };
      this.take(body.token);
      this.dispatchEvent(new Event("renewed"));
    } catch (error) {
      // A token that cannot be renewed stays valid until it expires. After other errors the server is asked again.
      if (!(error instanceof Problem) || error.status !== 403) this.renewal.set(15_000, () => this.renew());
      else if (this.state) this.state = { ...this.state, renewable: false };
    }
  }
}
