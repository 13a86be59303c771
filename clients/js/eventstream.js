import { API } from "./api.js";
import { Timer } from "./clock.js";
import { Problem, TallywireError } from "./errors.js";
import { EventStreamParser } from "./eventstream-parser.js";
import { SnapshotSource } from "./snapshot-source.js";
import { SubscriptionFilter } from "./subscription-filter.js";

/**
 * @typedef {Record<string, any>} JSONObject
 * @typedef {import("./websocket.js").LinkEvents} LinkEvents
 */

/** The server breaks its silence every 15 seconds; a stream that was silent for longer than this is dead. */
const SILENCE = 20_000;
/** Events that wait while values are read. The stream is ended when there are more, and begins again where it was. */
const MOST_WAITING = 50_000;

/**
 * Events over HTTP, where WebSockets are blocked: it reads the server's event stream, and answers to a session as the server would.
 *
 * Rooms there are none; see {@link SubscriptionFilter}. Values come from the API, and so do events that were missed.
 */
export class EventStreamLink {
  #abort = new AbortController();
  #isOver = false;
  #filter = new SubscriptionFilter();
  #api;
  #snapshots;
  #epoch = "";
  /** Everything up to here was handed on. */
  #seq = 0;
  /** What is asked for is done one by one, so that answers come in order. */
  #queue = Promise.resolve();
  /**
   * Events that have to wait for an answer before them.
   * @type {JSONObject[] | null}
   */
  #held = null;
  #silence;

  /**
   * @param {{ fetch: typeof fetch, server: string, clock: import("./tallywire.js").Clock }} place
   * @param {string | null} token
   * @param {LinkEvents} events
   */
  constructor({ fetch, server, clock }, token, events) {
    this.token = token;
    this.events = events;
    this.#api = new API({ fetch, server, token, signal: this.#abort.signal });
    this.#snapshots = new SnapshotSource(this.#api);
    this.#silence = new Timer(clock);
    this.#read().then(() => this.#end({ code: 1006, reason: "the event stream ended" }), (error) => this.#fail(error));
  }

  close() {
    this.#isOver = true;
    this.#silence.stop();
    this.#abort.abort();
  }

  /** @param {import("./websocket.js").LinkEnd} end */
  #end(end) {
    if (this.#isOver) return;
    this.close();
    this.events.closed(end);
  }

