// @ts-check
// The selection and order of the rows, computed in slices so that the page stays responsive.

import { folded } from "../shared/search-folding.js";

/** @typedef {import("./variant-record.js").Row} Row */
/** @typedef {{ search: string, location: string, level: string, column: string, descending: boolean }} Query */

/** The length of a slice in milliseconds. A frame has sixteen. */
const SLICE = 8;
const LEVELS = { ok: 2, low: 1, out: 0 };
const STATUSES = { active: 0, inactive: 1, draft: 2, discontinued: 3 };

/**
 * The sort key of each column.
 *
 * @type {Record<string, (row: Row, query: Query) => number | string>}
 */
const KEYS = {
  item: (row) => row.order,
  sku: (row) => row.sku,
  stock: (row, query) => stockOf(row, query),
  level: (row) => LEVELS[/** @type {keyof LEVELS} */ (row.level)],
  price: (row) => row.price ?? -1,
  status: (row) => STATUSES[/** @type {keyof STATUSES} */ (row.status)],
  changed: (row) => row.changedAt,
};

/**
 * Returns the stock that is shown: at the chosen location, or at all that sell.
 *
 * @param {Row} row
 * @param {Query} query
 */
export const stockOf = (row, query) => (query.location ? (row.places.get(query.location) ?? 0) : row.stock);

/**
 * @param {Row} row
 * @param {Query} query
 * @param {string[]} words
 */
function matches(row, query, words) {
  if (query.level && row.level !== query.level) return false;
  if (query.location && !row.places.has(query.location)) return false;
  return words.every((word) => row.search.includes(word));
}

/**
 * Returns the rows that match, in order.
 *
 * @param {Iterable<Row>} rows
 * @param {Query} query
 * @param {AbortSignal} signal
 * @returns {Promise<Row[] | null>} `null` if it was aborted
 */
export async function select(rows, query, signal) {
  const words = folded(query.search).split(/\s+/).filter(Boolean);
  const pause = makePause();
  /** @type {Entry[]} */
  const found = [];
  const key = KEYS[query.column];
  let count = 0;
  for (const row of rows) {
    if (matches(row, query, words)) found.push({ key: key(row, query), row });
    if (++count % 512 === 0 && (await pause(signal))) return null;
  }
  const sorted = await sort(found, query.descending ? -1 : 1, pause, signal);
  return sorted && sorted.map((entry) => entry.row);
}

/** @typedef {{ key: number | string, row: Row }} Entry */

/**
 * Sorts by merging runs, bottom up, with pauses.
 *
 * @param {Entry[]} entries
 * @param {number} direction
 * @param {(signal: AbortSignal) => Promise<boolean>} pause
 * @param {AbortSignal} signal
 */
async function sort(entries, direction, pause, signal) {
  const RUN = 1024;
  const compare = (/** @type {Entry} */ a, /** @type {Entry} */ b) =>
    a.key < b.key ? -direction : a.key > b.key ? direction : a.row.id - b.row.id;
  /** @type {Entry[][]} */
  let runs = [];
  for (let start = 0; start < entries.length; start += RUN) {
    runs.push(entries.slice(start, start + RUN).sort(compare));
    if (await pause(signal)) return null;
  }
  while (runs.length > 1) {
    const merged = [];
    for (let index = 0; index < runs.length; index += 2) {
      const run = index + 1 < runs.length ? await merge(runs[index], runs[index + 1], compare, pause, signal) : runs[index];
      if (!run) return null;
      merged.push(run);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/**
 * @param {Entry[]} left @param {Entry[]} right
 * @param {(a: Entry, b: Entry) => number} compare
 * @param {(signal: AbortSignal) => Promise<boolean>} pause
 * @param {AbortSignal} signal
 */
async function merge(left, right, compare, pause, signal) {
  const result = new Array(left.length + right.length);
  let a = 0;
  let b = 0;
  for (let index = 0; index < result.length; index++) {
    result[index] = b >= right.length || (a < left.length && compare(left[a], right[b]) <= 0) ? left[a++] : right[b++];
    if (index % 4096 === 4095 && (await pause(signal))) return null;
  }
  return result;
}

/** Returns a function that lets other tasks run when the slice is over. Its promise tells whether the work was aborted. */
function makePause() {
  let end = performance.now() + SLICE;
  return async (/** @type {AbortSignal} */ signal) => {
    if (performance.now() < end) return false;
    await nextTask();
    end = performance.now() + SLICE;
    return signal.aborted;
  };
}

/** Resolves in the next task of the event loop, sooner than a timer would. */
function nextTask() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve(undefined);
    };
    channel.port2.postMessage(null);
  });
}
