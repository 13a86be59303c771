import { TallywireError } from "./errors.js";
import { itemKey } from "./item.js";
import { Items, noChanges } from "./items.js";
import { ToldEvents } from "./told.js";

/**
 * @typedef {import("./tallywire.js").TallywireEvent} TallywireEvent
 * @typedef {Record<string, any> & { type: string }} Message a message of the server, see docs/WEBSOCKET.md
 */

/** Events that wait for a room at most. */
const MOST_EARLY = 1_000;

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
  /**
   * Keys of the pages of an answer to `track` that have come so far.
   * @type {Set<string>}
   */
  #trackingPages = new Set();
  #saidFull = false;
  /**
   * What came before all rooms were answered for, in the order of the journal: a room may still bring what comes before it.
   * @type {TallywireEvent[]}
   */
  #early = [];

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
    this.told = new ToldEvents();
  }

  /** @param {Message} message */
  take(message) {
    switch (message.type) {
      case "welcome": return this.#welcome(message);
      case "joined": return this.follows.rooms.get(message.room)?.joined(/** @type {any} */ (message));
      case "snapshot": return this.#snapshot(message);
      case "tracking": return this.#tracking(message);
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
    this.#early = [];
    this.epoch = epoch;
    if (previousEpoch !== null && previousEpoch !== epoch) {
      this.follows.forget();
      this.#copied.clear();
      this.told.clear();
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
    this.#saidFull = false;
    this.tell(changes);
  }

  /** @param {TallywireEvent} event */
  #event(event) {
    if (this.#early.length < MOST_EARLY && this.follows.isWaiting) {
      const place = this.#early.findIndex(({ seq }) => seq >= event.seq);
      this.#early.splice(place < 0 ? this.#early.length : place, 0, event);
      return;
    }
    this.tellEarly(event.seq);
    this.#tellEvent(event);
  }

  /**
   * Tells what had to wait, as far as it comes before `seq`.
   * @param {number} [seq]
   */
  tellEarly(seq = Infinity) {
    while (this.#early.length > 0 && this.#early[0].seq < seq) {
      this.#tellEvent(/** @type {TallywireEvent} */ (this.#early.shift()));
    }
  }

  /**
   * The server sent everything up to `seq`.
   * @param {number} seq
   */
  #pong(seq) {
    // What waits is not told, so the rooms that it came through are not beyond it.
    if (this.#early.length > 0 && this.follows.isWaiting) return this.#reached(Math.min(seq, this.#early[0].seq - 1));
    this.tellEarly(seq + 1);
    this.#reached(seq);
  }

  /** @param {TallywireEvent} event */
  #tellEvent(event) {
    const { type, seq, data } = event;
    if (!this.told.has(seq)) {
      const changes = noChanges();
      if (type === "inventory_updated") {
        this.follows.noteEvent({ key: itemKey(data.productId, data.variantId), ...data }, data.location);
      }
      this.items.foldEvent(event, this.clock.now(), changes);
      this.listeners.emit(type, data, event);
      this.listeners.emit("event", event);
      this.tell(changes);
      this.told.add(seq, this.follows.floor);
    }
    this.#reached(seq);
  }

  /** @param {number} seq */
  #reached(seq) {
    this.#broadcastSeq = Math.max(this.#broadcastSeq, seq);
    for (const room of this.follows.rooms.values()) room.reached(seq);
  }

  /** @param {Message} message */
  #snapshot({ room: name, seq, items, changedSince, last }) {
    const room = this.follows.rooms.get(name);
    const isPartial = changedSince !== undefined;
    const changes = noChanges();
    this.#foldPage(name ?? null, items, seq, changes);
    if (room) {
      room.pages ??= new Set();
      if (!isPartial) for (const item of items) room.pages.add(itemKey(item.productId, item.variantId));
    }
    if (last && room && !isPartial) this.#removeMissing(room, seq, changes);
    this.tell(changes);
    if (!last) return;
    if (room) {
      room.pages = null;
      room.stage = "in";
      room.position = Math.max(room.position ?? 0, seq);
    }
    this.listeners.emit("snapshot", { room: name ?? null, seq, isPartial });
  }

  /**
   * What a whole snapshot does not have is gone.
   * @param {import("./room.js").Room} room
   * @param {number} seq
   * @param {import("./items.js").Changes} changes
   */
  #removeMissing(room, seq, changes) {
    const pages = room.pages ?? new Set();
    if (room.kind === "location" || room.kind === "variant") {
      for (const key of room.keys) if (!pages.has(key)) room.keys.delete(key);
      this.items.removeWhere((item) => !this.follows.holds(item), seq, changes);
    } else {
      this.items.removeWhere((item) => !pages.has(item.key) && room.holds(item), seq, changes);
    }
  }

  /** @param {Message} message */
  #tracking({ seq, items, last, asked }) {
    const changes = noChanges();
    this.#foldPage(null, items, seq, changes);
    for (const item of items) this.#trackingPages.add(itemKey(item.productId, item.variantId));
    if (last) {
      const pages = this.#trackingPages;
      this.#trackingPages = new Set();
      /** @type {Set<number>} */
      const products = new Set(asked?.products);
      /** @type {Set<number | null>} */
      const variants = new Set(asked?.variants);
      this.items.removeWhere(
        ({ key, productId, variantId }) => !pages.has(key) && (products.has(productId) || variants.has(variantId)), seq, changes);
    }
    this.tell(changes);
  }

  /**
   * @param {string | null} room
   * @param {Record<string, any>[]} items
   * @param {number} seq
   * @param {import("./items.js").Changes} changes
   */
  #foldPage(room, items, seq, changes) {
    const source = { seq, now: this.clock.now(), changedAt: null };
    for (const values of items) {
      const key = itemKey(values.productId, values.variantId);
      if (values.removed) {
        if ((this.items.seq(key) ?? seq + 1) <= seq) this.items.remove(key, changes);
      } else {
        this.follows.note(room, { key, productId: values.productId, variantId: values.variantId });
        this.items.fold(/** @type {import("./item.js").Values} */ (values), source, changes);
      }
    }
  }

  /**
   * Where rooms stood in the replica that this one goes on from.
   * @type {Map<string, number>}
   */
  #copied = new Map();

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
    if (isFull && !this.#saidFull) {
      this.#saidFull = true;
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
