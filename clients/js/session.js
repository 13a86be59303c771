import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { trackingMessages } from "./follows.js";
import { Requests } from "./requests.js";

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
 * @property {(message: Message) => void} receive takes what concerns rooms, items and events
 * @property {(interval: number) => void} welcomed
 * @property {() => void} heard
 * @property {() => void} caughtUp
 * @property {() => void} progressed
 * @property {(error: TallywireError) => void} report
 * @property {(room: string, error: TallywireError) => void} refused the server does not let this client in a room
 * @property {(ids: Ids, error: TallywireError) => void} untracked
 * @property {(error: TallywireError) => void} fail the connection is of no use
 */

/** While something is still to come, the server is asked how far it is: after the first pause, then after longer ones up to the last. */
const RECOVERY_PULSE = [20, 250];
/** After the server passed a message over because there were too many. */
const RATE_PAUSE = 1_000;

/**
 * The conversation on one connection: from `welcome` until it ends.
 */
export class Session {
  #requests;
  /**
   * What was asked for to be tracked, until its values are there.
   * @type {Ids[]}
   */
  #tracks = [];
  #isWelcomed = false;
  #isOver = false;
  #isBehind = true;
  #lastHeard;
  #heartbeat;
  #deadline;
  #pulse;
  #again;
  pingInterval = 25_000;
  /**
   * The pause that the server asked for before it went.
   * @type {number | null}
   */
  comeBackAfter = null;
  /** @type {((isAlive: boolean) => void)[]} */
  #checks = [];

  /**
   * @param {Channel} channel
   * @param {SessionOwner} owner
   * @param {string | null} token
   */
  constructor(channel, owner, token) {
    this.channel = channel;
    this.owner = owner;
    this.token = token;
    this.#requests = new Requests((message) => channel.send(message));
    const { clock } = owner;
    this.#heartbeat = new Timer(clock);
    this.#deadline = new Timer(clock);
    this.#pulse = new Timer(clock);
    this.#again = new Timer(clock);
    this.#lastHeard = clock.now();
  }

  /** @param {Message} message */
  receive(message) {
    const { owner } = this;
    this.#lastHeard = owner.clock.now();
    this.#deadline.stop();
    this.#answerChecks(true);
    switch (message.type) {
      case "welcome": return this.#welcome(message);
      case "authenticated": return this.#authenticated();
      case "going_away":
        this.comeBackAfter = message.comeBackAfter;
        return;
      case "error": return this.#error(/** @type {any} */ (message));
      case "left":
        if (message.code) this.owner.refused(message.room, new TallywireError(message.code, "the token does not allow this room", { room: message.room }));
        return;
      case "untracked": return;
      case "tracking":
        owner.receive({ ...message, asked: this.#tracks[0] });
        if (message.last) this.#tracks.shift();
        break;
      case "pong":
        owner.receive(message);
        this.#requests.pong(message.id);
        break;
      default:
        owner.receive(message);
    }
    owner.heard();
    this.#judge();
  }

  /** @param {Message} message */
  #welcome(message) {
    this.#isWelcomed = true;
    this.pingInterval = message.pingInterval ?? this.pingInterval;
    this.owner.receive(message);
    this.owner.welcomed(this.pingInterval);
    if (this.token !== null) this.authenticate(this.token);
    for (const room of this.owner.follows.rooms.values()) this.join(room);
    this.track(this.owner.follows);
    this.#beat(this.pingInterval);
    this.#judge();
  }

  // MARK: Asking

  /**
   * Shows a token, the first or a newer one.
   * @param {string} token
   */
  authenticate(token) {
    this.token = token;
    this.#requests.add({ type: "auth", token }, { refused: (error) => this.owner.fail(error) });
  }

  #authenticated() {
    const { owner } = this;
    if (this.token !== null) owner.tokens.watch(this.token, (token) => this.authenticate(token), owner.report);
    // What another token did not allow, this one may.
    for (const room of owner.follows.rooms.values()) if (room.refusal) this.join(room);
  }

