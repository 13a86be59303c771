import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { Session } from "./session.js";

/**
 * @typedef {import("./connection.js").ConnectionParts} ConnectionParts
 * @typedef {import("./connection.js").OpenLink} OpenLink
 * @typedef {import("./session.js").Channel} Channel
 * @typedef {import("./tallywire.js").Transport} Transport
 * @typedef {import("./websocket.js").LinkEnd} LinkEnd
 * @typedef {{ welcomed: (attempt: ConnectionAttempt) => void, ended: (attempt: ConnectionAttempt, end: LinkEnd) => void }} AttemptOwner
 */

/** A connection that was live for so many milliseconds was a success: the pauses after the next failure begin short again. */
const STABLE = 10_000;
/** The close code of a connection whose token is not valid any more. */
export const TOKEN_EXPIRED = 4001;

/**
 * One attempt to connect, from getting a token to the end of the connection. It reports its end once, and nothing after `drop`.
 */
export class ConnectionAttempt {
  /** @type {Session | null} */
  session = null;
  /** Whether the server has answered. */
  hasOpened = false;
  /** @type {Channel | null} */
  #link = null;
  #liveSince = Infinity;
  #isOver = false;
  #timeout;

  /**
   * @param {ConnectionParts} parts
   * @param {Transport} transport
   * @param {AttemptOwner} owner
   */
  constructor(parts, transport, owner) {
    this.parts = parts;
    this.transport = transport;
    this.owner = owner;
    this.#timeout = new Timer(parts.options.clock);
  }

  /** Whether the connection was live for long enough to count as a success. */
  get wasStable() {
    return this.parts.options.clock.now() - this.#liveSince >= STABLE;
  }

  /** @param {OpenLink} open */
  async open(open) {
    const { tokens, report, options: { connectTimeout } } = this.parts;
    this.#timeout.set(connectTimeout, () => this.#fail(new TallywireError("no_answer", `no connection within ${connectTimeout} ms`)));
    try {
      const token = await tokens.get();
      if (!this.#isOver) this.#begin(open(token, this.events), token);
    } catch (cause) {
      if (this.#isOver) return;
      const error = cause instanceof TallywireError
        ? cause : new TallywireError("unavailable", `${this.transport} cannot be used: ${cause}`, { cause });
      report(error);
      this.#fail(error);
    }
  }

  /**
   * Goes on with a link on which the server has sent its `welcome` already.
   * @param {Channel} link
   * @param {string | null} token
   * @param {import("./replica.js").Message} welcome
   */
  adopt(link, token, welcome) {
    this.#begin(link, token);
    this.session?.receive(welcome);
  }

  /**
   * What handles the messages and the end of its link.
   * @returns {import("./websocket.js").LinkEvents}
   */
  get events() {
    return {
      received: (message) => {
        if (!this.#isOver) this.session?.receive(message);
      },
      closed: (end) => this.#end(end),
    };
  }

  /**
   * @param {Channel} link
   * @param {string | null} token
   */
  #begin(link, token) {
    const { options: { clock, pongTimeout }, follows, tokens, clientState, epoch, receive, report, refused, untracked, settled } = this.parts;
    this.#link = link;
    this.session = new Session(link, {
      follows, clock, tokens, pongTimeout, epoch, receive, report, refused, untracked,
      welcomed: (interval, node) => {
        this.#timeout.stop();
        this.hasOpened = true;
        clientState.longestSilence = interval + pongTimeout;
        clientState.set({ status: "recovering", transport: this.transport, node });
        this.owner.welcomed(this);
      },
      heard: () => clientState.heard(),
      caughtUp: () => {
        if (this.#liveSince === Infinity) this.#liveSince = clock.now();
        if (clientState.state.status !== "live") clientState.set({ status: "live" });
        settled();
      },
      progressed: settled,
      fail: (error) => this.#fail(error),
    }, token);
  }

  /** @param {TallywireError} error */
  #fail(error) {
    this.#end({ code: error.code === "unauthenticated" ? TOKEN_EXPIRED : 1006, reason: error.message, error });
  }

  /** @param {LinkEnd} end */
  #end(end) {
    if (!this.#isOver) this.owner.ended(this, end);
  }

  /** Closes the connection without reporting its end. */
  drop() {
    this.#isOver = true;
    this.#timeout.stop();
    this.session?.end();
    this.#link?.close();
  }
}