  /** @param {unknown} cause */
  #fail(cause) {
    const error = cause instanceof TallywireError ? cause : new TallywireError("disconnected", `the event stream broke: ${cause}`, { cause });
    const code = error.code === "unauthenticated" ? 4001 : 1006;
    const retryAfter = error instanceof Problem ? error.retryAfter : null;
    this.#end({ code, reason: error.message, error, retryAfter: retryAfter ?? undefined });
  }

  // MARK: What comes

  async #read() {
    const response = await this.#api.open("/api/events/stream", { headers: { Accept: "text/event-stream" } });
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#isOver) return;
      this.#silence.set(SILENCE, () => this.#end({ code: 1006, reason: "the event stream was silent" }));
      for (const block of parser.take(value)) this.#take(block);
    }
  }

  /** @param {import("./eventstream-parser.js").Block} block */
  #take({ event, id, data }) {
    const [, epoch, seq] = /^(.*):(\d+)$/.exec(id ?? "") ?? [];
    if (epoch !== undefined && this.#epoch === "") {
      this.#epoch = epoch;
      this.#seq = Number(seq);
      this.events.received({ type: "welcome", epoch, seq: this.#seq, pingInterval: SILENCE });
    } else if (event === "reset" || (epoch !== undefined && epoch !== this.#epoch)) {
      // It begins anew elsewhere, and coming back finds out what that means.
      this.#end({ code: 1001, reason: "the event stream begins anew", retryAfter: 0 });
    } else if (data !== null) {
      this.#pass(JSON.parse(data));
    } else if (epoch !== undefined && !this.#held) {
      this.#seq = Number(seq);
    }
  }

  /** @param {JSONObject} event */
  #pass(event) {
    if (this.#held) {
      this.#held.push(event);
      if (this.#held.length > MOST_WAITING) this.#end({ code: 4008, reason: "events come faster than values are read" });
      return;
    }
    this.#seq = event.seq;
    if (this.#filter.hasEvent(event)) this.events.received(/** @type {any} */ (event));
  }

  // MARK: What is asked for

  /** @param {JSONObject} message */
  send(message) {
    const filter = this.#filter;
    switch (message.type) {
      case "ping": return this.#answer({ type: "pong", id: message.id, seq: this.#seq });
      case "auth":
        // A stream is opened with a token and keeps it.
        if (message.token !== this.token) return this.#end({ code: 1001, reason: "there is another token", retryAfter: 0 });
        return this.#answer({ type: "authenticated" });
      case "join":
        filter.join(message.room);
        return this.#later(() => this.#join(message));
      case "leave":
        filter.rooms.delete(message.room);
        return this.#answer({ type: "left", room: message.room });
      case "track":
        for (const id of message.products) filter.products.add(id);
        for (const id of message.variants) filter.variants.add(id);
        return this.#later(() => this.#track(/** @type {any} */ (message)));
      case "untrack":
        for (const id of message.products) filter.products.delete(id);
        for (const id of message.variants) filter.variants.delete(id);
    }
  }

  /**
   * A session does not expect to be answered while it asks.
   * @param {import("./replica.js").Message} message
   */
  #answer(message) {
    Promise.resolve().then(() => { if (!this.#isOver) this.events.received(message); });
  }

  /**
   * Does something that takes time, with the events waiting behind it.
   * @param {() => Promise<void>} action
   */
  #later(action) {
    this.#queue = this.#queue.then(async () => {
      if (this.#isOver) return;
      this.#held ??= [];
      await action();
      const waiting = this.#held;
      this.#held = null;
      for (const event of waiting) this.#pass(event);
    }).catch((error) => this.#fail(error));
  }

  /** @param {JSONObject} message */
  async #join({ room, since, snapshot }) {
    const joined = { type: "joined", room, epoch: this.#epoch, seq: this.#seq };
    if (!since && !snapshot) return this.events.received(joined);
    if (since?.epoch === this.#epoch && since.seq <= this.#seq) {
      try {
        const missed = [];
        for await (const event of this.#snapshots.events(since.seq, this.#seq)) missed.push(event);
        this.events.received({ ...joined, recovered: true });
        for (const event of missed) if (this.#filter.hasEvent(event)) this.events.received(/** @type {any} */ (event));
        return;
      } catch (error) {
        if (/** @type {TallywireError} */ (error).code !== "pruned") throw error;
      }
    }
    this.events.received({ ...joined, recovered: false });
    await this.#values("snapshot", room, this.#snapshots.items(), (item) => this.#filter.hasItem(room, item));
  }

  /** @param {{ products: number[], variants: number[] }} message */
  async #track(message) {
    await this.#values("tracking", undefined, this.#snapshots.itemsOf(message), () => true);
  }

  /**
   * @param {string} type
   * @param {string | undefined} room
   * @param {AsyncIterable<{ items: JSONObject[], seq: number }>} pages
   * @param {(item: JSONObject) => boolean} isMeant
   */
  async #values(type, room, pages, isMeant) {
    // Each page holds at its own seq; together they hold at the first one's, and the events after that one come.
    let first = this.#seq;
    for await (const { items, seq } of pages) {
      first = Math.min(first, seq);
      for (const item of items) this.#filter.note(item);
      if (!this.#isOver) this.events.received({ type, room, seq, items: items.filter(isMeant), last: false });
    }
    if (!this.#isOver) this.events.received({ type, room, seq: first, items: [], last: true });
  }
}
