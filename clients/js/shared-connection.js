import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { Follower } from "./sharing-follower.js";
import { Leader } from "./sharing-leader.js";

/**
 * @typedef {import("./sharing-follower.js").SharedParts} SharedParts
 * @typedef {import("./sharing-follower.js").Note} Note
 */

/** Whether this browser lets tabs share a connection. */
export function canShare() {
  return typeof globalThis.navigator?.locks?.request === "function" && typeof globalThis.BroadcastChannel === "function";
}

/**
 * A tab's part in a connection that several tabs share. It has the interface of {@link import("./connection.js").Connection}.
 *
 * The tab that holds the lock is the leader: it has the connection, and sends what comes to all tabs, itself included. The browser frees a
 * lock when its tab is closed. The next tab then becomes the leader at once, and goes on from the positions that it knows.
 */
export class SharedConnection {
  #id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  #name;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Leader | null} */
  #leader = null;
  /**
   * Aborts what `start` has begun: the locks, and the requests for locks.
   * @type {AbortController | null}
   */
  #running = null;
  #follower;
  #silence;
  /** @type {((isAlive: boolean) => void)[]} */
  #checks = [];
  #leave = () => this.#end();
  #return = (/** @type {{ persisted?: boolean }} */ { persisted }) => {
    if (persisted) this.start();
  };

  /** @param {SharedParts} parts */
  constructor(parts) {
    this.parts = parts;
    this.#follower = new Follower(parts);
    const { urls, identity, rooms, snapshot, transports } = parts.options;
    this.#name = `tallywire ${JSON.stringify([urls.join(" "), identity, [...rooms].sort(), snapshot, transports])}`;
    this.#silence = new Timer(parts.options.clock);
    parts.clientState.set({ isLeader: false });
  }

  start() {
    if (this.#running) return;
    const running = (this.#running = new AbortController());
    this.parts.clientState.set({ status: "connecting" });
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#take(data);
    // Held as long as this tab is open, so that the leader sees when it is closed.
    this.#hold(`${this.#name} ${this.#id}`, running, () => {});
    this.#hold(this.#name, running, () => this.#lead());
    globalThis.addEventListener?.("pagehide", this.#leave);
    globalThis.addEventListener?.("pageshow", this.#return);
    this.#announce();
  }

  stop() {
    globalThis.removeEventListener?.("pagehide", this.#leave);
    globalThis.removeEventListener?.("pageshow", this.#return);
    this.#end();
  }

  #end() {
    if (!this.#running) return;
    if (!this.#leader) this.#sendToLeader({ type: "bye", from: this.#id });
    this.#running.abort();
    this.#running = null;
    this.#leader?.stop();
    this.#leader = null;
    this.#channel?.close();
    this.#channel = null;
    this.#silence.stop();
    this.#answerChecks(false);
    this.parts.follows.leaveConnection();
    this.#follower.hasValues = false;
    this.parts.clientState.set({ isLeader: false });
  }

  /**
   * Waits for a lock, and holds it until `running` is aborted.
   * @param {string} name
   * @param {AbortController} running
   * @param {() => void} begin
   */
  #hold(name, running, begin) {
    const { signal } = running;
    navigator.locks.request(name, { signal }, () => new Promise((resolve) => {
      if (signal.aborted) return resolve(undefined);
      signal.addEventListener("abort", () => resolve(undefined));
      begin();
    })).catch((error) => {
      if (!signal.aborted) this.parts.report(new TallywireError("unavailable", `tabs cannot share a connection: ${error}`, { cause: error }));
    });
  }

  // MARK: Leading

  #lead() {
    const { options, tokens, replica, clientState } = this.parts;
    this.#leader = new Leader(options, tokens, replica, (message) => this.#broadcast(message));
    clientState.set({ isLeader: true });
    this.#announce();
    this.#leader.start();
    this.#channel?.postMessage({ type: "leader" });
  }

  /**
   * Sends a note to all tabs, this one included.
   * @param {Note} note
   */
  #broadcast(note) {
    this.#channel?.postMessage(note);
    this.#take(note);
  }

  /**
   * Sends a note to the leader.
   * @param {Note} note
   */
  #sendToLeader(note) {
    if (this.#leader) this.#handle(note);
    else this.#channel?.postMessage(note);
  }

  /** @param {Note} note */
  #handle(note) {
    if (note.type === "bye") this.#leader?.removeTab(note.from);
    if (note.type === "check") this.#leader?.check().then((isAlive) => this.#broadcast({ type: "checked", to: note.from, isAlive }));
    if (note.type !== "hello" || !this.#leader?.addTab(note.tab) || note.tab.id === this.#id) return;
    // The tab's lock is free once the tab is closed, also after a crash.
    const { id } = note.tab;
    navigator.locks.request(`${this.#name} ${id}`, { signal: this.#running?.signal }, () => this.#leader?.removeTab(id)).catch(() => {
      // This tab is not the leader any more. The next leader waits for the lock.
    });
  }

  // MARK: Receiving

  /** @param {Note} note */
  #take(note) {
    if (!this.#running || (note.to && note.to !== this.#id)) return;
    switch (note.type) {
      case "hello": case "bye": case "check":
        if (this.#leader) this.#handle(note);
        return;
      case "leader": return this.#announce();
      case "checked": return this.#answerChecks(note.isAlive);
      default: return this.#follower.take(note);
    }
  }

  // MARK: What this tab follows

  /** Tells the leader this tab's id, what it follows, and its position. */
  #announce() {
    const { follows, replica } = this.parts;
    const wanted = { rooms: [...follows.rooms.keys()], products: [...follows.products], variants: [...follows.variants] };
    const position = this.#follower.hasValues ? replica.seq : null;
    this.#sendToLeader({ type: "hello", tab: { id: this.#id, wanted, position, epoch: replica.epoch } });
  }

  get hasTracked() { return this.#follower.hasValues; }
  get isCaughtUp() { return this.#follower.hasValues; }

  /** Asks the leader for all values again, with what this tab follows now. */
  #requestValues() {
    this.#follower.hasValues = false;
    this.#announce();
  }

  /** @param {import("./room.js").Room} _room */
  join(_room) { this.#requestValues(); }
  /** @param {import("./session.js").Ids} _ids */
  track(_ids) { this.#requestValues(); }
  /** @param {string} _room */
  async leave(_room) { this.#announce(); }
  /** @param {import("./session.js").Ids} _ids */
  async untrack(_ids) { this.#announce(); }

  restart() { this.#leader?.restart(); }

  /** @returns {Promise<boolean>} */
  check() {
    if (!this.#running) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#checks.push(resolve);
      this.#silence.set(2 * this.parts.options.pongTimeout, () => this.#answerChecks(false));
      this.#sendToLeader({ type: "check", from: this.#id });
    });
  }

  /** @param {boolean} isAlive */
  #answerChecks(isAlive) {
    this.#silence.stop();
    for (const answer of this.#checks.splice(0)) answer(isAlive);
  }
}
