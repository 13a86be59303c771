// @ts-check
// The latest events.

import { atNextFrame } from "../shared/frames.js";

/** At most so many events are kept. */
const MOST = 5000;
/** So many events are read at the start, and when a filter finds too few. */
const PAGE = 500;

/** The events. Sends `change`, at most once a frame, with the number of new events in `detail`. */
export class ActivityStore extends EventTarget {
  /** @param {import("../sdk/api.js").API} api */
  constructor(api) {
    super();
    this.api = api;
    /**
     * The events, newest first.
     *
     * @type {any[]}
     */
    this.events = [];
    /**
     * The events that came since the last frame, newest last.
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
   * Reads the latest events of these types from the server, for a filter that finds too few among the events that are kept.
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

  /** Moves the events that came since the last frame to the others. */
  takeFresh() {
    const first = this.events[0]?.seq ?? 0;
    const fresh = this.fresh.filter((event) => event.seq > first).reverse();
    this.fresh = [];
    this.events = [...fresh, ...this.events].slice(0, MOST);
    this.dispatchEvent(new CustomEvent("change", { detail: fresh.length }));
  }
}
