/** @typedef {import("./tallywire.js").Item} Item */

/**
 * Returns a room's name in the form that the server uses: in Unicode NFC, and a location's code without white space around it.
 * @param {string} name
 */
export function roomName(name) {
  const normal = name.normalize("NFC");
  const [, code] = /^location:(.*)$/s.exec(normal) ?? [];
  return code === undefined ? normal : `location:${code.replace(/^[\s\u0085]+|[\s\u0085]+$/g, "")}`;
}

/**
 * A room that the client wants to be in, and how far its values and events have come.
 *
 * - `out`: not joined on this connection.
 * - `joining`: the request was sent.
 * - `values`: joined; a snapshot comes before the events.
 * - `in`: joined; events come in order.
 */
export class Room {
  /** @type {"out" | "joining" | "values" | "in"} */
  stage = "out";
  /**
   * All events of this room up to here are known.
   * @type {number | null}
   */
  position = null;
  /**
   * The position that the caller of `join` has given, for the first join.
   * @type {import("./tallywire.js").Position | null}
   */
  since = null;
  /** Once the position has reached this event, all is known that the room had when it was joined. */
  target = 0;
  /**
   * Whether the last `joined` recovered the missed events.
   * @type {boolean | null}
   */
  recovered = null;
  /**
   * The error by which the server refused this room.
   * @type {import("./errors.js").TallywireError | null}
   */
  refusal = null;
  /**
   * The keys of the items in the pages of a complete snapshot that have come so far.
   * @type {Set<string> | null}
   */
  pages = null;
  /**
   * The keys of the items that came through this room, for rooms whose names do not tell which items belong to them.
   * @type {Set<string>}
   */
  keys = new Set();

  /**
   * @param {string} name
   * @param {boolean} wantsSnapshot
   */
  constructor(name, wantsSnapshot) {
    this.name = name;
    this.wantsSnapshot = wantsSnapshot;
    const [, kind, id] = /^(product|variant|location):(.+)$/s.exec(name) ?? [];
    /** @type {"named" | "product" | "variant" | "location"} */
    this.kind = /** @type {any} */ (kind) ?? "named";
    this.id = kind === "location" ? id : Number(id);
  }

  /** Whether all is known that the room had when it was joined. */
  get isCaughtUp() {
    return this.stage === "in" && (this.position ?? 0) >= this.target;
  }

  /**
   * Returns the message that joins the room.
   * @param {string | null} epoch
   */
  request(epoch) {
    const message = { type: "join", room: this.name };
    if (this.position !== null && epoch) return { ...message, since: { epoch, seq: this.position } };
    if (this.since) return { ...message, since: this.since };
    return this.wantsSnapshot ? { ...message, snapshot: true } : message;
  }

  /** The connection has ended. */
  leaveConnection() {
    this.stage = "out";
    this.pages = null;
  }

  /** The journal is another one: the position is void. */
  forget() {
    this.position = null;
    this.since = null;
    this.pages = null;
    this.keys.clear();
  }

  /** @param {{ seq: number, recovered?: boolean }} message */
  joined({ seq, recovered }) {
    this.refusal = null;
    this.recovered = recovered ?? null;
    this.target = seq;
    if (recovered === undefined) {
      this.position = seq;
      this.stage = "in";
    } else if (recovered) {
      this.stage = "in";
      this.position ??= this.since?.seq ?? null;
    } else {
      this.stage = "values";
    }
  }

  /**
   * All that the server had to send up to `seq` has come.
   * @param {number} seq
   */
  reached(seq) {
    // Values come before events. So a later event shows that this room has no values.
    if (this.stage === "values" && !this.pages && seq > this.target) this.stage = "in";
    if (this.stage === "in") this.position = Math.max(this.position ?? this.target, seq);
  }

  /**
   * Whether an item belongs to this room, as far as the room's name and the items that came through it tell.
   * @param {{ key: string, productId: number, variantId: number | null }} item
   */
  holds({ key, productId, variantId }) {
    switch (this.kind) {
      case "named": return true;
      case "product": return productId === this.id;
      case "variant": return variantId === this.id || this.keys.has(key);
      case "location": return this.keys.has(key);
    }
  }

  /**
   * Whether an item that another tab knows belongs to this room. `rooms` are those that it came through there.
   * @param {{ productId: number, variantId: number | null, rooms: string[] }} item
   */
  has({ productId, variantId, rooms }) {
    switch (this.kind) {
      case "named": return true;
      case "product": return productId === this.id;
      case "variant": return variantId === this.id || rooms.includes(this.name);
      case "location": return rooms.includes(this.name);
    }
  }
}
