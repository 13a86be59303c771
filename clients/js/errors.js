/** What went wrong: a stable `code` for programs and a message for people. See `TallywireError` in tallywire.d.ts for the codes. */
export class TallywireError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ room?: string, cause?: unknown }} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    const { room, cause } = details;
    /** @type {"TallywireError"} */
    this.name = "TallywireError";
    this.code = code;
    /** @type {string | null} */
    this.room = room ?? null;
    if (cause !== undefined) this.cause = cause;
  }
}
