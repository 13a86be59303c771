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
 * The client's copy of the server's stock. It takes the server's messages in order, keeps items and positions, and calls listeners.
 *
 * A position moves only after the listeners were called. So an event that is interrupted in between is delivered again and not lost.
 */
export class Replica {
  /** @type {string | null} */
  epoch = null;
  /** All events up to here were delivered, for a client that is in no room. */
  #broadcastSeq = 0;
  #hasReportedFull = false;
  #pending = new ReorderBuffer();
  #values;
  /**
   * The positions of rooms in the replica that was copied by `adopt`.
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
        // A message with a seq and data is an event, also of a type that this version does not know.
        if (typeof message.seq === "number" && message.data) this.#event(/** @type {TallywireEvent} */ (/** @type {unknown} */ (message)));
    }
  }

  /** @param {Message} message */
  #welcome({ epoch, seq }) {
    const previousEpoch = this.epoch;
    // The rooms bring these events again.
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
      // A client without a room has no position, so it cannot know which events it missed.
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
    if (this.follows.hasUnjoinedRoom && !this.#pending.isFull) {
      // Of a node that is behind. Before the joins that is the broadcast, so the event is of no room of the client's.
      if (event.seq <= this.follows.known) return;
      return this.#pending.add(event);
    }
    this.deliverPending(event.seq);
    this.#deliver(event);
  }

  /**
   * Delivers the events that wait and come before `seq`.
   * @param {number} [seq]
   */
  deliverPending(seq = Infinity) {
    for (const event of this.#pending.before(seq)) this.#deliver(event);
  }

  /**
   * The server has sent everything up to `seq`.
   * @param {number} seq
   */
  #pong(seq) {
    // Events that wait are not delivered yet, so no position may move beyond them.
    if (this.#pending.first < Infinity && this.follows.hasUnjoinedRoom) return this.#reached(Math.min(seq, this.#pending.first - 1));
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
      this.delivered.add(seq, this.follows.lowestPosition);
    }
    this.#reached(seq);
  }

  /** @param {number} seq */
  #reached(seq) {
    this.#broadcastSeq = Math.max(this.#broadcastSeq, seq);
    for (const room of this.follows.rooms.values()) room.reached(seq);
  }

  /**
   * Copies items and positions of another replica, to go on from there.
   * @param {Replica} other
   */
  adopt(other) {
    this.epoch = other.epoch;
    for (const item of other.items.all()) this.items.put(item);
    for (const { name, position } of other.follows.rooms.values()) if (position !== null) this.#copied.set(name, position);
  }

  /** All events up to here were delivered, once the client has caught up. */
  get seq() {
    return Math.max(this.#broadcastSeq, this.follows.highestPosition);
  }

  /**
   * Returns the position of a room in the replica that was copied by `adopt`.
   * @param {string} name
   */
  copiedPosition(name) {
    return this.#copied.get(name) ?? null;
  }

  /** Removes the items that nothing follows any more. */
  dropUnfollowed() {
    const changes = noChanges();
    this.items.removeWhere((item) => !this.follows.holds(item), Infinity, changes);
    this.tell(changes);
  }

  /**
   * Tells listeners which items changed and which were removed.
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
