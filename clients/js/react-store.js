/**
 * @typedef {import("./tallywire.js").TallywireClient} TallywireClient
 * @typedef {import("./react.js").InventoryState} InventoryState
 */

/** So many events of each type are kept, the newest first. */
export const NEWEST = 50;

const LISTS = /** @type {const} */ ({
  inventory_updated: "inventoryUpdates", stock_alert: "stockAlerts", product_status_changed: "productStatusChanges",
});

/**
 * The state before the first event, and in server rendering.
 * @type {InventoryState}
 */
export const NOTHING = Object.freeze({
  inventoryUpdates: Object.freeze([]), stockAlerts: Object.freeze([]), productStatusChanges: Object.freeze([]),
  isConnected: false, status: "idle",
});

/**
 * The recent events of a client, in the form that React reads: `state` is the same object until something changes.
 */
export class InventoryStore {
  state = NOTHING;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** @param {TallywireClient} client */
  constructor(client) {
    this.client = client;
  }

  /** Listens to the client. Returns a function that ends this. */
  start() {
    const ends = Object.entries(LISTS).map(([type, list]) => this.client.on(
      /** @type {keyof typeof LISTS} */ (type), (/** @type {object} */ data, /** @type {{ seq: number }} */ { seq }) => {
        this.#change({ [list]: [{ ...data, seq }, ...this.state[list].slice(0, NEWEST - 1)] });
      }));
    ends.push(this.client.on("status", () => this.#readStatus()));
    this.#readStatus();
    return () => {
      for (const end of ends) end();
    };
  }

  #readStatus() {
    const { status } = this.client;
    if (status !== this.state.status) this.#change({ status, isConnected: status === "live" });
  }

  /** @param {Partial<InventoryState>} change */
  #change(change) {
    this.state = Object.freeze({ ...this.state, ...change });
    for (const listener of [...this.#listeners]) listener();
  }

  /** @param {() => void} listener */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  read = () => this.state;

  clearInventoryUpdates = () => this.#change({ inventoryUpdates: [] });
  clearStockAlerts = () => this.#change({ stockAlerts: [] });
  clearProductStatusChanges = () => this.#change({ productStatusChanges: [] });
  clearAll = () => this.#change({ inventoryUpdates: [], stockAlerts: [], productStatusChanges: [] });
}
