import { itemKey } from "./item.js";
import { noChanges } from "./items.js";

/** @typedef {import("./replica.js").Message} Message */

/**
 * Takes complete sets of values, page by page: the snapshot of a room, and the values of what is tracked. Items that are missing from a
 * complete set are removed.
 */
export class SnapshotPages {
  /**
   * The keys of the items in the pages of an answer to `track` that have come so far.
   * @type {Set<string>}
   */
  #tracked = new Set();

  /**
   * @param {import("./follows.js").Follows} follows
   * @param {import("./items.js").Items} items
   * @param {import("./tallywire.js").Clock} clock
   * @param {(changes: import("./items.js").Changes) => void} tell
   */
  constructor(follows, items, clock, tell) {
    this.follows = follows;
    this.items = items;
    this.clock = clock;
    this.tell = tell;
  }

  /** A connection begins: pages that came over an earlier one do not count. */
  begin() {
    this.#tracked = new Set();
  }

  /**
   * Takes a page of a room's snapshot.
   * @param {Message} message
   */
  snapshot({ room: name, seq, items, changedSince, last }) {
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
  }

  /**
   * Removes the items of a room that its complete snapshot does not have.
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

  /**
   * Takes a page of the values of what is tracked.
   * @param {Message} message
   */
  tracking({ seq, items, last, asked }) {
    const changes = noChanges();
    this.#foldPage(null, items, seq, changes);
    for (const item of items) this.#tracked.add(itemKey(item.productId, item.variantId));
    if (last) {
      const pages = this.#tracked;
      this.#tracked = new Set();
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
}
