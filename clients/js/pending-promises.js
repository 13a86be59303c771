/**
 * @typedef {import("./errors.js").TallywireError} TallywireError
 * @typedef {{ resolve: (value: any) => void, reject: (error: TallywireError) => void }} Waiter
 */

/**
 * Promises by the name of what they wait for. Each belongs to a caller that waits, so they need no limit of their own.
 */
export class PendingPromises {
  /** @type {Map<string, Waiter[]>} */
  #byName = new Map();

  /**
   * Returns a promise for `name`. The caller need not handle its rejection: that is never reported as an uncaught error.
   * @param {string} name
   * @returns {Promise<any>}
   */
  add(name) {
    const promise = new Promise((resolve, reject) => {
      const waiters = this.#byName.get(name) ?? [];
      this.#byName.set(name, waiters);
      waiters.push({ resolve, reject });
    });
    promise.catch(() => {});
    return promise;
  }

  /** @param {string} name */
  has(name) {
    return this.#byName.has(name);
  }

  get names() {
    return [...this.#byName.keys()];
  }

  /**
   * @param {string} name
   * @param {unknown} [value]
   */
  resolve(name, value) {
    for (const { resolve } of this.#take(name)) resolve(value);
  }

  /**
   * @param {string} name
   * @param {TallywireError} error
   */
  reject(name, error) {
    for (const { reject } of this.#take(name)) reject(error);
  }

  /** @param {TallywireError} error */
  rejectAll(error) {
    for (const name of this.names) this.reject(name, error);
  }

  /** @param {string} name */
  #take(name) {
    const waiters = this.#byName.get(name) ?? [];
    this.#byName.delete(name);
    return waiters;
  }
}
