/**
 * @typedef {import("./tallywire.js").Item} Item
 * @typedef {import("./tallywire.js").Band} Band
 * @typedef {Record<string, any> & { productId: number, variantId: number | null, version: number }} Values
 *   An item of a snapshot, or the data of an `inventory_updated`
 * @typedef {{ seq: number, now: number, changedAt: Date | null, conflated?: number }} Source
 *   Where values come from: `changedAt` is an event's time, and `null` for those of a snapshot
 */

/**
 * Returns the key that names a variant, or a product's default variant, among all items.
 * @param {number} productId
 * @param {number | null} [variantId]
 */
export function itemKey(productId, variantId) {
  return `${productId}/${variantId ?? ""}`;
}

/**
 * Returns what is known of a variant after `values` came: `old` itself if nothing visible has changed.
 *
 * The higher version wins. The one exception: values that are later in the journal and have a lower version. There a variant was removed, and
 * another one was created under its id.
 * @param {Item | undefined} old
 * @param {number} oldSeq up to where `old` is known to hold
 * @param {Values} values
 * @param {Source} source
 * @returns {Item}
 */
export function newest(old, oldSeq, values, source) {
  const isLater = source.seq > oldSeq;
  if (!old || (isLater && isReplacement(old, values, source))) return itemOf(undefined, values, source);
  if (values.version > old.version) return itemOf(old, values, source);
  // An event of the same version is a repetition. A snapshot may have members that another room hides, or a new name, which has no version.
  if (values.version < old.version || source.changedAt || source.seq < oldSeq) return old;
  const other = itemOf(old, values, source);
  return withMembers(old, {
    sku: other.sku, name: other.name, price: other.price ?? old.price, status: other.status ?? old.status,
    level: other.level ?? old.level, stock: other.stock ?? old.stock, band: (other.stock ?? old.stock) === null ? (other.band ?? old.band) : null,
    onHand: other.onHand ?? old.onHand, reserved: other.reserved ?? old.reserved,
  }, source);
}

/**
 * Whether `values`, which are later in the journal, are of another variant with the same id.
 * @type {(old: Item, values: Values, source: Source) => boolean}
 */
function isReplacement(old, values, { changedAt, conflated = 0 }) {
  if (values.version >= old.version) return false;
  // A snapshot shows all there is at its seq. An event has to be a variant's first, and only a variant without stock can have been removed.
  return changedAt === null || (values.version - conflated <= 1 && old.inStock === false);
}

/** @type {(old: Item | undefined, values: Values, source: Source) => Item} */
function itemOf(old, values, { seq, now, changedAt }) {
  const stock = typeof values.stock === "number" ? values.stock : null;
  const band = bandOf(values);
  const level = values.level ?? null;
  return Object.freeze({
    key: itemKey(values.productId, values.variantId),
    productId: values.productId,
    variantId: values.variantId,
    sku: values.sku ?? old?.sku ?? null,
    name: values.variantName ?? values.name ?? old?.name ?? null,
    stock,
    band,
    inStock: isInStock(stock, band, level),
    onHand: values.onHand ?? null,
    reserved: values.reserved ?? null,
    price: values.price ?? null,
    status: values.status ?? null,
    level,
    version: values.version,
    seq,
    changedAt: changedAt ?? old?.changedAt ?? null,
    asOf: new Date(now),
  });
}

/**
 * Returns `item` with other members, or `item` itself if none of them is different.
 * @param {Item} item
 * @param {Partial<Item>} members
 * @param {Source} source
 * @returns {Item}
 */
export function withMembers(item, members, { seq, now, changedAt }) {
  const next = { ...item, ...members };
  const isSame = Object.keys(members).every((name) => {
    const member = /** @type {keyof Item} */ (name);
    return member === "band" ? isSameBand(item.band, next.band) : item[member] === next[member];
  });
  if (isSame) return item;
  return Object.freeze({
    ...next, inStock: isInStock(next.stock, next.band, next.level), seq, changedAt: changedAt ?? item.changedAt, asOf: new Date(now),
  });
}

/**
 * @param {Values} values
 * @returns {Band | null}
 */
function bandOf({ stock, stockAtMost, stockMoreThan }) {
  if (typeof stock !== "string") return null;
  /** @type {{ name: any, atMost?: number, moreThan?: number }} */
  const band = { name: stock };
  if (stockAtMost !== undefined) band.atMost = stockAtMost;
  if (stockMoreThan !== undefined) band.moreThan = stockMoreThan;
  return Object.freeze(band);
}

/**
 * @param {Band | null} one
 * @param {Band | null} other
 */
function isSameBand(one, other) {
  return one?.name === other?.name && one?.atMost === other?.atMost && one?.moreThan === other?.moreThan;
}

/**
 * @param {number | null} stock
 * @param {Band | null} band
 * @param {string | null} level
 */
function isInStock(stock, band, level) {
  if (stock !== null) return stock > 0;
  if (band) return band.name !== "out";
  return level ? level !== "out" : null;
}
