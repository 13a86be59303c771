// @ts-check
// The values of a variant as the page keeps them.

import { folded } from "../shared/search-folding.js";

/**
 * The units of a location: those that are there, those of them that are reserved or not available, and those on the way.
 *
 * @typedef {{ onHand: number, reserved: number, unavailable: number, incoming: number }} Units
 */

/**
 * A row is the same object as long as the variant exists.
 *
 * @typedef {{ id: number, productId: number, isDefault: boolean, sku: string, name: string, productName: string, title: string,
 *   price: number | null, status: string, level: string, version: number, stock: number, threshold: number,
 *   thresholds: Record<string, { low: number, rearm: number }>, places: Map<string, number>, units: Map<string, Units>, search: string, order: string,
 *   changedAt: number }} Row
 */

/** Of all rows that have none. */
const NO_THRESHOLDS = Object.freeze({});

/**
 * Fills a row with the values of a variant: the known row, or a new one.
 *
 * @param {Row | null} known
 * @param {any} item a variant of the API
 * @returns {Row}
 */
export function fill(known, item) {
  const title = titleOf(item);
  const codes = item.barcodes.map((/** @type {any} */ code) => code.code ?? code).join(" ");
  return Object.assign(known ?? {}, {
    id: item.id, productId: item.productId, isDefault: item.isDefault, sku: item.sku, name: item.name, productName: item.productName, title,
    price: item.price, status: item.status, level: item.level, version: item.version, stock: item.stock, threshold: item.lowStockThreshold,
    thresholds: Object.keys(item.thresholds).length ? item.thresholds : NO_THRESHOLDS,
    places: new Map(item.locations.map((/** @type {any} */ at) => [at.location, at.stock])),
    units: new Map(item.locations.map((/** @type {any} */ at) => [at.location,
      { onHand: at.onHand, reserved: at.reserved, unavailable: at.unavailable, incoming: at.incoming }])),
    search: folded(`${title}\n${item.sku}\n${codes}`), order: orderOf(title), changedAt: known?.changedAt ?? 0,
  });
}

/**
 * Returns the title of a variant among others: with its product's name, unless that is the variant's own.
 *
 * @param {{ name: string, productName: string }} item
 */
export const titleOf = ({ name, productName }) => (name === productName ? name : `${productName} · ${name}`);

/**
 * Returns the sort key of a text: in any case, without accents, numbers by their value.
 *
 * @param {string} text
 */
function orderOf(text) {
  return folded(text).replace(/\d+/g, (digits) => digits.padStart(12, "0"));
}
