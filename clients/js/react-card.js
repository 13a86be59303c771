import { createElement } from "react";
import { useIsStale, useProductUpdates } from "./react-hooks.js";
import { useProvided } from "./react-provider.js";

/** @typedef {import("./react.js").ProductUpdates} ProductUpdates */

/** @param {import("./react.js").ProductCardProps} props */
export function ProductCardWithRealTimeUpdates({
  productId, variantId, title, price = null, stock = null, status = null, image, currency, locale, onAddToCart, className,
}) {
  const { texts } = useProvided();
  const live = useProductUpdates(productId, variantId);
  const isStale = useIsStale() && live.asOf !== null;
  const shown = shownOf(live, { price, stock, status });
  const isInactive = shown.status !== null && shown.status !== "active";
  const isOut = shown.inStock === false;
  const label = isInactive ? texts.inactive : stockText(shown, texts);
  const names = [
    "tallywire-card", isOut && "tallywire-out", isInactive && "tallywire-inactive", live.hasUpdates && "tallywire-updated",
    isStale && "tallywire-stale", className,
  ].filter(Boolean).join(" ");
  return createElement("article", { className: names, "aria-label": title, "aria-disabled": isOut || isInactive || undefined },
    image ? createElement("img", { className: "tallywire-image", src: image, alt: "", loading: "lazy" }) : null,
    createElement("h3", { className: "tallywire-title" }, title),
    shown.price === null ? null : createElement("p", { className: "tallywire-price" }, priceText(shown.price, currency, locale)),
    createElement("p", { className: "tallywire-stock" }, label),
    isStale ? createElement("p", { className: "tallywire-stale-note" }, texts.stale) : null,
    live.hasUpdates && live.lastUpdated
      ? createElement("p", { className: "tallywire-mark", key: live.lastUpdated.getTime() }, `${texts.liveUpdate} `,
        createElement("time", { dateTime: live.lastUpdated.toISOString() }, live.lastUpdated.toLocaleTimeString(locale)))
      : null,
    onAddToCart
      ? createElement("button", {
        type: "button", className: "tallywire-buy", disabled: isOut || isInactive, onClick: () => onAddToCart({ productId, variantId: variantId ?? null }),
      }, isInactive ? texts.inactive : isOut ? texts.outOfStock : texts.addToCart)
      : null);
}

/**
 * Returns the live values, or those of the props until the live ones are known.
 * @param {ProductUpdates} live
 * @param {{ price: number | null, stock: number | null, status: ProductUpdates["status"] }} given
 */
function shownOf(live, given) {
  const isKnown = live.asOf !== null;
  return {
    price: live.price ?? (isKnown ? null : given.price),
    stock: isKnown ? live.stock : given.stock,
    band: live.band,
    inStock: isKnown ? live.inStock : given.stock === null ? null : given.stock > 0,
    status: live.status ?? given.status,
  };
}

/**
 * @param {{ stock: number | null, band: import("./tallywire.js").Band | null, inStock: boolean | null }} shown
 * @param {import("./react.js").Texts} texts
 */
function stockText({ stock, band, inStock }, texts) {
  if (inStock === false) return texts.outOfStock;
  if (stock !== null) return texts.units(stock);
  if (band?.atMost !== undefined) return texts.atMost(band.atMost);
  if (band?.moreThan !== undefined) return texts.moreThan(band.moreThan);
  return inStock === null ? texts.unknownStock : band?.name === "few" ? texts.few : texts.inStock;
}

/** @type {(price: number, currency: string | undefined, locale: string | undefined) => string} */
export function priceText(price, currency, locale) {
  const style = currency ? { style: /** @type {const} */ ("currency"), currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.NumberFormat(locale, style).format(price);
}
