// @ts-check
// Texts for people, and numbers and times as the browser's language writes them.

import english from "/admin/texts.en.js";

const texts = english;
const plurals = new Intl.PluralRules(document.documentElement.lang);
const units = new Intl.NumberFormat();
const price = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const rate = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** @typedef {string | number} Value A number is written as the browser's language does. */

/**
 * A text by its name, with `values` in its placeholders. A text with plural forms is chosen by `values.count`.
 *
 * @param {string} name
 * @param {Record<string, Value>} [values]
 * @returns {string} the name itself if there is no such text, which a test would see
 */
export function text(name, values = {}) {
  const found = texts[name];
  if (found === undefined) return name;
  const form = typeof found === "string" ? found : (found[plurals.select(Number(values.count ?? 0))] ?? found.other);
  return form.replace(/\{(\w+)\}/g, (whole, key) => {
    const value = values[key];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/**
 * A text by its name if there is one, else `fallback`: for words that a newer server may send.
 *
 * @param {string} name
 * @param {string} fallback
 */
export const textOr = (name, fallback) => (name in texts ? text(name) : fallback);

/** @param {number | null | undefined} value */
export const number = (value) => (value === null || value === undefined ? "–" : units.format(value));

/** @param {number | null | undefined} value */
export const money = (value) => (value === null || value === undefined ? "–" : price.format(value));

/** @param {number} value */
export const perSecond = (value) => rate.format(value);

/**
 * With its sign: +3, −2.
 *
 * @param {number} value
 */
export const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "±") + number(Math.abs(value));

/**
 * A choice of a `<select>`.
 *
 * @param {string} value may be empty
 * @param {string} label
 */
export const option = (value, label) => new Option(label, value);

/**
 * A time: of today as a clock shows it, of another day with its date.
 *
 * @param {string | number | Date | null | undefined} value
 */
export function time(value) {
  if (value === null || value === undefined) return "–";
  const date = new Date(value);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}
