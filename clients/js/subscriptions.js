import { Timer } from "./clock.js";
import { trackingMessages } from "./follows.js";
import { Requests } from "./requests.js";

/** @typedef {import("./session.js").Ids} Ids */

/** The pause after the server has skipped a message because of its rate limit. */
const RATE_PAUSE = 1_000;

/**
 * The requests on one connection, answered or not: tokens sent, rooms joined and left, ids tracked.
 */
export class Subscriptions {
  #requests;
  /**
   * The ids of each `track` message whose values have not come yet.
   * @type {Ids[]}
   */
  #tracks = [];
  #isOpen = false;
  /** The most bytes of a message that the server takes. */
  #messageBytes = 0;
  #retry;

  /**
   * @param {import("./session.js").Channel} channel
   * @param {import("./session.js").SessionOwner} owner
   * @param {() => void} changed called when there are more or fewer answers to wait for
   */
  constructor(channel, owner, changed) {
    this.owner = owner;
    this.changed = changed;
    this.#requests = new Requests((message) => channel.send(message));
    this.#retry = new Timer(owner.clock);
  }

  /**
   * The server takes messages now: sends the requests for all that is followed.
   * @param {string | null} token
   * @param {number} messageBytes the most bytes of a message
   */
  open(token, messageBytes) {
    this.#isOpen = true;
    this.#messageBytes = messageBytes;
    if (token !== null) this.authenticate(token);
    for (const room of this.owner.follows.rooms.values()) this.join(room);
    this.track(this.owner.follows);
  }

  /** @param {string} token */
  authenticate(token) {
    this.#requests.add({ type: "auth", token }, { refused: (error) => this.owner.fail(error) });
  }

  /** @param {import("./room.js").Room} room */
  join(room) {
    if (!this.#isOpen || room.stage !== "out") return;
    room.stage = "joining";
    this.#requests.add(room.request(this.owner.epoch()), {
      room: room.name,
      refused: (error) => {
        room.stage = "out";
        if (error.code === "rate_limited") return this.#retry.set(RATE_PAUSE, () => this.#repeat());
        if (error.code === "unauthenticated") return this.owner.fail(error);
        this.owner.refused(room.name, error);
        this.changed();
      },
    });
    this.changed();
  }

  /** Repeats the requests that were skipped. For tracked ids, all of them are sent again. */
  #repeat() {
    if (this.#tracks.length === 0) this.track(this.owner.follows);
    for (const room of this.owner.follows.rooms.values()) if (!room.refusal) this.join(room);
  }

  /**
   * @param {string} room
   * @param {() => void} done
   */
  leave(room, done) {
    if (!this.#isOpen) return done();
    this.#requests.add({ type: "leave", room }, { room, done, refused: done });
  }

  /** @param {{ products: Iterable<number>, variants: Iterable<number> }} ids */
  track(ids) {
    if (!this.#isOpen) return;
    for (const message of trackingMessages("track", ids, this.#messageBytes)) {
      const asked = { products: message.products, variants: message.variants };
      this.#tracks.push(asked);
      this.#requests.add(message, {
        refused: (error) => {
          this.#tracks.splice(this.#tracks.indexOf(asked), 1);
          if (error.code === "rate_limited") return this.#retry.set(RATE_PAUSE, () => this.#repeat());
          this.owner.untracked(asked, error);
          this.changed();
        },
      });
    }
    this.changed();
  }

  /**
   * @param {Ids} ids
   * @param {() => void} done
   */
  untrack(ids, done) {
    const messages = this.#isOpen ? [...trackingMessages("untrack", ids, this.#messageBytes)] : [];
    if (messages.length === 0) return done();
    messages.forEach((message, index) => {
      const end = index === messages.length - 1 ? done : () => {};
      this.#requests.add(message, { done: end, refused: end });
    });
  }

  // MARK: Answers

  /**
   * Returns the ids that the next values of tracked items answer.
   * @param {number} answers the number of `track` messages that the server answers together
   * @returns {Ids}
   */
  tracked(answers) {
    const asked = this.#tracks.slice(0, answers);
    return { products: asked.flatMap(({ products }) => products), variants: asked.flatMap(({ variants }) => variants) };
  }

  /**
   * All values of these `track` messages have come.
   * @param {number} answers
   */
  valuesCame(answers) {
    this.#tracks.splice(0, answers);
  }

  /** @param {unknown} id */
  pong(id) {
    this.#requests.pong(id);
  }

  /**
   * Takes an error of the server. Returns it with the room of the request that it answers.
   * @param {{ code: string, message: string }} message
   */
  error(message) {
    const error = this.#requests.error(message);
    if (error.code === "too_many_items") {
      // This error comes in place of values.
      const room = [...this.owner.follows.rooms.values()].find(({ stage }) => stage === "values");
      if (room) room.stage = "in";
      else this.#tracks.shift();
    }
    return error;
  }

  /** Whether the values of all tracked items have come. */
  get hasTracked() {
    return this.#tracks.length === 0;
  }

  /** Whether values or events are still to come that the journal had when they were asked for. */
  get areBehind() {
    if (!this.hasTracked) return true;
    for (const room of this.owner.follows.rooms.values()) if (!room.refusal && !room.isCaughtUp) return true;
    return false;
  }

  /** The connection has ended. */
  close() {
    this.#isOpen = false;
    this.#retry.stop();
    this.#requests.end();
    this.owner.follows.leaveConnection();
  }
}
