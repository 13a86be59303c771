import { TallywireError } from "./errors.js";

/**
 * @typedef {import("./connection.js").ConnectionParts & { replica: import("./replica.js").Replica }} SharedParts
 * @typedef {Record<string, any>} Note a message from one tab to others
 */

/**
 * Takes the leader's notes: first all values, then events, in the form in which a server sends them.
 */
export class Follower {
  /** Whether all values have come. */
  hasValues = false;

  /** @param {SharedParts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {Note} note */
  take(note) {
    const { follows, report, refused, untracked } = this.parts;
    switch (note.type) {
      case "condition": return this.#takeState(note.state, note.known);
      case "error": return report(errorOf(note.error));
      case "refused":
        if (follows.rooms.has(note.room)) refused(note.room, errorOf(note.error));
        return;
      case "untracked": return untracked(note.ids, errorOf(note.error));
      case "values": return this.#takeValues(note);
      case "message": return this.#takeMessage(note.message);
    }
  }

  /** @param {import("./replica.js").Message} message */
  #takeMessage(message) {
    const { replica, clientState, follows, settled } = this.parts;
    // All values come first, and they include this event.
    if (!this.hasValues) return;
    if (message.type === "pong" || follows.wants(/** @type {any} */ (message), replica.items)) replica.take(message);
    clientState.heard();
    settled();
  }

  /**
   * Takes the leader's state as this tab's, once this tab has all values.
   * @param {any} state
   * @param {number} known
   */
  #takeState(state, known) {
    const { clientState } = this.parts;
    const status = state.status === "live" && !this.hasValues ? "recovering" : state.status;
    if (state.status === "closed" || state.status === "idle") return;
    const lastError = state.lastError && errorOf(state.lastError);
    const retryAt = state.retryAt && new Date(state.retryAt);
    clientState.set({ status, retryAt, transport: state.transport, server: state.server, node: state.node, lastError }, this.hasValues && known ? known : undefined);
    this.parts.settled();
  }

  /**
   * Takes a page of all values that the leader knows.
   * @param {Note} note
   */
  #takeValues({ epoch, seq, items, last }) {
    const { replica, follows, clientState } = this.parts;
    if (epoch !== replica.epoch) replica.take({ type: "welcome", epoch, seq });
    const mine = items.filter((/** @type {any} */ values) => follows.has(values));
    const rooms = [...follows.rooms.values()].filter(({ refusal }) => !refusal);
    for (const room of rooms) {
      if (room.stage !== "values") room.joined({ seq, recovered: false });
      const belongs = mine.filter((/** @type {any} */ values) => room.has(values));
      replica.take({ type: "snapshot", room: room.name, seq, items: belongs, last });
    }
    if (follows.tracksAnything || rooms.length === 0) {
      const asked = { products: [...follows.products], variants: [...follows.variants] };
      replica.take({ type: "tracking", seq, items: mine, last, asked });
    }
    if (!last) return;
    this.hasValues = true;
    clientState.set({ status: "live" });
    this.parts.settled();
  }
}

/** @param {{ code: string, message: string, room?: string | null }} error */
const errorOf = ({ code, message, room }) => new TallywireError(code, message, { room: room ?? undefined });
