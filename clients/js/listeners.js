import { TallywireError } from "./errors.js";

/** @typedef {(...args: any[]) => void} Listener */

/**
 * Functions by name, called in the order in which they were added. A function that throws does not keep the others from being called.
 */
export class Listeners {
  /** @type {Map<string, Set<{ call: Listener, listener: Listener }>>} */
  #byName = new Map();

  /**
   * @param {string} name
   * @param {Listener} listener
   * @param {boolean} [isOnce]
   * @returns {() => void} removes the listener
   */
  add(name, listener, isOnce = false) {
    if (typeof listener !== "function") throw new TypeError("a listener has to be a function");
    const entries = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, entries);
    const end = () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#byName.get(name) === entries) this.#byName.delete(name);
    };
    /** @type {Listener} */
    const call = isOnce ? (...args) => (end(), listener(...args)) : listener;
    const entry = { call, listener };
    entries.add(entry);
    return end;
  }

  /**
   * @param {string} name
   * @param {Listener} listener
   */
  remove(name, listener) {
    const entries = this.#byName.get(name);
    for (const entry of entries ?? []) {
      if (entry.listener === listener) entries?.delete(entry);
    }
    if (entries?.size === 0) this.#byName.delete(name);
  }

  /** @param {string} name */
  has(name) {
    return this.#byName.has(name);
  }

  /**
   * Calls the listeners of `name`. What they throw goes to the listeners of `error`. If there are none, or if one of those throws, it is
   * reported as an uncaught error.
   * @param {string} name
   * @param {any[]} args
   */
  emit(name, ...args) {
    const entries = this.#byName.get(name);
    if (!entries) return;
    for (const { call } of [...entries]) {
      try {
        const answer = /** @type {unknown} */ (call(...args));
        // An async listener rejects later.
        if (answer instanceof Promise) answer.catch((error) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  /**
   * @param {string} name
   * @param {unknown} cause
   */
  #report(name, cause) {
    if (name === "error" || !this.has("error")) return reportUncaught(cause);
    this.emit("error", new TallywireError("listener_failed", `a listener of “${name}” threw: ${cause}`, { cause }));
  }
}

/**
 * Reports an uncaught error to the platform, without throwing it.
 * @param {unknown} error
 */
function reportUncaught(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}
