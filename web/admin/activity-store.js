// @ts-check
// What happened last, newest first.

import { atNextFrame } from "/shared/frames.js";

/** Events that are kept. */
const MOST = 5000;
/** Events that are read at first, and when a filter shows too few. */
const PAGE = 500;

/** The events. Sends `change`, once a frame, with the number of new ones in `detail`. */
export class ActivityStore extends EventTarget {
  /** @param {import("/sdk/api.js").API} api */
  constructor(api) {
    super();
    this.api = api;
    /**
     * Newest first.
     *
     * @type {any[]}
     */
    this.events = [];
    /**
     * Newest last, until the next frame.
     *
     * @type {any[]}
     */
    this.fresh = [];
    this.tell = atNextFrame(() => this.takeFresh());
  }

  clear() {
    this.events = [];
    this.fresh = [];
  }

  async load() {
    const { body } = await this.api.get(`/api/events?order=desc&limit=${PAGE}`);
    const last = body.items[0]?.seq ?? 0;
    this.events = [...this.events.filter((event) => event.seq > last), ...body.items].slice(0, MOST);
    this.tell();
  }

  /**
   * The last events of these types from the server, for a filter that finds few among those that are here.
   *
   * @param {string[]} types
   */
  async ofTypes(types) {
    return (await this.api.get(`/api/events?order=desc&limit=${PAGE}&type=${types.join(",")}`)).body.items;
  }

  /** @param {any} event */
  take(event) {
    this.fresh.push(event);
    if (this.fresh.length > MOST) this.fresh.shift();
    this.tell();
  }

  /** Puts the events of the last frame before the others. */
  takeFresh() {
    const first = this.events[0]?.seq ?? 0;
    const fresh = this.fresh.filter((event) => event.seq > first).reverse();
    this.fresh = [];
    this.events = [...fresh, ...this.events].slice(0, MOST);
    this.dispatchEvent(new CustomEvent("change", { detail: fresh.length }));
  }
}
