// @ts-check
// The shop: product names from the HTTP API, and everything that changes through the client library.

import { TallywireClient } from "../sdk/tallywire.js";
import { api } from "../shared/api.js";
import { ConnectionBadge } from "../shared/connection-badge.js";
import { byId, setText } from "../shared/dom.js";
import { formatPrice } from "../shared/format.js";
import { atNextFrame, Redraw } from "../shared/frames.js";
import { folded } from "../shared/search-folding.js";
import { throttled } from "../shared/throttled.js";
import { Toasts } from "../shared/toasts.js";
import { askForToken } from "../shared/token-form.js";
import { availability } from "./availability.js";
import { Card } from "./card.js";
import { texts } from "./texts.js";

/** @typedef {import("../../clients/js/tallywire.js").Item} Item */

const ROOM = "ecommerce_room";
const MOST_PRODUCTS = 2000;
const WATCHED = "tallywire-watched";

const client = new TallywireClient({ rooms: [ROOM], token: () => api.token });
const badge = new ConnectionBadge();
const toasts = new Toasts();
/** @type {Map<number, Card>} */
const cards = new Map();
/** The card of each item. @type {Map<string, Card>} */
const places = new Map();
/** The keys of items that changed since they were drawn, with whether that is news. @type {Map<string, boolean>} */
const changed = new Map();
/** The last known state of each watched item. @type {Map<string, Item>} */
const known = new Map();
const watched = new Set(JSON.parse(localStorage.getItem(WATCHED) ?? "[]").filter(Number.isSafeInteger));

// MARK: Products

const load = throttled(async () => {
  try {
    const { items, isWhole } = await api.list("/api/products", MOST_PRODUCTS);
    place(items);
    setText(byId("note"), items.length === 0 ? texts.none : isWhole ? "" : texts.partial(items.length));
    byId("note").hidden = items.length > 0 && isWhole;
  } catch (error) {
    if (!askForToken(error)) throw error;
    byId("note").hidden = true;
  }
}, 2000);

/** @param {import("./card.js").Product[]} products */
function place(products) {
  const items = new Map(client.items().map((item) => [item.key, item]));
  const elements = [];
  const old = new Map(cards);
  cards.clear();
  places.clear();
  for (const product of products) {
    const former = old.get(product.id);
    const card = former?.isOf(product) ? former : new Card(product, watching(product));
    cards.set(product.id, card);
    for (const key of card.keys) {
      places.set(key, card);
      card.show(key, items.get(key), false);
    }
    elements.push(card.element);
  }
  byId("products").replaceChildren(...elements);
  filter();
}

/** @param {import("./card.js").Product} product */
function watching({ id }) {
  return {
    isWatched: watched.has(id),
    onWatch: (/** @type {boolean} */ isOn) => {
      if (isOn) watched.add(id);
      else watched.delete(id);
      localStorage.setItem(WATCHED, JSON.stringify([...watched].slice(-1000)));
    },
  };
}

// MARK: Changes

let hasMoved = false;

/** @type {Redraw<string>} */
const redraw = new Redraw((key) => {
  const card = places.get(key);
  const isNews = changed.get(key) === true;
  changed.delete(key);
  if (!card) return;
  const [was, could] = [card.isShown, card.canBuy];
  card.show(key, itemOf(key), isNews);
  hasMoved ||= was !== card.isShown || could !== card.canBuy;
}, () => {
  if (hasMoved) filter();
  hasMoved = false;
});

/** @param {string} key */
function itemOf(key) {
  const [product, variant] = key.split("/");
  return client.item(Number(product), variant === "" ? null : Number(variant));
}

client.on("items", ({ changed: items, removed }) => {
  const isNews = client.status === "live";
  for (const item of items) {
    changed.set(item.key, isNews || changed.get(item.key) === true);
    if (watched.has(item.productId)) tell(item, isNews);
    if (!places.has(item.key)) load();
    redraw.ask(item.key);
  }
  for (const { key } of removed) {
    changed.set(key, false);
    redraw.ask(key);
  }
});

// The shop's room has no events for new names. So names are read again after the connection was lost.
client.on("snapshot", load);
client.on("reset", load);

/**
 * Shows a notification if a watched product has changed.
 *
 * @param {Item} item
 * @param {boolean} isNews
 */
function tell(item, isNews) {
  const before = known.get(item.key);
  known.set(item.key, item);
  const card = places.get(item.key);
  if (!before || !isNews || !card) return;
  const { product } = card;
  const title = item.variantId === null || !item.name ? product.name : `${product.name} · ${item.name}`;
  const [now, then] = [availability(item), availability(before)];
  if (item.status !== before.status) toasts.show(title, item.status === "active" ? texts.news.active : texts.news.inactive, item.status === "active" ? "ok" : "out");
  else if (now.canBuy !== then.canBuy) toasts.show(title, now.canBuy ? texts.news.back : texts.news.gone, now.canBuy ? "ok" : "out");
  else if (item.price !== before.price && item.price !== null) toasts.show(title, texts.news.price(formatPrice(item.price)));
}

// MARK: Search

function filter() {
  const words = folded(/** @type {HTMLInputElement} */ (byId("search")).value.trim());
  const isAvailableOnly = /** @type {HTMLInputElement} */ (byId("available")).checked;
  let count = 0;
  for (const card of cards.values()) {
    const isShown = card.isShown && (!isAvailableOnly || card.canBuy) && (!words || card.words.includes(words));
    if (card.element.hidden === isShown) card.element.hidden = !isShown;
    if (isShown) count += 1;
  }
  setText(byId("count"), cards.size > 0 && count === 0 ? texts.noMatch : texts.count(count));
}

byId("search").addEventListener("input", atNextFrame(filter));
byId("available").addEventListener("change", filter);
byId("bar").addEventListener("submit", (event) => event.preventDefault());
byId("state").append(badge.element);
badge.follow(client);
// The promise is rejected only by `close`, which this page never calls.
client.connect();
load();
