// @ts-check
// The texts of the admin page.

import english from "./texts.en.js";
import { formatUnits } from "../shared/format.js";

const texts = english;
const plurals = new Intl.PluralRules(document.documentElement.lang);
const rate = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

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
    return value === undefined ? whole : typeof value === "number" ? formatUnits(value) : value;
  });
}

/**
 * A text by its name if there is one, else `fallback`: for words that a newer server may send.
 *
 * @param {string} name
 * @param {string} fallback
 * @param {Record<string, string | number>} [values]
 */
export const textOr = (name, fallback, values) => (name in texts ? text(name, values) : fallback);

/** @param {number} value */
export const perSecond = (value) => rate.format(value);

/**
 * A time as people say it, in its largest units: 5 s, 2 min 5 s, 3 h 2 min, 4 days.
 *
 * @param {number} time in seconds; less than 0 is 0
 */
export function duration(time) {
  const seconds = Math.max(0, Math.round(time));
  if (seconds < 60) return text("duration.seconds", { seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return text("duration.minutes", { minutes, seconds: seconds % 60 });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? text("duration.hours", { hours, minutes: minutes % 60 }) : text("duration.days", { days: Math.floor(hours / 24) });
}

/**
 * A number with its sign: +3, −2.
 *
 * @param {number} value
 */
export const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "±") + formatUnits(Math.abs(value));
