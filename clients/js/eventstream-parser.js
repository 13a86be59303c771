/** The server's blocks have a few kilobytes; a longer block than this is refused. */
const LONGEST_BLOCK = 1024 * 1024;

/** @typedef {{ event: string, id: string | null, data: string | null }} Block */

/**
 * A parser of Server-Sent Events (the HTML standard, section 9.2) that takes the stream in pieces of any size.
 */
export class EventStreamParser {
  #decoder = new TextDecoder();
  #rest = "";
  /** @type {Block} */
  #block = { event: "message", id: null, data: null };
  #length = 0;

  /**
   * Returns the blocks that are complete after this piece. Throws a `RangeError` if one is too long.
   * @param {Uint8Array} piece
   * @returns {Block[]}
   */
  take(piece) {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    /** @type {Block[]} */
    const blocks = [];
    for (const line of lines) this.#line(line, blocks);
    if (this.#length + this.#rest.length > LONGEST_BLOCK) throw new RangeError("an event of the stream is too long");
    return blocks;
  }

  /**
   * @param {string} line
   * @param {Block[]} blocks
   */
  #line(line, blocks) {
    this.#length += line.length;
    if (line === "") {
      if (this.#block.data !== null || this.#block.id !== null) blocks.push(this.#block);
      this.#block = { event: "message", id: null, data: null };
      this.#length = 0;
      return;
    }
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === "event") this.#block.event = value ?? "";
    if (name === "id") this.#block.id = value ?? "";
    if (name === "data") this.#block.data = this.#block.data === null ? (value ?? "") : `${this.#block.data}\n${value ?? ""}`;
  }
}
