import { TallywireError } from "./errors.js";

/**
 * @typedef {{ id: number, room?: string, done: () => void, refused: (error: TallywireError) => void, isRefused: boolean }} Request
 */

/**
 * Finds the request that an error answers.
 *
 * The server's errors do not name the request. But the server takes messages in order: so each request is followed by a ping, and an
 * error that comes before that ping's pong answers this request.
 */
export class Requests {
  /** @type {Request[]} */
  #open = [];
  #count = 0;

  /** @param {(message: object) => void} send */
  constructor(send) {
    this.send = send;
  }

  get areOpen() {
    return this.#open.length > 0;
  }

  /**
   * @param {object} message
   * @param {{ room?: string, done?: () => void, refused: (error: TallywireError) => void }} answers `done` is called when the server has accepted the request
   */
  add(message, { room, done = () => {}, refused }) {
    const id = ++this.#count;
    this.#open.push({ id, room, done, refused, isRefused: false });
    this.send(message);
    this.send({ type: "ping", id });
  }

  /** @param {unknown} id */
  pong(id) {
    if (typeof id !== "number") return;
    // Earlier requests whose pong did not come were skipped by the server, which has sent an error for them.
    while (this.#open.length > 0 && this.#open[0].id <= id) {
      const request = this.#open.shift();
      if (request && !request.isRefused) request.done();
    }
  }

  /**
   * @param {{ code: string, message: string }} error
   * @returns {TallywireError} with the room of the request, if it has one
   */
  error({ code, message }) {
    const request = code === "too_many_items" ? undefined : this.#open[0];
    const error = new TallywireError(code, message, { room: request?.room });
    if (request) {
      request.isRefused = true;
      request.refused(error);
    }
    return error;
  }

  /** The connection has ended, so no answer will come. */
  end() {
    const open = this.#open;
    this.#open = [];
    for (const request of open) if (!request.isRefused) request.done();
  }
}
