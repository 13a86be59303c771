// @ts-check
// Numbers, prices, locations and times, in the format of the browser's language.

const units = new Intl.NumberFormat();
const price = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/**
 * Units: `1,234`.
 *
 * @param {number | null | undefined} value
 */
export const formatUnits = (value) => (value === null || value === undefined ? "–" : units.format(value));

/**
 * A price with two decimals. The server's prices have no currency.
 *
 * @param {number | null | undefined} value
 */
export const formatPrice = (value) => (value === null || value === undefined ? "–" : price.format(value));

/**
 * A location: its code, and its name if it has one of its own.
 *
 * @param {{ code: string, name?: string }} location
 */
export const formatLocation = ({ code, name }) => (name && name !== code ? `${code} · ${name}` : code);

/**
 * A time of today as a clock shows it, a time of another day with its date.
 *
 * @param {Date | number | string | null | undefined} time
 */
export function formatTime(time) {
  if (time === null || time === undefined) return "–";
  const date = new Date(time);
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
}
