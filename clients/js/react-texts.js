/**
 * The texts of the React components, in English. `InventoryProvider` takes others as `texts`; those that are left out stay as they are here.
 * @type {import("./react.js").Texts}
 */
export const texts = {
  notifications: "Stock notifications",
  dismiss: "Dismiss",
  outOfStock: "Out of stock",
  inactive: "Not available",
  inStock: "In stock",
  few: "Few left",
  unknownStock: "Stock not known yet",
  stale: "May be out of date",
  liveUpdate: "Updated",
  addToCart: "Add to cart",
  units: (units) => `${units} in stock`,
  atMost: (units) => `Only ${units} or fewer left`,
  moreThan: (units) => `More than ${units} in stock`,
  stockIs: (name, stock) => `${name}: ${typeof stock === "number" ? `${stock} in stock` : stock}`,
  priceIs: (name, price) => `${name}: now ${price}`,
  levelIs: (name, level) => (level === "out" ? `${name} is out of stock` : level === "low" ? `${name} is running low` : `${name} is back in stock`),
  statusIs: (name, status) => `${name} is now ${status}`,
  product: (id) => `Product ${id}`,
};
