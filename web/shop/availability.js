// @ts-check
// The availability of an item, in the words of a shop.

import { texts } from "./texts.js";

/** @typedef {import("../../clients/js/tallywire.js").Item} Item */

/** Up to so many units the shop shows how many are left. In a room with bands instead of units, the bands decide. */
const FEW = 5;

/**
 * Returns what a shopper is told of an item.
 *
 * @param {Item | undefined} item `undefined` while nothing is known
 * @returns {{ level: "ok" | "low" | "out" | "", text: string, canBuy: boolean }}
 */
export function availability(item) {
  if (!item) return { level: "", text: texts.stock.unknown, canBuy: false };
  if (item.status !== null && item.status !== "active") return { level: "", text: texts.inactive, canBuy: false };
  const { band, stock } = item;
  if (item.inStock === false) return { level: "out", text: texts.stock.out, canBuy: false };
  if (band?.name === "few") return { level: "low", text: texts.stock.aFew, canBuy: true };
  if (stock !== null && stock <= FEW) return { level: "low", text: texts.stock.few(stock), canBuy: true };
  return item.inStock === null ? { level: "", text: texts.stock.unknown, canBuy: false } : { level: "ok", text: texts.stock.in, canBuy: true };
}
