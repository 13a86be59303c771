// @ts-check
// The mode of the scanner's page: what control codes have said, kept on the device, until it ends.

import { isEmpty, modeAfter } from "./control-code.js";

/** @typedef {import("./control-code.js").Mode} Mode */

/** A mode that is not used for so many milliseconds ends, as the server's do. */
export const IDLE = 600_000;

/** The mode, with the time of its last use. */
export class ScanMode {
  /** @type {Mode} */
  mode = {};
  #used = 0;
  #queue;

  /** @param {import("./queue.js").Queue} queue where the mode is kept */
  constructor(queue) {
    this.#queue = queue;
  }

  async load() {
    const kept = await this.#queue.setting("mode");
    if (!kept) return;
    this.mode = kept.mode;
    this.#used = kept.used;
  }

  get isEmpty() { return isEmpty(this.mode); }

  /**
   * Takes a control code. The mode is on disk when the promise resolves.
   *
   * @param {import("./control-code.js").ControlCode} code
   * @param {number} now
   */
  async take(code, now) {
    this.mode = modeAfter(this.mode, code);
    await this.use(now);
  }

  /** @param {number} now the time of a scan in this mode */
  async use(now) {
    this.#used = now;
    await this.#queue.set("mode", this.isEmpty ? undefined : { mode: this.mode, used: now });
  }

  /**
   * Ends a mode that was not used for too long.
   *
   * @param {number} now
   * @returns {Promise<boolean>} whether it has ended one
   */
  async endIfIdle(now) {
    // A clock that was set back begins the time anew.
    if (now < this.#used) this.#used = now;
    if (this.isEmpty || now - this.#used <= IDLE) return false;
    this.mode = {};
    await this.use(now);
    return true;
  }
}
