import { ClientState } from "./client-state.js";
import { Connection } from "./connection.js";
import { TallywireError } from "./errors.js";
import { Follows } from "./follows.js";
import { itemKey } from "./item.js";
import { Listeners } from "./listeners.js";
import { checkedIds, withDefaults } from "./options.js";
import { PendingPromises } from "./pending-promises.js";
import { Replica } from "./replica.js";
import { roomName } from "./room.js";
import { SharedConnection, canShare } from "./shared-connection.js";
import { Tokens } from "./token.js";
import { isReachable, transports } from "./transports.js";

/**
 * @typedef {import("./tallywire.js").Follow} Follow
 * @typedef {import("./tallywire.js").Joined} Joined
 */

const LIVE = "live", TRACKED = "tracked";

/** A client of one Tallywire server, which may have several nodes. Its members are described in tallywire.d.ts. */
export class TallywireClient {
  #options;
  #listeners = new Listeners();
  #follows = new Follows();
  #promises = new PendingPromises();
  #tokens;
  #clientState;
  #replica;
  #connection;

  /** @param {import("./tallywire.js").TallywireOptions} [options] */
  constructor(options = {}) {
    this.#options = withDefaults(options);
    const { urls, clock, staleAfter, maxItems, token, rooms, snapshot, track } = this.#options;
    this.#tokens = new Tokens(token, clock);
    this.#clientState = new ClientState(this.#listeners, clock, staleAfter, urls);
    this.#replica = new Replica(this.#follows, this.#listeners, clock, maxItems);
    for (const room of rooms) this.#follows.want(room, snapshot);
    this.#follows.track(track);
    const parts = {
      options: this.#options, follows: this.#follows, tokens: this.#tokens, clientState: this.#clientState,
      replica: this.#replica,
      epoch: () => this.#replica.epoch,
      receive: (/** @type {import("./replica.js").Message} */ message) => this.#replica.take(message),
      report: (/** @type {TallywireError} */ error) => this.#report(error),
      refused: (/** @type {string} */ room, /** @type {TallywireError} */ error) => this.#refused(room, error),
      untracked: (/** @type {import("./session.js").Ids} */ what, /** @type {TallywireError} */ error) => {
        this.#follows.untrack(what);
        this.#promises.reject(TRACKED, error);
      },
      isReachable: (/** @type {string} */ url) => isReachable(this.#options, url),
      settled: () => this.#settle(),
    };
    this.#connection = this.#options.shared && canShare()
      ? new SharedConnection(parts) : new Connection(parts, transports(this.#options));
  }

  // MARK: Connection

  connect() {
    if (this.#options.urls.length === 0) throw new TypeError("there is no address of a server: give one as the option “url”");
    if (this.status === "live") return Promise.resolve();
    const promise = this.#promises.add(LIVE);
    this.#connection.start();
    return promise;
  }

  close() {
    this.#connection.stop();
    this.#clientState.set({ status: "closed", transport: null });
    this.#promises.rejectAll(new TallywireError("closed", "the client was closed"));
  }

  /** @param {import("./tallywire.js").TokenSource | null} token */
  setToken(token) {
    this.#tokens.replace(token);
    for (const room of this.#follows.rooms.values()) room.refusal = null;
    this.#connection.restart();
  }

  check() {
    return this.#connection.check();
  }

  // MARK: Rooms

  /**
   * @param {string} name
   * @param {import("./tallywire.js").JoinOptions} [options]
   * @returns {Promise<Joined>}
   */
  join(name, options = {}) {
    const { snapshot = this.#options.snapshot, since } = options;
    if (typeof name !== "string") throw new TypeError("a room's name has to be a text");
    const room = this.#follows.want(roomName(name), snapshot);
    room.refusal = null;
    if (since && room.position === null) room.since = since;
    if (room.isCaughtUp) return Promise.resolve(joined(room));
    const promise = this.#promises.add(waitingFor(room.name));
    this.#connection.join(room);
    return promise;
  }

  /**
   * @param {string} given
   * @returns {Promise<void>}
   */
  async leave(given) {
    const name = roomName(given);
    if (!this.#follows.rooms.delete(name)) return;
    this.#promises.reject(waitingFor(name), new TallywireError("closed", "the room was left", { room: name }));
    this.#replica.dropUnfollowed();
    await this.#connection.leave(name);
  }

  /**
   * @param {Follow} what
   * @returns {Promise<void>}
   */
  track(what) {
    const added = this.#follows.track(checkedIds(what));
    const isNew = added.products.length + added.variants.length > 0;
    if (!isNew && this.#connection.hasTracked && this.status === "live") return Promise.resolve();
    const promise = this.#promises.add(TRACKED);
    if (isNew) this.#connection.track(added);
    return promise;
  }

  /**
   * @param {Follow} what
   * @returns {Promise<void>}
   */
  async untrack(what) {
    const gone = checkedIds(what);
    this.#follows.untrack(gone);
    this.#replica.dropUnfollowed();
    await this.#connection.untrack(gone);
  }

  /** @param {string} name */
  position(name) {
    const seq = this.#follows.rooms.get(roomName(name))?.position ?? null;
    const { epoch } = this.#replica;
    return seq === null || epoch === null ? null : { epoch, seq };
  }

  // MARK: Listening

  /**
   * @param {string} name
   * @param {import("./listeners.js").Listener} listener
   */
  on(name, listener) {
    return this.#listeners.add(name, listener);
  }

  /**
   * @param {string} name
   * @param {import("./listeners.js").Listener} listener
   */
  once(name, listener) {
    return this.#listeners.add(name, listener, true);
  }

  /**
   * @param {string} name
   * @param {import("./listeners.js").Listener} listener
   */
  off(name, listener) {
    this.#listeners.remove(name, listener);
  }

  /**
   * @param {number} productId
   * @param {number | null | undefined} variantId
   * @param {(item: import("./tallywire.js").Item | undefined) => void} listener
   */
  onItem(productId, variantId, listener) {
    return this.#listeners.add(`item ${itemKey(productId, variantId)}`, listener);
  }

  /**
   * @param {number} productId
   * @param {number | null} [variantId]
   */
  item(productId, variantId) {
    return this.#replica.items.get(itemKey(productId, variantId));
  }

  items() {
    return this.#replica.items.all();
  }

  /** @param {number} productId */
  itemsOf(productId) {
    return this.#replica.items.ofProduct(productId);
  }

  /**
   * @param {number} productId
   * @param {(items: import("./tallywire.js").Item[]) => void} listener
   */
  onProduct(productId, listener) {
    return this.#listeners.add(`product ${productId}`, listener);
  }

  // MARK: State

  get state() { return this.#clientState.state; }
  get status() { return this.state.status; }
  get retryAt() { return this.state.retryAt; }
  get lastError() { return this.state.lastError; }
  get transport() { return this.state.transport; }
  get isLeader() { return this.state.isLeader; }
  get asOf() { return this.#clientState.asOf; }
  get isStale() { return this.#clientState.isStale; }
  get epoch() { return this.#replica.epoch; }
  get rooms() { return [...this.#follows.rooms.keys()]; }

  get server() { return this.state.server; }
  get node() { return this.state.node; }

  // MARK: Answers of the connection

  /** Resolves the promises for what is known now. */
  #settle() {
    if (this.#connection.isCaughtUp) this.#replica.deliverPending();
    if (this.status === "live") this.#promises.resolve(LIVE);
    if (this.#connection.hasTracked) this.#promises.resolve(TRACKED);
    for (const room of this.#follows.rooms.values()) {
      if (room.isCaughtUp) this.#promises.resolve(waitingFor(room.name), joined(room));
    }
  }

  /**
   * @param {string} name
   * @param {TallywireError} error
   */
  #refused(name, error) {
    const room = this.#follows.rooms.get(name);
    if (!room) return;
    const wasIn = room.stage === "in";
    room.stage = "out";
    room.refusal = error;
    if (wasIn) this.#listeners.emit("left", { room: name, code: error.code });
    if (this.#promises.has(waitingFor(name))) {
      // Its caller gets the error. The room is tried again only if the options name it.
      if (!this.#options.rooms.includes(name)) this.#follows.rooms.delete(name);
      this.#promises.reject(waitingFor(name), error);
    }
    this.#replica.dropUnfollowed();
  }

  /** @param {TallywireError} error */
  #report(error) {
    this.#listeners.emit("error", error);
  }
}

/** @param {string} room */
const waitingFor = (room) => `room ${room}`;

/**
 * @param {import("./room.js").Room} room
 * @returns {Joined}
 */
const joined = (room) => ({ room: room.name, seq: room.position ?? room.target, recovered: room.recovered });
