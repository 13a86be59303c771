// @ts-check
// The queue of scans: kept in IndexedDB on the device until the server has answered, and for a while after that.

/**
 * A scan: what is sent for it, and what became of it. Its id is created once and sent with every attempt, so that the server applies it once.
 *
 * @typedef {object} Scan
 * @property {number} number its place in the order of scans, assigned by the database
 * @property {string} id
 * @property {string} code as it was read
 * @property {"add" | "subtract" | "count" | "transfer"} operation
 * @property {number} quantity
 * @property {string} location
 * @property {string} [to]
 * @property {string} [reservation] of which the scan captures units; the operation then does not count
 * @property {number} at when, in milliseconds since 1970
 * @property {"waiting" | "applied" | "duplicate" | "refused"} fate
 * @property {0 | 1} isOpen 1 while the scan waits, or was rejected and is not dismissed yet. Such a scan is never deleted
 * @property {string} [sku] of the item, as the server says
 * @property {number} [locationStock] the stock at the location after this scan
 * @property {number} [counted] what the open count of the location has of the item after this scan
 * @property {boolean} [undone] whether the scan was taken back
 * @property {string} [reason] why the scan was rejected
 */

/** At most so many scans wait. One scan a second fills the queue in about three hours. */
export const MOST_WAITING = 10_000;
/** So many scans that need no attention are kept for display. */
const MOST_KEPT = 200;

/** The database of the scanner. */
export class Queue {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** Opens the database, and asks the browser not to delete it when the disk gets full. */
  static async open() {
    const opening = indexedDB.open("tallywire-scan", 1);
    opening.onupgradeneeded = () => {
      const scans = opening.result.createObjectStore("scans", { keyPath: "number", autoIncrement: true });
      scans.createIndex("fate", "fate");
      scans.createIndex("isOpen", "isOpen");
      opening.result.createObjectStore("settings");
    };
    const database = await answer(opening);
    // Another tab, with a newer version of the page, may upgrade the database.
    database.onversionchange = () => database.close();
    navigator.storage?.persist?.().catch(() => false);
    return new Queue(database);
  }

  /**
   * Adds a scan to the queue. When the promise resolves the scan is on disk.
   *
   * @param {Omit<Scan, "number" | "fate" | "isOpen">} scan
   * @returns {Promise<Scan>}
   */
  async add(scan) {
    const kept = { ...scan, fate: /** @type {const} */ ("waiting"), isOpen: /** @type {const} */ (1) };
    const transaction = this.#write("scans");
    const number = await answer(transaction.objectStore("scans").add(kept));
    await done(transaction);
    return { ...kept, number: Number(number) };
  }

  /**
   * Returns the oldest scans that wait, in order.
   *
   * @param {number} count
   * @returns {Promise<Scan[]>}
   */
  waiting(count) {
    return answer(this.#read("scans").index("fate").getAll("waiting", count));
  }

  /** @returns {Promise<number>} the number of scans that wait */
  countWaiting() {
    return answer(this.#read("scans").index("fate").count("waiting"));
  }

  /** @returns {Promise<Scan[]>} the rejected scans that are not dismissed yet, in order */
  async refused() {
    const open = await answer(this.#read("scans").index("isOpen").getAll(1, MOST_WAITING));
    return open.filter((/** @type {Scan} */ scan) => scan.fate === "refused");
  }

  /**
   * Saves what became of scans, and deletes the oldest that need no attention.
   *
   * @param {Scan[]} scans
   */
  async settle(scans) {
    const transaction = this.#write("scans");
    const store = transaction.objectStore("scans");
    for (const scan of scans) store.put({ ...scan, isOpen: scan.fate === "waiting" || scan.fate === "refused" ? 1 : 0 });
    this.#forget(store);
    await done(transaction);
  }

  /**
   * Dismisses rejected scans.
   *
   * @param {Scan[]} scans
   */
  async dismiss(scans) {
    const transaction = this.#write("scans");
    for (const scan of scans) transaction.objectStore("scans").put({ ...scan, isOpen: 0 });
    await done(transaction);
  }

  /**
   * Returns the newest scans, the newest first.
   *
   * @param {number} count
   * @returns {Promise<Scan[]>}
   */
  newest(count) {
    return new Promise((resolve, reject) => {
      /** @type {Scan[]} */
      const scans = [];
      const walk = this.#read("scans").openCursor(null, "prev");
      walk.onerror = () => reject(walk.error);
      walk.onsuccess = () => {
        if (!walk.result || scans.length === count) return resolve(scans);
        scans.push(walk.result.value);
        walk.result.continue();
      };
    });
  }

  /**
   * Returns a setting.
   *
   * @param {string} name
   * @returns {Promise<any>}
   */
  setting(name) {
    return answer(this.#read("settings").get(name));
  }

  /**
   * Saves a setting; `undefined` deletes it.
   *
   * @param {string} name
   * @param {unknown} value
   */
  async set(name, value) {
    const transaction = this.#write("settings");
    if (value === undefined) transaction.objectStore("settings").delete(name);
    else transaction.objectStore("settings").put(value, name);
    await done(transaction);
  }

  /** @param {IDBObjectStore} store */
  #forget(store) {
    const counting = store.index("isOpen").count(0);
    counting.onsuccess = () => {
      let surplus = counting.result - MOST_KEPT;
      if (surplus <= 0) return;
      const walk = store.index("isOpen").openKeyCursor(0);
      walk.onsuccess = () => {
        if (!walk.result || surplus-- <= 0) return;
        store.delete(walk.result.primaryKey);
        walk.result.continue();
      };
    };
  }

  /** @param {string} store */
  #read(store) {
    return this.#database.transaction(store).objectStore(store);
  }

  /** @param {string} store */
  #write(store) {
    // A scan that was accepted has to be there after a phone's battery has died.
    return this.#database.transaction(store, "readwrite", { durability: "strict" });
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction */
function done(transaction) {
  return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  }));
}
