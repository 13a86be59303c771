import { DeliveredEvents } from "./delivered-events.js";
import { TallywireError } from "./errors.js";
import { itemKey } from "./item.js";
import { Items, noChanges } from "./items.js";
import { ReorderBuffer } from "./reorder-buffer.js";
import { SnapshotPages } from "./snapshot-pages.js";

/**
 * @typedef {import("./tallywire.js").TallywireEvent} TallywireEvent
 * @typedef {Record<string, any> & { type: string }} Message a message of the server, see docs/WEBSOCKET.md
 */

/**
 * This client's copy of what the server knows: it takes the server's messages in order, keeps items and positions, and tells listeners.
 *
 * A position is moved only after the listeners ran, so whatever stops this in between is told again rather than lost.
 */
export class Replica {
  /** @type {string | null} */
  epoch = null;
  /** Everything up to here was told, for a client that is in no room. */
  #broadcastSeq = 0;
  #hasReportedFull = false;
  #pending = new ReorderBuffer();
  #values;
  /**
   * Where rooms stood in the replica that this one goes on from.
   * @type {Map<string, number>}
   */
  #copied = new Map();

  /**
   * @param {import("./follows.js").Follows} follows
   * @param {import("./listeners.js").Listeners} listeners
   * @param {import("./tallywire.js").Clock} clock
   * @param {number} maxItems
   */
  constructor(follows, listeners, clock, maxItems) {
    this.follows = follows;
    this.listeners = listeners;
    this.clock = clock;
    this.items = new Items(maxItems);
    this.delivered = new DeliveredEvents();
    this.#values = new SnapshotPages(follows, this.items, clock, (changes) => this.tell(changes));
  }

  /** @param {Message} message */
  take(message) {
    switch (message.type) {
      case "welcome": return this.#welcome(message);
      case "joined": return this.follows.rooms.get(message.room)?.joined(/** @type {any} */ (message));
      case "snapshot":
        this.#values.snapshot(message);
        if (message.last) this.listeners.emit("snapshot", { room: message.room ?? null, seq: message.seq, isPartial: message.changedSince !== undefined });
        return;
      case "tracking": return this.#values.tracking(message);
      case "pong": return this.#pong(message.seq);
      default:
        // What has a seq and data is an event, also of a type that this version does not know.
        if (typeof message.seq === "number" && message.data) this.#event(/** @type {TallywireEvent} */ (/** @type {unknown} */ (message)));
    }
  }

  /** @param {Message} message */
  #welcome({ epoch, seq }) {
    const previousEpoch = this.epoch;
    // The rooms bring it again.
    this.#pending.clear();
    this.#values.begin();
    this.epoch = epoch;
    if (previousEpoch !== null && previousEpoch !== epoch) {
      this.follows.forget();
      this.#copied.clear();
      this.delivered.clear();
      this.#clear();
      this.listeners.emit("reset", { epoch, previousEpoch });
    } else if (this.follows.isBroadcast && seq !== this.#broadcastSeq) {
      // Nothing tells what was missed in no room.
      this.#clear();
    }
    this.#broadcastSeq = seq;
  }

  #clear() {
    const changes = noChanges();
    this.items.clear(changes);
    this.#hasReportedFull = false;
    this.tell(changes);
  }

  /** @param {TallywireEvent} event */
  #event(event) {
    if (this.follows.isWaiting && !this.#pending.isFull) return this.#pending.add(event);
    this.deliverPending(event.seq);
    this.#deliver(event);
  }

  /**
   * Tells what had to wait, as far as it comes before `seq`.
   * @param {number} [seq]
   */
  deliverPending(seq = Infinity) {
    for (const event of this.#pending.before(seq)) this.#deliver(event);
  }

  /**
   * The server sent everything up to `seq`.
   * @param {number} seq
   */
  #pong(seq) {
    // What waits is not told, so the rooms that it came through are not beyond it.
    if (this.#pending.first < Infinity && this.follows.isWaiting) return this.#reached(Math.min(seq, this.#pending.first - 1));
    this.deliverPending(seq + 1);
    this.#reached(seq);
  }

  /** @param {TallywireEvent} event */
  #deliver(event) {
    const { type, seq, data } = event;
    if (!this.delivered.has(seq)) {
      const changes = noChanges();
      if (type === "inventory_updated") {
        this.follows.noteEvent({ key: itemKey(data.productId, data.variantId), ...data }, data.location);
      }
      this.items.foldEvent(event, this.clock.now(), changes);
      this.listeners.emit(type, data, event);
      this.listeners.emit("event", event);
      this.tell(changes);
      this.delivered.add(seq, this.follows.floor);
    }
    this.#reached(seq);
  }

  /** @param {number} seq */
  #reached(seq) {
    this.#broadcastSeq = Math.max(this.#broadcastSeq, seq);
    for (const room of this.follows.rooms.values()) room.reached(seq);
  }

  /**
   * Goes on from what another replica knows.
   * @param {Replica} other
   */
  adopt(other) {
    this.epoch = other.epoch;
    for (const item of other.items.all()) this.items.put(item);
    for (const { name, position } of other.follows.rooms.values()) if (position !== null) this.#copied.set(name, position);
  }

  /** Everything up to here was told, once everything is known that was there in the beginning. */
  get seq() {
    return Math.max(this.#broadcastSeq, this.follows.position);
  }

  /**
   * Where a room stood in the replica that this one goes on from.
   * @param {string} name
   */
  copied(name) {
    return this.#copied.get(name) ?? null;
  }

  /** Forgets the items that nothing follows any more. */
  dropUnfollowed() {
    const changes = noChanges();
    this.items.removeWhere((item) => !this.follows.holds(item), Infinity, changes);
    this.tell(changes);
  }

  /**
   * Tells listeners what became of items.
   * @param {import("./items.js").Changes} changes
   */
  tell({ changed, removed, isFull }) {
    for (const key of removed.keys()) this.follows.forgetItem(key);
    if (isFull && !this.#hasReportedFull) {
      this.#hasReportedFull = true;
      const message = `there are more than ${this.items.limit} items; the others are not kept (maxItems)`;
      this.listeners.emit("error", new TallywireError("too_many_items", message));
    }
    if (changed.size === 0 && removed.size === 0) return;
    for (const [key, item] of changed) this.listeners.emit(`item ${key}`, item);
    for (const key of removed.keys()) this.listeners.emit(`item ${key}`, undefined);
    const products = new Set(Array.from([...changed.values(), ...removed.values()], ({ productId }) => productId));
    for (const id of products) {
      if (this.listeners.has(`product ${id}`)) this.listeners.emit(`product ${id}`, this.items.ofProduct(id));
    }
    if (this.listeners.has("items")) this.listeners.emit("items", { changed: [...changed.values()], removed: [...removed.values()] });
  }
}
