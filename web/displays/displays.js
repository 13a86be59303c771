// @ts-check
// The shelf displays: `#/WH1` shows all labels of a location, `#/WH1/TEE-RED-M` a single one, for a tablet on a shelf.

import { Problem } from "../sdk/errors.js";
import { TallywireClient } from "../sdk/tallywire.js";
import { api } from "../shared/api.js";
import { ConnectionBadge } from "../shared/connection-badge.js";
import { byId, make, option, setText } from "../shared/dom.js";
import { formatLocation } from "../shared/format.js";
import { atNextFrame, Redraw } from "../shared/frames.js";
import { folded } from "../shared/search-folding.js";
import { askForToken } from "../shared/token-form.js";
import { Label } from "./label.js";
import { LocationStock, MOST_LABELS } from "./location-stock.js";
import { keepScreenOn } from "./screen-wake-lock.js";
import { texts } from "./texts.js";

/** The room with units and locations. On a server without that room, the shop's room is joined. */
const ROOMS = ["displays_room", "ecommerce_room"];
/** At most so many locations are tried, until one has stock. */
const MOST_TRIED = 20;

const client = new TallywireClient({ snapshot: false, token: () => api.token });
const badge = new ConnectionBadge();
/** @type {LocationStock | null} */
let stock = null;
/** The SKU of the single label that is shown; empty if all are shown. */
let alone = "";
/** @type {Map<string, Label>} */
const labels = new Map();
/**
 * Labels that changed, by SKU.
 *
 * @type {Redraw<string>}
 */
const redraw = new Redraw(draw);

// MARK: Address

function addressed() {
  const [, location = "", sku = ""] = globalThis.location.hash.split("/").map(decode);
  return { location, sku };
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param {...string} parts */
const address = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

function go() {
  const { location, sku } = addressed();
  const select = /** @type {HTMLSelectElement} */ (byId("location"));
  if (!location) return goToFirst();
  select.value = location;
  alone = sku;
  byId("wall").hidden = sku !== "";
  byId("single").hidden = sku === "";
  document.querySelector(".header")?.toggleAttribute("hidden", sku !== "");
  byId(sku ? "single-state" : "state").append(badge.element);
  /** @type {HTMLAnchorElement} */ (byId("back")).href = address(location);
  keepScreenOn(sku !== "");
  if (stock?.location === location) return showAll();
  stock?.close();
  labels.clear();
  byId("labels").replaceChildren();
  byId("shelf").replaceChildren();
  byId("note").hidden = false;
  const opened = new LocationStock(location, {
    loaded: showAll,
    changed: (name) => redraw.ask(name),
    failed: askForToken,
  });
  stock = opened;
  opened.load();
}

/** To the first location where anything lies. */
async function goToFirst() {
  const codes = [.../** @type {HTMLSelectElement} */ (byId("location")).options].map(({ value }) => value);
  let chosen = codes[0];
  try {
    for (const code of codes.slice(0, MOST_TRIED)) {
      const { body } = await api.get(`/api/stock?limit=1&location=${encodeURIComponent(code)}`);
      if (body.items.length === 0) continue;
      chosen = code;
      break;
    }
  } catch (error) {
    askForToken(error);
  }
  if (chosen === undefined || addressed().location) return;
  history.replaceState(null, "", address(chosen));
  go();
}

// MARK: Showing

function showAll() {
  if (!stock) return;
  document.title = alone ? `${alone} · ${stock.location}` : `${stock.location} · Shelf displays · Tallywire`;
  if (alone) return showAlone();
  const elements = [];
  for (const [sku, values] of stock.labels) {
    let label = labels.get(sku);
    if (label) label.show(values, false);
    else labels.set(sku, (label = new Label(values, address(stock.location, sku))));
    elements.push(label.element.parentElement ?? make("li", {}, label.element));
  }
  for (const sku of labels.keys()) if (!stock.labels.has(sku)) labels.delete(sku);
  byId("labels").replaceChildren(...elements);
  byId("note").hidden = elements.length > 0 && stock.isWhole;
  const isKnown = [.../** @type {HTMLSelectElement} */ (byId("location")).options].some(({ value }) => value === stock?.location);
  setText(byId("note"), elements.length > 0 ? texts.partial(MOST_LABELS) : isKnown ? texts.none : texts.noLocation);
  filter();
}

function showAlone() {
  const values = stock?.labels.get(alone);
  const shown = labels.get("");
  if (values && shown?.values.sku === alone) shown.show(values, shown.values !== values);
  else if (values) {
    const label = new Label(values);
    labels.set("", label);
    byId("shelf").replaceChildren(label.element);
  } else {
    labels.delete("");
    byId("shelf").replaceChildren(make("p", "note", texts.noLabel));
  }
}

/** @param {string} sku */
function draw(sku) {
  const values = stock?.labels.get(sku);
  if (!values) return;
  if (alone === sku) showAlone();
  else if (!alone) labels.get(sku)?.show(values, true);
}

function filter() {
  const words = folded(/** @type {HTMLInputElement} */ (byId("search")).value.trim());
  let count = 0;
  for (const label of labels.values()) {
    const place = label.element.parentElement;
    if (!place) continue;
    const isShown = !words || label.words.includes(words);
    if (place.hidden === isShown) place.hidden = !isShown;
    if (isShown) count += 1;
  }
  setText(byId("count"), texts.count(count));
}

// MARK: Events

/** Joins the first room that exists. Events are kept until the values are read. When events were missed, the values are read again. */
async function follow() {
  client.on("event", (event) => stock?.apply(event));
  client.on("snapshot", () => stock?.load());
  client.on("reset", () => stock?.load());
  let isIn = false;
  for (const room of ROOMS) {
    if (isIn) break;
    try {
      await client.join(room, { snapshot: false });
      isIn = true;
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== "unknown_room" && /** @type {{ code?: string }} */ (error).code !== "forbidden") throw error;
    }
  }
  // Without a room no events are replayed, so everything is read again after the connection was lost.
  if (!isIn) client.on("status", ({ status }) => status === "live" && stock?.load());
  stock?.load();
}

async function loadLocations() {
  try {
    const { body } = await api.get("/api/locations?limit=1000");
    byId("location").replaceChildren(...body.items.map((/** @type {any} */ location) => option(location.code, formatLocation(location))));
    go();
  } catch (error) {
    askForToken(error);
    if (error instanceof Problem && error.code === "disconnected") setTimeout(loadLocations, 2000);
  }
}

byId("location").addEventListener("change", () => {
  globalThis.location.hash = address(/** @type {HTMLSelectElement} */ (byId("location")).value);
});
byId("search").addEventListener("input", atNextFrame(filter));
byId("bar").addEventListener("submit", (event) => event.preventDefault());
byId("full").addEventListener("click", () => document.documentElement.requestFullscreen?.().catch(() => undefined));
byId("full").hidden = !document.fullscreenEnabled;
addEventListener("hashchange", go);
badge.follow(client);
client.connect();
loadLocations();
await follow();
