import { ClientState } from "./client-state.js";
import { Connection } from "./connection.js";
import { TallywireError } from "./errors.js";
import { Follows } from "./follows.js";
import { Listeners } from "./listeners.js";
import { Replica } from "./replica.js";
import { isReachable, transports } from "./transports.js";

/**
 * @typedef {import("./tallywire.js").Item} Item
 * @typedef {import("./replica.js").Message} Message
 * @typedef {{ rooms: string[], products: number[], variants: number[] }} Wanted what a tab wants to follow
 * @typedef {{ id: string, wanted: Wanted, position: number | null, epoch: string | null }} Tab
 */

/** Items in one message to a tab. */
const PAGE = 500;
/** At most so many tabs are served. Another tab gets nothing until one of them is closed. */
const MOST_TABS = 200;

/**
 * The connection of several tabs, in the tab that is the leader. It follows what any of the tabs follows, and sends what comes to all.
 */
export class Leader {
  #listeners = new Listeners();
  #follows = new Follows();
  #clientState;
  #replica;
  #connection;
  /** @type {Map<string, Tab>} */
  #tabs = new Map();
  /**
   * The ids of tabs that get all values as soon as the leader has caught up.
   * @type {Set<string>}
   */
  #awaiting = new Set();

  /**
   * @param {import("./options.js").Options} options
   * @param {import("./token.js").Tokens} tokens
   * @param {Replica} copy what this tab knows, from which the leader goes on
   * @param {(message: object) => void} post sends a note to all tabs
   */
  constructor(options, tokens, copy, post) {
    this.options = options;
    this.post = post;
    const { clock, staleAfter, maxItems } = options;
    this.#clientState = new ClientState(this.#listeners, clock, staleAfter, options.urls);
    this.#listeners.add("status", (state) => post({ type: "condition", state: serializable(state), known: this.#clientState.known }));
    this.#listeners.add("event", (event) => post({ type: "message", message: event }));
    this.#replica = new Replica(this.#follows, this.#listeners, clock, maxItems);
    this.#replica.adopt(copy);
    this.#connection = new Connection({
      options, tokens, follows: this.#follows, clientState: this.#clientState,
      epoch: () => this.#replica.epoch,
      receive: (message) => this.#receive(message),
      report: (error) => post({ type: "error", error: serializable(error) }),
      refused: (room, error) => this.#refused(room, error),
      untracked: (ids, error) => {
        this.#follows.untrack(ids);
        post({ type: "untracked", ids, error: serializable(error) });
      },
      isReachable: (url) => isReachable(options, url),
      settled: () => this.#settle(),
    }, transports(options));
  }

  start() { this.#connection.start(); }
  restart() { this.#connection.restart(); }
  awake() { this.#connection.awake(); }
  check() { return this.#connection.check(); }

  stop() {
    this.#connection.stop();
    this.#clientState.stop();
  }

  /**
   * A tab was opened, or follows something else than before.
   * @param {Tab} tab
   * @returns {boolean} whether it is new
   */
  addTab(tab) {
    const isNew = !this.#tabs.has(tab.id);
    if (isNew && this.#tabs.size >= MOST_TABS) return false;
    this.#tabs.set(tab.id, tab);
    // A tab that knows as much as this leader began with needs only the events that follow.
    if (tab.position === null || tab.epoch !== this.#replica.epoch || tab.position < this.#replica.seq) this.#awaiting.add(tab.id);
    this.#follow(tab);
    this.post({ type: "condition", state: serializable(this.#clientState.state), known: this.#clientState.known });
    this.#settle();
    return isNew;
  }

  /**
   * A tab was closed.
   * @param {string} id
   */
  removeTab(id) {
    this.#tabs.delete(id);
    this.#awaiting.delete(id);
    this.#unfollowUnwanted();
  }

  /**
   * Follows what a tab follows.
   * @param {Tab} tab
   */
  #follow({ wanted }) {
    for (const name of wanted.rooms) {
      const room = this.#follows.want(name, this.options.snapshot);
      room.position ??= this.#replica.copiedPosition(name);
      this.#connection.join(room);
    }
    const added = this.#follows.track(wanted);
    if (added.products.length + added.variants.length > 0) this.#connection.track(added);
    this.#unfollowUnwanted();
  }

  /** Stops following what no tab follows any more. */
  #unfollowUnwanted() {
    const wanted = [...this.#tabs.values()].map((tab) => tab.wanted);
    const rooms = new Set(wanted.flatMap((each) => each.rooms));
    const products = new Set(wanted.flatMap((each) => each.products));
    const variants = new Set(wanted.flatMap((each) => each.variants));
    for (const name of this.#follows.rooms.keys()) {
      if (rooms.has(name)) continue;
      this.#follows.rooms.delete(name);
      this.#connection.leave(name);
    }
    const gone = {
      products: [...this.#follows.products].filter((id) => !products.has(id)),
      variants: [...this.#follows.variants].filter((id) => !variants.has(id)),
    };
    if (gone.products.length + gone.variants.length > 0) {
      this.#follows.untrack(gone);
      this.#connection.untrack(gone);
    }
    this.#replica.dropUnfollowed();
  }

  /** @param {Message} message */
  #receive(message) {
    this.#replica.take(message);
    if (message.type === "pong") this.post({ type: "message", message: { type: "pong", seq: message.seq } });
    // The pages of a snapshot are not passed on one by one: the tabs get all values once the snapshot is complete.
    if ((message.type === "snapshot" || message.type === "tracking") && message.last) for (const id of this.#tabs.keys()) this.#awaiting.add(id);
  }

  /**
   * @param {string} name
   * @param {import("./errors.js").TallywireError} error
   */
  #refused(name, error) {
    const room = this.#follows.rooms.get(name);
    if (room) Object.assign(room, { stage: "out", refusal: error });
    this.post({ type: "refused", room: name, error: serializable(error) });
  }

  /** Sends all values to the tabs that wait for them, once the leader has caught up. */
  #settle() {
    if (this.#clientState.state.status !== "live" || !this.#connection.isCaughtUp) return;
    this.#replica.deliverPending();
    for (const id of this.#awaiting) {
      const tab = this.#tabs.get(id);
      if (tab) this.#tellAll(tab);
    }
    this.#awaiting.clear();
  }

  /**
   * Sends a tab all values, in pages.
   * @param {Tab} tab
   */
  #tellAll({ id }) {
    const { seq } = this.#replica;
    const items = this.#replica.items.all();
    const count = Math.max(1, Math.ceil(items.length / PAGE));
    for (let page = 0; page < count; page += 1) {
      this.post({
        type: "values", to: id, epoch: this.#replica.epoch, seq, items: items.slice(page * PAGE, (page + 1) * PAGE).map((item) => this.#valuesOf(item)), last: page === count - 1,
      });
    }
  }

  /**
   * Returns an item in the form of a server's snapshot, with the rooms that it came through and whose names do not tell that.
   * @param {Item} item
   */
  #valuesOf({ key, productId, variantId, sku, name, stock, band, price, status, level, version }) {
    const rooms = [...this.#follows.rooms.values()].filter(({ keys }) => keys.has(key)).map((room) => room.name);
    const amount = { stock: stock ?? band?.name, stockAtMost: band?.atMost, stockMoreThan: band?.moreThan };
    return { productId, variantId, sku, name, ...amount, price, status, level, version, rooms };
  }
}

/**
 * Returns the members of an error or of a state, in a form that can be sent to another tab.
 * @param {any} value
 * @returns {any}
 */
function serializable(value) {
  if (value instanceof TallywireError) return { code: value.code, message: value.message, room: value.room };
  return { ...value, lastError: value.lastError && serializable(value.lastError) };
}
