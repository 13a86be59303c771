// @ts-check
// The card of a product: its name, price and variants, each with its availability. A card is created once; later only what has changed is written.

import { itemKey } from "../sdk/item.js";
import { make, setText } from "../shared/dom.js";
import { formatPrice, formatTime } from "../shared/format.js";
import { flash } from "../shared/frames.js";
import { folded } from "../shared/search-folding.js";
import { availability } from "./availability.js";
import { texts } from "./texts.js";

/** @typedef {import("../../clients/js/tallywire.js").Item} Item */
/** @typedef {{ id: number, isDefault: boolean, sku: string, name: string }} Variant as the API gives it */
/** @typedef {{ id: number, name: string, status: string, price: number | null, variants: Variant[] }} Product */

/** A card of a product. */
export class Card {
  /** The entry of the list. */
  element = make("li");
  /** The text in which a search looks. */
  words;
  /** Whether at least one variant can be bought. */
  canBuy = false;
  /** Whether shoppers see the product: drafts and discontinued products are hidden. */
  isShown = true;
  #price = make("p", "price number");
  #updated = make("time", "updated quiet small");
  #article;
  /** @type {Map<string, { row: HTMLElement, price: HTMLElement, stock: HTMLElement, item: Item | undefined }>} */
  #rows = new Map();

  /**
   * @param {Product} product
   * @param {{ isWatched: boolean, onWatch: (isWatched: boolean) => void }} watch
   */
  constructor(product, watch) {
    this.product = product;
    this.words = folded([product.name, ...product.variants.flatMap(({ name, sku }) => [name, sku])].join(" "));
    const title = `product-${product.id}`;
    const list = make("ul", "variants");
    for (const variant of product.variants) {
      const row = { row: make("li"), price: make("span", "variant-price number quiet"), stock: make("span", "badge"), item: undefined };
      row.row.append(make("span", { class: "variant-name", title: variant.name }, variant.isDefault ? variant.sku : variant.name), row.price, row.stock);
      this.#rows.set(itemKey(product.id, variant.isDefault ? null : variant.id), row);
      list.append(row.row);
    }
    this.#article = make("article", { class: "card product", "aria-labelledby": title },
      make("div", "head", make("span", { class: "tile", "aria-hidden": "true", data: { tint: product.id % 6 } }, initials(product.name)),
        make("div", "names", make("h2", { id: title }, product.name), this.#price)),
      list, make("div", "foot", this.#updated, this.#watchButton(watch)));
    this.element.append(this.#article);
  }

  /**
   * Whether a new card of this product would look the same, apart from what changes by events.
   *
   * @param {Product} product
   */
  isOf(product) {
    const look = (/** @type {Product} */ { name, price, variants }) =>
      JSON.stringify([name, price, variants.map(({ id, isDefault, sku, name: variant }) => [id, isDefault, sku, variant])]);
    return look(product) === look(this.product);
  }

  /** The keys of the items that the card shows. */
  get keys() {
    return [...this.#rows.keys()];
  }

  /**
   * Shows the current values of an item.
   *
   * @param {string} key
   * @param {Item | undefined} item
   * @param {boolean} isNews whether the values have changed just now
   */
  show(key, item, isNews) {
    const row = this.#rows.get(key);
    if (!row || row.item === item) return;
    const before = row.item;
    row.item = item;
    const { level, text } = availability(item);
    row.row.hidden = item === undefined && before !== undefined;
    if (row.stock.dataset.level !== level) row.stock.dataset.level = level;
    const hasChanged = row.stock.textContent !== text || before?.price !== item?.price;
    setText(row.stock, text);
    this.#showWhole();
    if (!isNews || !before || !item || !hasChanged) return;
    flash(row.row);
    const time = item.changedAt ?? item.asOf;
    this.#updated.dateTime = time.toISOString();
    setText(this.#updated, texts.updated(formatTime(time)));
  }

  #showWhole() {
    const rows = [...this.#rows.values()];
    const items = rows.map(({ item }) => item).flatMap((item) => (item ? [item] : []));
    const statuses = new Set(items.map(({ status }) => status));
    this.isShown = items.length > 0 ? statuses.has("active") || statuses.has("inactive") || statuses.has(null) : this.product.status === "active";
    this.canBuy = items.some((item) => availability(item).canBuy);
    const state = this.canBuy ? "" : statuses.has("inactive") ? "inactive" : items.length > 0 ? "out" : "";
    if (this.#article.dataset.state !== state) this.#article.dataset.state = state;
    const prices = items.map(({ price }) => price).flatMap((price) => (price === null ? [] : [price]));
    const [lowest, highest] = prices.length > 0 ? [Math.min(...prices), Math.max(...prices)] : [this.product.price, this.product.price];
    setText(this.#price, lowest === highest ? formatPrice(lowest) : texts.from(formatPrice(lowest)));
    for (const { item, price } of rows) setText(price, lowest === highest || item?.price === undefined ? "" : formatPrice(item.price));
  }

  /** @param {{ isWatched: boolean, onWatch: (isWatched: boolean) => void }} watch */
  #watchButton({ isWatched, onWatch }) {
    const button = make("button", { type: "button", class: "compact", "aria-pressed": String(isWatched), "aria-label": texts.watchLabel(this.product.name) },
      isWatched ? texts.watching : texts.watch);
    button.addEventListener("click", () => {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isOn));
      setText(button, isOn ? texts.watching : texts.watch);
      onWatch(isOn);
    });
    return button;
  }
}

/** @param {string} name */
function initials(name) {
  return name.split(/\s+/).filter((word) => /^\p{L}/u.test(word)).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "·";
}
