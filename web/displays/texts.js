// @ts-check
// What the shelf wall says, for translation.

export const texts = {
  /** @param {string} units */
  stock: (units) => `${units} here`,
  /** @param {string} units */
  total: (units) => `${units} in all`,
  out: "Out of stock",
  /** @param {string} label */
  open: (label) => `Show the label of ${label} alone`,
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 label" : `${count.toLocaleString()} labels`),
  none: "Nothing lies at this location yet.",
  noLocation: "There is no such location.",
  noLabel: "There is no such label at this location.",
  /** @param {number} count */
  partial: (count) => `The first ${count.toLocaleString()} labels are shown.`,
};
