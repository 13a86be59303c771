import { useMemo, useSyncExternalStore } from "react";
import { useProvided } from "./react-provider.js";
import { NOTHING } from "./react-store.js";

/** @typedef {import("./tallywire.js").Item} Item */

/** @type {readonly Item[]} */
const NO_ITEMS = Object.freeze([]);
const NOT_YET = () => NO_ITEMS;

/** The client of the nearest provider. */
export function useTallywire() {
  return useProvided().client;
}

/** @returns {import("./react.js").Inventory} */
export function useInventory() {
  const { store } = useProvided();
  const state = useSyncExternalStore(store.subscribe, store.read, () => NOTHING);
  const { clearInventoryUpdates, clearStockAlerts, clearProductStatusChanges, clearAll } = store;
  return useMemo(
    () => ({ ...state, clearInventoryUpdates, clearStockAlerts, clearProductStatusChanges, clearAll }),
    [state, clearInventoryUpdates, clearStockAlerts, clearProductStatusChanges, clearAll]);
}

/** Whether what is shown may be out of date. Renders again only when that changes. */
export function useIsStale() {
  const { client } = useProvided();
  const subscribe = useMemo(() => (/** @type {() => void} */ listener) => client.on("status", listener), [client]);
  return useSyncExternalStore(subscribe, () => client.state.isStale, () => true);
}

/**
 * @param {number} productId
 * @param {number | null} [variantId]
 * @returns {import("./react.js").ProductUpdates}
 */
export function useProductUpdates(productId, variantId) {
  const { client } = useProvided();
  const source = useMemo(() => sourceOf(client, productId, variantId ?? null), [client, productId, variantId]);
  const items = useSyncExternalStore(source.subscribe, source.read, NOT_YET);
  return useMemo(() => summary(items, source.first), [items, source]);
}

/**
 * Returns the items of a variant, or of a product as a whole, as a source that React reads: the same array until one of them changes.
 * @param {import("./tallywire.js").TallywireClient} client
 * @param {number} productId
 * @param {number | null} variantId
 */
function sourceOf(client, productId, variantId) {
  /** @type {readonly Item[]} */
  let items = NO_ITEMS;
  const read = () => {
    const item = client.item(productId, variantId);
    const now = item ? [item] : variantId === null ? client.itemsOf(productId) : NO_ITEMS;
    if (now.length !== items.length || now.some((each, index) => each !== items[index])) items = now;
    return items;
  };
  const subscribe = (/** @type {() => void} */ listener) => (
    variantId === null ? client.onProduct(productId, listener) : client.onItem(productId, variantId, listener));
  return { read, subscribe, first: changedAt(read()) };
}

/** @param {readonly Item[]} items */
function changedAt(items) {
  return items.reduce((newest, item) => Math.max(newest, item.changedAt?.getTime() ?? 0), 0);
}

/**
 * Returns several items as one: for a product with variants, the sum of their stock and the lowest price.
 * @param {readonly Item[]} items
 * @param {number} first the time of the last change before the component was mounted
 * @returns {import("./react.js").ProductUpdates}
 */
function summary(items, first) {
  const last = changedAt(items);
  const prices = items.flatMap(({ price }) => price ?? []);
  const known = items.map(({ inStock }) => inStock).filter((inStock) => inStock !== null);
  return {
    stock: total(items.map(({ stock }) => stock)),
    band: items.length === 1 ? items[0].band : null,
    inStock: known.length === 0 ? null : known.some(Boolean),
    onHand: total(items.map(({ onHand }) => onHand)),
    reserved: total(items.map(({ reserved }) => reserved)),
    price: prices.length > 0 ? Math.min(...prices) : null,
    status: items[0]?.status ?? null,
    hasUpdates: last > first,
    lastUpdated: last > 0 ? new Date(last) : null,
    asOf: items.length > 0 ? new Date(Math.max(...items.map(({ asOf }) => asOf.getTime()))) : null,
  };
}

/**
 * Returns the sum of some units, or `null` if there are none or one of them is not known.
 * @param {readonly (number | null)[]} units
 */
function total(units) {
  const known = units.flatMap((each) => each ?? []);
  return known.length > 0 && known.length === units.length ? known.reduce((sum, each) => sum + each, 0) : null;
}
