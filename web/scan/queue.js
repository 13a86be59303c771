// @ts-check
// What was scanned, kept on the device in IndexedDB until the server has answered, and for a while after that.

/**
 * A scan: what is sent for it, and what became of it. Its id is made once and sent with every attempt, so that the server counts it once.
 *
 * @typedef {object} Scan
 * @property {number} number the order in which it came, given by the database
 * @property {string} id
 * @property {string} code as it was read
 * @property {"add" | "subtract" | "set" | "transfer"} operation
 * @property {number} quantity
 * @property {string} location
 * @property {string} [to]
 * @property {number} at when, in milliseconds since 1970
 * @property {"waiting" | "applied" | "duplicate" | "refused"} fate
 * @property {0 | 1} isOpen 1 while it waits, or was refused and not seen yet: what is never thrown away
 * @property {string} [sku] what the server says it is
 * @property {number} [locationStock] what lies there since
 * @property {string} [reason] why it was refused
 */

/** As many may wait. A phone that scans one item a second fills it in three hours. */
export const MOST_WAITING = 10_000;
/** As many that were answered and seen are kept to look at. */
const MOST_KEPT = 200;

/** The database of the scanner. */
export class Queue {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** Opens it, and asks the browser not to throw it away when the disk gets full. */
  static async open() {
    const opening = indexedDB.open("tallywire-scan", 1);
    opening.onupgradeneeded = () => {
      const scans = opening.result.createObjectStore("scans", { keyPath: "number", autoIncrement: true });
      scans.createIndex("fate", "fate");
      scans.createIndex("isOpen", "isOpen");
      opening.result.createObjectStore("settings");
    };
    const database = await answer(opening);
    // Another tab with a newer page may change the shape of it.
    database.onversionchange = () => database.close();
    navigator.storage?.persist?.().catch(() => false);
    return new Queue(database);
  }

  /**
   * Keeps a scan. When this resolves it is on disk.
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
   * The oldest that wait, in order.
   *
   * @param {number} count
   * @returns {Promise<Scan[]>}
   */
  waiting(count) {
    return answer(this.#read("scans").index("fate").getAll("waiting", count));
  }

  /** @returns {Promise<number>} how many wait */
  countWaiting() {
    return answer(this.#read("scans").index("fate").count("waiting"));
  }

  /** @returns {Promise<Scan[]>} those that were refused and not seen yet, in order */
  async refused() {
    const open = await answer(this.#read("scans").index("isOpen").getAll(1, MOST_WAITING));
    return open.filter((/** @type {Scan} */ scan) => scan.fate === "refused");
  }

  /**
   * Notes what became of scans, and forgets the oldest that need no more attention.
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
   * Notes that refusals were seen.
   *
   * @param {Scan[]} scans
   */
  async see(scans) {
    const transaction = this.#write("scans");
    for (const scan of scans) transaction.objectStore("scans").put({ ...scan, isOpen: 0 });
    await done(transaction);
  }

  /**
   * The newest scans, the newest first.
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
   * A setting that was kept.
   *
   * @param {string} name
   * @returns {Promise<any>}
   */
  setting(name) {
    return answer(this.#read("settings").get(name));
  }

  /**
   * Keeps a setting; `undefined` forgets it.
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
    // A scan that was taken has to be there after a phone's battery has died.
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
