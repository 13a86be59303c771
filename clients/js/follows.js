import { itemKey } from "./item.js";
import { Room } from "./room.js";

/**
 * @typedef {import("./tallywire.js").Item} Item
 * @typedef {{ key: string, productId: number, variantId: number | null }} Place
 */

/** The most bytes that an id takes in a message, with its comma, and the bytes that a message has beside its ids. */
const ID_BYTES = 17;
const FRAME_BYTES = 64;

/**
 * What a client follows: rooms, and tracked products and variants.
 */
export class Follows {
  /** @type {Map<string, Room>} */
  rooms = new Map();
  /** @type {Set<number>} */
  products = new Set();
  /** @type {Set<number>} */
  variants = new Set();
  /**
   * The keys of items that came for tracked variants. The key of a default variant does not contain its id.
   * @type {Set<string>}
   */
  #trackedKeys = new Set();

  get tracksAnything() {
    return this.products.size > 0 || this.variants.size > 0;
  }

  /** Whether this client follows nothing, and so gets what the server broadcasts. */
  get isBroadcast() {
    return this.rooms.size === 0 && !this.tracksAnything;
  }

  /** Whether a room is not joined yet. It may bring events that are older than those that have come. */
  get hasUnjoinedRoom() {
    for (const { stage, refusal } of this.rooms.values()) {
      if (!refusal && (stage === "out" || stage === "joining")) return true;
    }
    return false;
  }

  /**
   * @param {string} name
   * @param {boolean} wantsSnapshot
   */
  want(name, wantsSnapshot) {
    const room = this.rooms.get(name) ?? new Room(name, wantsSnapshot);
    this.rooms.set(name, room);
    return room;
  }

  /** The lowest position of a room; `Infinity` if no room has one. */
  get lowestPosition() {
    let floor = Infinity;
    for (const { position } of this.rooms.values()) floor = Math.min(floor, position ?? Infinity);
    return floor;
  }

  /** Everything that belongs to what is followed is known up to this event; 0 if that cannot be said. */
  get known() {
    if (this.tracksAnything || this.rooms.size === 0) return 0;
    return Math.min(...Array.from(this.rooms.values(), ({ position }) => position ?? 0));
  }

  /** The highest position of a room; 0 if no room has one. */
  get highestPosition() {
    let most = 0;
    for (const { position } of this.rooms.values()) most = Math.max(most, position ?? 0);
    return most;
  }

  /**
   * Whether an item belongs to anything that is followed.
   * @param {Place} item
   */
  holds(item) {
    if (this.isBroadcast || this.tracks(item)) return true;
    for (const room of this.rooms.values()) {
      if (room.holds(item)) return true;
    }
    return false;
  }

  /** @param {Place} item */
  tracks({ key, productId, variantId }) {
    if (this.products.has(productId)) return true;
    if (this.variants.size === 0) return false;
    return variantId === null ? this.#trackedKeys.has(key) : this.variants.has(variantId);
  }

  /**
   * Whether an item that another tab knows is followed. A default variant may be tracked by its id, which the item does not contain.
   * @param {Place & { rooms: string[] }} item
   */
  has(item) {
    if (this.isBroadcast || this.products.has(item.productId)) return true;
    if (item.variantId === null ? this.variants.size > 0 : this.variants.has(item.variantId)) return true;
    return [...this.rooms.values()].some((room) => room.has(item));
  }

  /**
   * Whether an event that the leading tab got is for this tab.
   * @param {Record<string, any>} event
   * @param {import("./items.js").Items} items the items that this tab knows
   */
  wants({ data }, items) {
    const { productId, variantId, location } = data;
    if (this.isBroadcast || productId === undefined) return true;
    if (location !== undefined && this.rooms.has(`location:${location}`)) return true;
    if (variantId !== undefined) return this.holds({ key: itemKey(productId, variantId), productId, variantId });
    return this.holds({ key: "", productId, variantId: null }) || items.ofProduct(productId).length > 0;
  }

  /**
   * Notes that an item came, through a room or, without one, because it is tracked.
   * @param {string | null} room
   * @param {Place} item
   */
  note(room, item) {
    if (room !== null) {
      const entry = this.rooms.get(room);
      if (entry?.kind === "location" || entry?.kind === "variant") entry.keys.add(item.key);
    } else if (item.variantId === null && this.variants.size > 0 && !this.products.has(item.productId)) {
      this.#trackedKeys.add(item.key);
    }
  }

  /**
   * Notes the item of an event. An event does not say through which room it came; its location tells.
   * @param {Place} item
   * @param {string | undefined} location
   */
  noteEvent(item, location) {
    if (location !== undefined) this.rooms.get(`location:${location}`)?.keys.add(item.key);
    if (this.holds(item)) return;
    // The server sent the event, so something follows its item: a default variant that is followed by its id.
    for (const room of this.rooms.values()) {
      if (room.kind !== "named" && room.kind !== "product") room.keys.add(item.key);
    }
    if (this.variants.size > 0) this.#trackedKeys.add(item.key);
  }

  /**
   * An item was removed.
   * @param {string} key
   */
  forgetItem(key) {
    this.#trackedKeys.delete(key);
    for (const room of this.rooms.values()) room.keys.delete(key);
  }

  /** The connection has ended. */
  leaveConnection() {
    for (const room of this.rooms.values()) room.leaveConnection();
  }

  /** The journal is another one: all positions are void. */
  forget() {
    this.#trackedKeys.clear();
    for (const room of this.rooms.values()) room.forget();
  }

  /**
   * @param {import("./tallywire.js").Follow} what
   * @returns {{ products: number[], variants: number[] }} the ids that were not followed before
   */
  track({ products = [], variants = [] }) {
    return {
      products: products.filter((id) => !this.products.has(id) && this.products.add(id)),
      variants: variants.filter((id) => !this.variants.has(id) && this.variants.add(id)),
    };
  }

  /** @param {import("./tallywire.js").Follow} what */
  untrack({ products = [], variants = [] }) {
    for (const id of products) this.products.delete(id);
    for (const id of variants) this.variants.delete(id);
    if (this.variants.size === 0) this.#trackedKeys.clear();
  }
}

/**
 * Returns ids in messages of at most `messageBytes` bytes.
 * @param {"track" | "untrack"} type
 * @param {{ products: Iterable<number>, variants: Iterable<number> }} what
 * @param {number} messageBytes
 */
export function* trackingMessages(type, { products, variants }, messageBytes) {
  const size = Math.max(1, Math.floor((messageBytes - FRAME_BYTES) / ID_BYTES));
  const ids = [...Array.from(products, (id) => ({ id, isProduct: true })), ...Array.from(variants, (id) => ({ id, isProduct: false }))];
  for (let start = 0; start < ids.length; start += size) {
    const part = ids.slice(start, start + size);
    yield {
      type,
      products: part.filter(({ isProduct }) => isProduct).map(({ id }) => id),
      variants: part.filter(({ isProduct }) => !isProduct).map(({ id }) => id),
    };
  }
}
