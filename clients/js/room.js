/** @typedef {import("./tallywire.js").Item} Item */

/**
 * A room's name in the form in which the server answers: in Unicode NFC, and a location's code without white space around it.
 * @param {string} name
 */
export function roomName(name) {
  const normal = name.normalize("NFC");
  const [, code] = /^location:(.*)$/s.exec(normal) ?? [];
  return code === undefined ? normal : `location:${code.replace(/^[\s\u0085]+|[\s\u0085]+$/g, "")}`;
}

/**
 * A room that is wanted, and how far its values and events have come.
 *
 * - `out`: not joined on this connection.
 * - `joining`: asked for.
 * - `values`: joined; a snapshot has to come before events count.
 * - `in`: joined; events come in order.
 */
export class Room {
  /** @type {"out" | "joining" | "values" | "in"} */
  stage = "out";
  /**
   * Everything of this room up to here is known.
   * @type {number | null}
   */
  position = null;
  /**
   * A position that somebody else found out, for the first join.
   * @type {import("./tallywire.js").Position | null}
   */
  since = null;
  /** Once the position is here, all is known that was there when it was joined. */
  target = 0;
  /**
   * How the last `joined` answered.
   * @type {boolean | null}
   */
  recovered = null;
  /**
   * Why the server does not let this client in.
   * @type {import("./errors.js").TallywireError | null}
   */
  refusal = null;
  /**
   * Keys of the pages of a whole snapshot that have come so far.
   * @type {Set<string> | null}
   */
  pages = null;
  /**
   * For rooms whose names do not tell what belongs to them: the keys of what came through it.
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

  /** Whether all is known that was there when it was joined. */
  get isCaughtUp() {
    return this.stage === "in" && (this.position ?? 0) >= this.target;
  }

  /**
   * What asks for it.
   * @param {string | null} epoch
   */
  request(epoch) {
    const message = { type: "join", room: this.name };
    if (this.position !== null && epoch) return { ...message, since: { epoch, seq: this.position } };
    if (this.since) return { ...message, since: this.since };
    return this.wantsSnapshot ? { ...message, snapshot: true } : message;
  }

  /** The connection is gone. */
  leaveConnection() {
    this.stage = "out";
    this.pages = null;
  }

  /** The journal is another one. */
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
   * Everything that the connection had to send up to `seq` has come.
   * @param {number} seq
   */
  reached(seq) {
    // Nothing but values can come before events, so a later event says that this room has none to give.
    if (this.stage === "values" && !this.pages && seq > this.target) this.stage = "in";
    if (this.stage === "in") this.position = Math.max(this.position ?? this.target, seq);
  }

  /**
   * Whether an item belongs here as far as the room's name and what came tell.
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
   * Whether an item belongs here that another tab knows, with the rooms that it came through there.
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
