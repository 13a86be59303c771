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

/**
 * A call of the HTTP API that failed. `code` is that of the server's problem document (RFC 9457), or `disconnected` if no such document
 * came: the server could not be reached, or something else answered in its place.
 */
export class Problem extends TallywireError {
  /**
   * @param {number} status the HTTP status; 0 if nothing answered
   * @param {{ code?: string, title?: string, detail?: string, available?: number, field?: string }} [body] the problem document
   * @param {{ retryAfter?: number | null, cause?: unknown }} details
   */
  constructor(status, body = {}, { retryAfter = null, cause } = {}) {
    const message = body.detail ?? body.title ?? (status === 0 ? "the server cannot be reached" : `the server answered ${status}`);
    super(body.code ?? "disconnected", message, { cause });
    this.status = status;
    /** The stock that there is, where the problem says so. */
    this.available = body.available ?? null;
    /** The member of the request that the problem is about. */
    this.field = body.field ?? null;
    /** After how many milliseconds the server wants to be asked again; `null` if it did not say. */
    this.retryAfter = retryAfter;
  }

  /** Whether a change may have been made all the same. The same call with the same id or key tells; without one, only a look does. */
  get mayBeDone() { return this.code === "disconnected" || this.code === "unknown"; }
}
