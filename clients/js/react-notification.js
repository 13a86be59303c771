import { createElement, useCallback, useEffect, useRef, useState } from "react";
import { priceText } from "./react-card.js";
import { useProvided } from "./react-provider.js";

/**
 * @typedef {import("./tallywire.js").EventType} EventType
 * @typedef {{ key: string, kind: string, text: string, endsAt: number }} Notice
 */

/** Events are collected for so many milliseconds before they are shown, so that many at once cause one rendering. */
const GATHER = 100;
/** @type {readonly EventType[]} */
const TYPES = ["stock_alert", "inventory_updated", "product_status_changed"];

/** @param {import("./react.js").InventoryNotificationProps} props */
export function InventoryNotification({ duration = 6_000, limit = 4, types = TYPES, nameOf, currency, locale, className }) {
  const { client, texts } = useProvided();
  const [notices, setNotices] = useState(/** @type {readonly Notice[]} */ ([]));
  const [isHeld, setIsHeld] = useState(false);
  const describe = useRef(/** @type {(event: any) => Omit<Notice, "endsAt">} */ (() => ({ key: "", kind: "", text: "" })));
  // Kept in a ref and read when an event comes, so that new functions in the props do not cause a new subscription.
  useEffect(() => {
    describe.current = (event) => noticeOf(event, texts, (price) => priceText(price, currency, locale), (data) => (
      nameOf?.(data) ?? data.variantName ?? data.sku ?? knownName(client, data) ?? texts.product(data.productId)));
  });
  const wanted = types.join(" ");
  useEffect(() => {
    /** @type {Map<string, Notice>} */
    const gathered = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const show = () => {
      timer = undefined;
      const fresh = [...gathered.values()];
      gathered.clear();
      setNotices((shown) => [...shown.filter(({ key }) => !fresh.some((notice) => notice.key === key)), ...fresh].slice(-limit));
    };
    const ends = wanted.split(" ").map((type) => client.on(/** @type {any} */ (type), (/** @type {any} */ _data, /** @type {any} */ event) => {
      const notice = describe.current(event);
      // There is one notice for each item and type, with the newest event. Beyond `limit` the oldest notices are left out.
      gathered.delete(notice.key);
      gathered.set(notice.key, { ...notice, endsAt: Date.now() + duration });
      if (gathered.size > limit) gathered.delete(/** @type {string} */ (gathered.keys().next().value));
      timer ??= setTimeout(show, GATHER);
    }));
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [client, wanted, duration, limit]);

  useEffect(() => {
    if (notices.length === 0 || isHeld) return undefined;
    const next = Math.min(...notices.map(({ endsAt }) => endsAt));
    const timer = setTimeout(() => setNotices((shown) => shown.filter(({ endsAt }) => endsAt > Date.now())), Math.max(0, next - Date.now()) + 1);
    return () => clearTimeout(timer);
  }, [notices, isHeld]);

  const hold = useCallback(() => setIsHeld(true), []);
  const release = useCallback(() => {
    setIsHeld(false);
    // Notices that were being read stay for another second.
    setNotices((shown) => shown.map((notice) => ({ ...notice, endsAt: Math.max(notice.endsAt, Date.now() + 1_000) })));
  }, []);
  const dismiss = (/** @type {string} */ key) => setNotices((shown) => shown.filter((notice) => notice.key !== key));

  // The list exists before it has notices, because screen readers announce only what is added to an element that they know.
  return createElement("section", {
    className: ["tallywire-notifications", className].filter(Boolean).join(" "), "aria-label": texts.notifications, role: "status",
    "aria-live": "polite", "aria-atomic": false, onMouseEnter: hold, onMouseLeave: release, onFocus: hold, onBlur: release,
  }, notices.map(({ key, kind, text }) => createElement("div", { key, className: `tallywire-notification tallywire-${kind}` },
    createElement("span", null, text),
    createElement("button", { type: "button", className: "tallywire-dismiss", "aria-label": `${texts.dismiss}: ${text}`, onClick: () => dismiss(key) }, "×"))));
}

/**
 * @param {any} event
 * @param {import("./react.js").Texts} texts
 * @param {(price: number) => string} money
 * @param {(data: any) => string} nameOf
 * @returns {Omit<Notice, "endsAt">}
 */
function noticeOf({ type, data }, texts, money, nameOf) {
  const name = nameOf(data);
  // An alert of a location stands beside that of the total.
  const key = `${type} ${data.productId}/${data.variantId ?? ""}${data.scope === "location" ? `/${data.location}` : ""}`;
  switch (type) {
    case "stock_alert": return { key, kind: data.stockLevel ?? "ok", text: data.message ?? texts.levelIs(name, data.stockLevel) };
    case "product_status_changed": return { key, kind: data.status, text: texts.statusIs(name, data.status) };
    default: {
      const isPrice = data.operation === undefined && typeof data.price === "number" && data.previousPrice !== undefined;
      return { key, kind: data.level ?? "ok", text: isPrice ? texts.priceIs(name, money(data.price)) : texts.stockIs(name, data.stock) };
    }
  }
}

/**
 * Returns the name of a product without variants, which is that of its only item.
 * @param {import("./tallywire.js").TallywireClient} client
 * @param {{ productId: number }} data
 */
function knownName(client, { productId }) {
  return client.item(productId)?.name;
}
