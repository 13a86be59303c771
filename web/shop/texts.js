// @ts-check
// What the shop says, for translation.

export const texts = {
  stock: {
    out: "Out of stock",
    in: "In stock",
    /** @param {number} units */
    few: (units) => (units === 1 ? "Only 1 left" : `Only ${units} left`),
    aFew: "Only a few left",
    unknown: "–",
  },
  inactive: "Not on sale now",
  /** @param {string} price */
  from: (price) => `from ${price}`,
  watch: "Watch",
  watching: "Watching",
  /** @param {string} product */
  watchLabel: (product) => `Tell me about ${product}`,
  /** @param {string} time */
  updated: (time) => `Updated ${time}`,
  none: "There are no products yet.",
  noMatch: "No product matches.",
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 product" : `${count.toLocaleString()} products`),
  /** @param {number} count */
  partial: (count) => `The first ${count.toLocaleString()} products are shown.`,
  news: {
    back: "Back in stock",
    gone: "Sold out",
    /** @param {string} price */
    price: (price) => `Now ${price}`,
    inactive: "Not on sale any more",
    active: "On sale again",
  },
};
