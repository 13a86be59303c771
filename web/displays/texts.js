// @ts-check
// The texts of the shelf displays, for translation.

export const texts = {
  /** @param {string} units */
  stock: (units) => `${units} here`,
  /** @param {string} units */
  total: (units) => `${units} in total`,
  out: "Out of stock",
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 label" : `${count.toLocaleString()} labels`),
  none: "No stock at this location yet.",
  noLocation: "Location not found.",
  noLabel: "Label not found at this location.",
  /** @param {number} count */
  partial: (count) => `The first ${count.toLocaleString()} labels are shown.`,
};
