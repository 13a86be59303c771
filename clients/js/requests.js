import { TallywireError } from "./errors.js";

/**
 * @typedef {{ id: number, room?: string, done: () => void, refused: (error: TallywireError) => void, isRefused: boolean }} Request
 */

/**
 * Tells which request an error answers.
 *
 * Errors do not name what they answer, but the server takes messages one by one: so each request is followed by a ping, and an error that
 * comes before that ping's pong is this request's.
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
   * @param {{ room?: string, done?: () => void, refused: (error: TallywireError) => void }} answers `done` says that the server took it
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
    // Those before it whose pong did not come were passed over, and said so.
    while (this.#open.length > 0 && this.#open[0].id <= id) {
      const request = this.#open.shift();
      if (request && !request.isRefused) request.done();
    }
  }

  /**
   * @param {{ code: string, message: string }} error
   * @returns {TallywireError} with the room that it is about, if it is about one
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

  /** The connection is gone, and with it the answers. */
  end() {
    const open = this.#open;
    this.#open = [];
    for (const request of open) if (!request.isRefused) request.done();
  }
}
