import { Room } from "./room.js";

/** @typedef {Record<string, any>} JSONObject */

/**
 * Chooses the events and items of what a client follows, as the server does for the rooms of a WebSocket. A named room gets every event
 * and item here, because the event stream does not tell what the room would leave out.
 */
export class SubscriptionFilter {
  /** @type {Map<string, Room>} */
  rooms = new Map();
  /** @type {Set<number>} */
  products = new Set();
  /** @type {Set<number>} */
  variants = new Set();
  /**
   * The ids of default variants that are followed by their id, by their product.
   * @type {Map<number, number>}
   */
  #defaults = new Map();

  /** @param {string} name */
  join(name) {
    this.rooms.set(name, new Room(name, true));
  }

  /**
   * Notes the product of a default variant that is followed by its id.
   * @param {JSONObject} item
   */
  note({ variantId, productId, id }) {
    if (variantId === null && (this.variants.has(id) || this.rooms.has(`variant:${id}`))) this.#defaults.set(productId, id);
  }

  /**
   * @param {string} name
   * @param {JSONObject} item
   */
  hasItem(name, { productId, id, locations }) {
    const room = this.rooms.get(name);
    switch (room?.kind) {
      case "product": return productId === room.id;
      case "variant": return id === room.id;
      case "location": return locations.includes(room.id);
      default: return true;
    }
  }

  /** @param {JSONObject} event */
  hasEvent({ data: { productId, variantId, location } }) {
    if (this.rooms.size === 0 && this.products.size === 0 && this.variants.size === 0) return true;
    const variant = variantId ?? this.#defaults.get(productId);
    if (this.products.has(productId) || this.variants.has(variant)) return true;
    for (const { kind, id } of this.rooms.values()) {
      if (kind === "named" || id === { product: productId, variant, location }[kind]) return true;
    }
    return false;
  }
}
