import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import { Subscriptions } from "./subscriptions.js";

/**
 * @typedef {import("./replica.js").Message} Message
 * @typedef {{ products: number[], variants: number[] }} Ids
 * @typedef {object} Channel
 * @property {(message: object) => void} send
 * @property {() => void} close
 * @typedef {object} SessionOwner
 * @property {import("./follows.js").Follows} follows
 * @property {import("./tallywire.js").Clock} clock
 * @property {import("./token.js").Tokens} tokens
 * @property {number} pongTimeout
 * @property {() => string | null} epoch
 * @property {(message: Message) => void} receive takes the messages about rooms, items and events
 * @property {(interval: number, node: string | null) => void} welcomed `node` is the name of the server's node, where it is known
 * @property {() => void} heard
 * @property {() => void} caughtUp
 * @property {() => void} progressed
 * @property {(error: TallywireError) => void} report
 * @property {(room: string, error: TallywireError) => void} refused the server has refused a room
 * @property {(ids: Ids, error: TallywireError) => void} untracked
 * @property {(error: TallywireError) => void} fail the connection cannot be used
 */

/** While values or events are still to come, pings ask the server how far it is: after the first pause, then after longer ones up to the last. */
const PROGRESS_PAUSES = [20, 250];

/**
 * The protocol on one connection, from `welcome` to its end.
 */
export class Session {
  #subscriptions;
  #heartbeat;
  #progressTimer;
  #isWelcomed = false;
  #isOver = false;
  #isBehind = true;
  /**
   * The pause before a reconnect that the server has asked for, in milliseconds.
   * @type {number | null}
   */
  comeBackAfter = null;

  /**
   * @param {Channel} channel
   * @param {SessionOwner} owner
   * @param {string | null} token
   */
  constructor(channel, owner, token) {
    this.channel = channel;
    this.owner = owner;
    this.token = token;
    const { clock } = owner;
    this.#subscriptions = new Subscriptions(channel, owner, () => this.#updateProgress());
    this.#heartbeat = new Heartbeat(clock, () => channel.send({ type: "ping" }), (timeout) => {
      owner.fail(new TallywireError("no_answer", `the server did not answer within ${timeout} ms`));
    });
    this.#progressTimer = new Timer(clock);
  }

  /** @param {Message} message */
  receive(message) {
    const { owner } = this;
    this.#heartbeat.heard();
    switch (message.type) {
      case "welcome": return this.#welcome(message);
      case "authenticated": return this.#authenticated();
      case "going_away":
        this.comeBackAfter = message.comeBackAfter;
        return;
      case "error": return this.#error(/** @type {any} */ (message));
      case "left":
        if (message.code) owner.refused(message.room, new TallywireError(message.code, "the token does not allow this room", { room: message.room }));
        return;
      case "untracked": return;
      case "tracking":
        owner.receive({ ...message, asked: this.#subscriptions.tracked(message.answers ?? 1) });
        if (message.last) this.#subscriptions.valuesCame(message.answers ?? 1);
        break;
      case "pong":
        owner.receive(message);
        this.#subscriptions.pong(message.id);
        break;
      default:
        owner.receive(message);
    }
    owner.heard();
    this.#updateProgress();
  }

  /** @param {Message} message */
  #welcome(message) {
    const { owner } = this;
    const { pingInterval = 25_000, messageBytes = 65_536, node = null } = message;
    this.#isWelcomed = true;
    owner.receive(message);
    owner.welcomed(pingInterval, node);
    this.#subscriptions.open(this.token, messageBytes);
    this.#heartbeat.start(pingInterval, owner.pongTimeout);
    this.#updateProgress();
  }

  #authenticated() {
    const { owner } = this;
    if (this.token !== null) owner.tokens.watch(this.token, (token) => this.#authenticate(token), owner.report);
    // The new token may allow rooms that the old one did not.
    for (const room of owner.follows.rooms.values()) if (room.refusal) this.join(room);
  }

  /**
   * Sends a newer token.
   * @param {string} token
   */
  #authenticate(token) {
    this.token = token;
    this.#subscriptions.authenticate(token);
  }

  /** @param {{ code: string, message: string }} message */
  #error(message) {
    const error = this.#subscriptions.error(message);
    if (error.code !== "rate_limited") this.owner.report(error);
    this.#updateProgress();
  }

  // MARK: What is followed

  /** @param {import("./room.js").Room} room */
  join(room) {
    this.#subscriptions.join(room);
  }

  /**
   * @param {string} room
   * @param {() => void} done
   */
  leave(room, done) {
    this.#subscriptions.leave(room, done);
  }

  /** @param {Ids} ids */
  track(ids) {
    this.#subscriptions.track(ids);
  }

  /**
   * @param {Ids} ids
   * @param {() => void} done
   */
  untrack(ids, done) {
    this.#subscriptions.untrack(ids, done);
  }

  // MARK: Progress

  /** Whether the values of all tracked items have come. */
  get hasTracked() {
    return this.#subscriptions.hasTracked;
  }

  /** Whether every event and value has come that the journal had when it was asked for. */
  get isCaughtUp() {
    return !this.#isBehind;
  }

  #updateProgress() {
    if (!this.#isWelcomed || this.#isOver) return;
    this.#isBehind = this.#subscriptions.areBehind;
    if (this.#isBehind) {
      if (!this.#progressTimer.isSet) this.#askAfter(PROGRESS_PAUSES[0]);
      this.owner.progressed();
    } else {
      this.#progressTimer.stop();
      this.owner.caughtUp();
    }
  }

  /**
   * Sends a ping, whose pong says up to which event the server has sent everything.
   * @param {number} pause
   */
  #askAfter(pause) {
    this.#progressTimer.set(pause, () => {
      this.channel.send({ type: "ping" });
      this.#askAfter(Math.min(2 * pause, PROGRESS_PAUSES[1]));
    });
  }

  /**
   * Returns whether the server answers within so many milliseconds.
   * @param {number} timeout
   */
  check(timeout) {
    return this.#heartbeat.check(timeout);
  }

  /** The connection has ended. */
  end() {
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#progressTimer.stop();
    this.owner.tokens.stop();
    this.#subscriptions.close();
  }
}
