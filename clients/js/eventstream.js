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

/** The server sends something every 15 seconds. A stream on which nothing came for so many milliseconds is dead. */
const SILENCE = 20_000;
/** At most so many events are held while values are read. With more, the stream is ended and resumed from its position. */
const MOST_WAITING = 50_000;

/**
 * A link over HTTP, for networks that block WebSockets. It reads the server's event stream, and answers the session's messages itself, as
 * the server does over a WebSocket.
 *
 * The stream has no rooms: {@link SubscriptionFilter} chooses from its events. Values and missed events come from the HTTP API.
 */
export class EventStreamLink {
  #abort = new AbortController();
  #isOver = false;
  #filter = new SubscriptionFilter();
  #api;
  #snapshots;
  #epoch = "";
  /**
   * The name of the node that sends the stream.
   * @type {string | null}
   */
  #node = null;
  /** All events up to here have been passed on. */
  #seq = 0;
  /** Joins and tracks are answered one after the other, so that the answers come in order. */
  #queue = Promise.resolve();
  /**
   * Events that came while an answer is being prepared, and are passed on after it; `null` while none is.
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

  // MARK: The stream

  async #read() {
    const response = await this.#api.open("/api/events/stream", { headers: { Accept: "text/event-stream" } });
    this.#node = response.headers.get("Tallywire-Node");
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
      this.events.received({ type: "welcome", epoch, seq: this.#seq, pingInterval: SILENCE, node: this.#node });
    } else if (event === "reset" || (epoch !== undefined && epoch !== this.#epoch)) {
      // The stream cannot be resumed from its position. The session finds out with the next connection whether the journal is another.
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

  // MARK: The session's messages

  /** @param {JSONObject} message */
  send(message) {
    const filter = this.#filter;
    switch (message.type) {
      case "ping": return this.#answer({ type: "pong", id: message.id, seq: this.#seq });
      case "auth":
        // A stream keeps the token that it was opened with.
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
   * Answers in a microtask of its own: a session does not expect an answer while it is still sending.
   * @param {import("./replica.js").Message} message
   */
  #answer(message) {
    Promise.resolve().then(() => { if (!this.#isOver) this.events.received(message); });
  }

  /**
   * Prepares an answer that takes time. Events that come meanwhile are held back until it is there.
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
    if (since?.epoch === this.#epoch && since.seq > this.#seq) {
      return this.#end({ code: 1013, reason: "this node does not have yet what the client has: come back, or ask another node" });
    }
    if (since?.epoch === this.#epoch) {
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
    // Each page holds at its own seq. Together they hold at the lowest one, and the stream brings the events after that.
    let first = this.#seq;
    for await (const { items, seq } of pages) {
      first = Math.min(first, seq);
      for (const item of items) this.#filter.note(item);
      if (!this.#isOver) this.events.received({ type, room, seq, items: items.filter(isMeant), last: false });
    }
    if (!this.#isOver) this.events.received({ type, room, seq: first, items: [], last: true });
  }
}
