// @ts-check
// The texts of the shop, for translation.

export const texts = {
  stock: {
    out: "Out of stock",
    in: "In stock",
    /** @param {number} units */
    few: (units) => (units === 1 ? "Only 1 left" : `Only ${units} left`),
    aFew: "Only a few left",
    unknown: "–",
  },
  inactive: "Currently unavailable",
  /** @param {string} price */
  from: (price) => `from ${price}`,
  watch: "Watch",
  watching: "Watching",
  /** @param {string} product */
  watchLabel: (product) => `Watch ${product}`,
  /** @param {string} time */
  updated: (time) => `Updated ${time}`,
  none: "No products yet.",
  noMatch: "No products match.",
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 product" : `${count.toLocaleString()} products`),
  /** @param {number} count */
  partial: (count) => `The first ${count.toLocaleString()} products are shown.`,
  news: {
    back: "Back in stock",
    gone: "Sold out",
    /** @param {string} price */
    price: (price) => `Now ${price}`,
    inactive: "No longer available",
    active: "Available again",
  },
};