  /** @param {import("./room.js").Room} room */
  join(room) {
    if (!this.#isWelcomed || room.stage !== "out") return;
    room.stage = "joining";
    this.#requests.add(room.request(this.owner.epoch()), {
      room: room.name,
      refused: (error) => {
        room.stage = "out";
        if (error.code === "rate_limited") return this.#again.set(RATE_PAUSE, () => this.#askAgain());
        if (error.code === "unauthenticated") return this.owner.fail(error);
        this.owner.refused(room.name, error);
        this.#judge();
      },
    });
    this.#judge();
  }

  /** Asks for what was passed over; what is tracked, as a whole. */
  #askAgain() {
    if (this.#tracks.length === 0) this.track(this.owner.follows);
    for (const room of this.owner.follows.rooms.values()) if (!room.refusal) this.join(room);
  }

  /**
   * @param {string} room
   * @param {() => void} done
   */
  leave(room, done) {
    if (!this.#isWelcomed) return done();
    this.#requests.add({ type: "leave", room }, { room, done, refused: done });
  }

  /** @param {{ products: Iterable<number>, variants: Iterable<number> }} ids */
  track(ids) {
    if (!this.#isWelcomed) return;
    for (const message of trackingMessages("track", ids)) {
      const asked = { products: message.products, variants: message.variants };
      this.#tracks.push(asked);
      this.#requests.add(message, {
        refused: (error) => {
          this.#tracks.splice(this.#tracks.indexOf(asked), 1);
          if (error.code === "rate_limited") return this.#again.set(RATE_PAUSE, () => this.#askAgain());
          this.owner.untracked(asked, error);
          this.#judge();
        },
      });
    }
    this.#judge();
  }

  /**
   * @param {Ids} ids
   * @param {() => void} done
   */
  untrack(ids, done) {
    const messages = this.#isWelcomed ? [...trackingMessages("untrack", ids)] : [];
    if (messages.length === 0) return done();
    messages.forEach((message, index) => {
      const end = index === messages.length - 1 ? done : () => {};
      this.#requests.add(message, { done: end, refused: end });
    });
  }

  /** @param {{ code: string, message: string }} message */
  #error(message) {
    const error = this.#requests.error(message);
    if (error.code === "too_many_items") {
      // It takes the place of the values that were to come.
      const room = [...this.owner.follows.rooms.values()].find(({ stage }) => stage === "values");
      if (room) room.stage = "in";
      else this.#tracks.shift();
    }
    if (error.code !== "rate_limited") this.owner.report(error);
    this.#judge();
  }

  // MARK: How far it is

  /** Whether the values of what is tracked are there. */
  get hasTracked() {
    return this.#tracks.length === 0;
  }

  /** Whether all has come that was there when it was asked for. */
  get isCaughtUp() {
    return !this.#isBehind;
  }

  #judge() {
    if (!this.#isWelcomed || this.#isOver) return;
    const { follows } = this.owner;
    let isBehind = this.#tracks.length > 0;
    for (const room of follows.rooms.values()) isBehind ||= !room.refusal && !room.isCaughtUp;
    if (isBehind && !this.#pulse.isSet) this.#askAfter(RECOVERY_PULSE[0]);
    if (!isBehind) this.#pulse.stop();
    this.#isBehind = isBehind;
    if (!isBehind) this.owner.caughtUp();
    else this.owner.progressed();
  }

  /**
   * Asks how far the events are that have come, which a pong says.
   * @param {number} pause
   */
  #askAfter(pause) {
    this.#pulse.set(pause, () => {
      this.channel.send({ type: "ping" });
      this.#askAfter(Math.min(2 * pause, RECOVERY_PULSE[1]));
    });
  }

  // MARK: Whether it is alive

  /** @param {number} pause */
  #beat(pause) {
    this.#heartbeat.set(pause, () => {
      const silence = this.owner.clock.now() - this.#lastHeard;
      if (silence >= 0 && silence < this.pingInterval) return this.#beat(this.pingInterval - silence);
      this.#probe(this.owner.pongTimeout);
      this.#beat(this.pingInterval);
    });
  }

  /** @param {number} timeout */
  #probe(timeout) {
    if (this.#deadline.isSet) return;
    this.channel.send({ type: "ping" });
    const message = `the server did not answer within ${timeout} ms`;
    this.#deadline.set(timeout, () => this.owner.fail(new TallywireError("no_answer", message)));
  }

  /**
   * Whether the server answers within so long.
   * @param {number} timeout
   * @returns {Promise<boolean>}
   */
  check(timeout) {
    return new Promise((resolve) => {
      this.#checks.push(resolve);
      this.#probe(timeout);
    });
  }

  /** @param {boolean} isAlive */
  #answerChecks(isAlive) {
    if (this.#checks.length === 0) return;
    for (const answer of this.#checks.splice(0)) answer(isAlive);
  }

  /** The connection is gone. */
  end() {
    this.#isOver = true;
    this.#answerChecks(false);
    for (const timer of [this.#heartbeat, this.#deadline, this.#pulse, this.#again]) timer.stop();
    this.owner.tokens.stop();
    this.#requests.end();
    this.owner.follows.leaveConnection();
  }
}
