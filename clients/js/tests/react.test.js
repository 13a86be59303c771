import assert from "node:assert/strict";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { FakeWebSocket, React, act as doing, hydrateRoot, mount, renderToString, sdk } from "./support/react.js";

const h = React.createElement;
const {
  InventoryNotification, InventoryProvider, ProductCardWithRealTimeUpdates, useInventory, useProductUpdates, useTallywire,
} = sdk;
const options = { url: "http://127.0.0.1:1", WebSocket: FakeWebSocket };
const provider = (props, ...children) => h(InventoryProvider, { ...options, ...props }, ...children);

/** Returns the socket of the provider that was mounted last, once it is live. */
async function liveSocket(inventory) {
  await eventually("it is live", async () => {
    await doing(() => new Promise((resolve) => setTimeout(resolve, 1)));
    return inventory().isConnected;
  });
  return FakeWebSocket.all.at(-1);
}

/** A component that shows nothing and keeps the results of its hook. */
function probe(hook) {
  const probed = { renders: 0, value: undefined };
  probed.Component = function Probe() {
    probed.renders += 1;
    probed.value = hook();
    return null;
  };
  return probed;
}

test("useInventory keeps the newest 50 events of each type, and clears them", async (t) => {
  const inventory = probe(useInventory);
  await mount(t, provider({}, h(inventory.Component)));
  assert.equal(inventory.value.isConnected, false);
  const socket = await liveSocket(() => inventory.value);
  assert.equal(inventory.value.status, "live");
  await doing(() => {
    for (let stock = 1; stock <= 60; stock += 1) socket.update(1, 11, stock);
    socket.event("stock_alert", { productId: 1, variantId: 11, sku: "A", stockLevel: "low", message: "Low stock: A has 3 left" });
    socket.event("product_status_changed", { productId: 1, status: "inactive", previousStatus: "active" });
  });
  const { inventoryUpdates, stockAlerts, productStatusChanges } = inventory.value;
  assert.deepEqual([inventoryUpdates.length, inventoryUpdates[0].stock, inventoryUpdates.at(-1).stock], [50, 60, 11]);
  assert.deepEqual([stockAlerts[0].stockLevel, productStatusChanges[0].status], ["low", "inactive"]);
  await doing(() => inventory.value.clearInventoryUpdates());
  assert.deepEqual([inventory.value.inventoryUpdates.length, inventory.value.stockAlerts.length], [0, 1]);
  await doing(() => inventory.value.clearStockAlerts());
  await doing(() => inventory.value.clearProductStatusChanges());
  await doing(() => socket.update(1, 11, 3));
  await doing(() => inventory.value.clearAll());
  assert.deepEqual([inventory.value.inventoryUpdates, inventory.value.stockAlerts, inventory.value.productStatusChanges], [[], [], []]);
});

test("a change of one product renders that product's components only", async (t) => {
  const inventory = probe(() => useTallywire().status);
  const status = probe(useInventory);
  const products = Array.from({ length: 100 }, (_, index) => probe(() => useProductUpdates(index + 1)));
  await mount(t, provider({}, h(inventory.Component), h(status.Component), ...products.map(({ Component }, key) => h(Component, { key }))));
  const socket = await liveSocket(() => status.value);
  assert.equal(products[4].value.stock, null);
  const before = products.map(({ renders }) => renders);
  await doing(() => socket.update(5, null, 7));
  await doing(() => socket.update(5, null, 8));
  const rendered = products.map(({ renders }, index) => renders - before[index]);
  assert.deepEqual(rendered, products.map((_, index) => (index === 4 ? 2 : 0)));
  const { stock, price, status: sold, hasUpdates, lastUpdated, asOf } = products[4].value;
  assert.deepEqual([stock, price, sold, hasUpdates], [8, 9.5, "active", true]);
  assert.ok(lastUpdated instanceof Date && asOf instanceof Date);
});

test("values are null until they are known, and a snapshot is no update", async (t) => {
  const one = probe(() => useProductUpdates(1, 11));
  const whole = probe(() => useProductUpdates(1));
  const inventory = probe(useInventory);
  let open = () => {};
  FakeWebSocket.opening = new Promise((resolve) => { open = resolve; });
  t.after(() => open());
  await mount(t, provider({}, h(one.Component), h(whole.Component), h(inventory.Component)));
  assert.deepEqual(
    [one.value.stock, one.value.price, one.value.status, one.value.hasUpdates, one.value.lastUpdated, one.value.asOf],
    [null, null, null, false, null, null]);
  FakeWebSocket.all.at(-1).items = [11, 12].map((id) => (
    { productId: 1, variantId: id, sku: `S${id}`, name: `N${id}`, stock: id, onHand: id + 3, reserved: 2, price: id, status: "active", level: "ok", version: 0 }));
  open();
  const socket = await liveSocket(() => inventory.value);
  assert.deepEqual([one.value.stock, one.value.hasUpdates, one.value.lastUpdated], [11, false, null]);
  assert.deepEqual([whole.value.stock, whole.value.price, whole.value.inStock], [23, 11, true]);
  assert.deepEqual([one.value.onHand, one.value.reserved, whole.value.onHand, whole.value.reserved], [14, 2, 29, 4]);
  await doing(() => socket.update(1, 12, 0));
  assert.deepEqual([one.value.hasUpdates, whole.value.stock, whole.value.hasUpdates], [false, 11, true]);
  assert.deepEqual([whole.value.onHand, whole.value.reserved], [null, null], "a sum of units that are not all known is not known");
});

test("strict mode ends up with one connection, and unmounting closes it", async (t) => {
  const inventory = probe(useInventory);
  const { unmount } = await mount(t, h(React.StrictMode, null, provider({}, h(inventory.Component))));
  const socket = await liveSocket(() => inventory.value);
  assert.equal(FakeWebSocket.all.filter(({ readyState }) => readyState === 1).at(-1), socket);
  await doing(() => socket.update(1, null, 5));
  assert.equal(inventory.value.inventoryUpdates.length, 1);
  await unmount();
  assert.equal(socket.readyState, 3);
});

test("a server renders the initial values, and the page hydrates them", async (t) => {
  const errors = [];
  t.mock.method(console, "error", (...args) => errors.push(args.join(" ")));
  const page = provider({}, h(ProductCardWithRealTimeUpdates, { productId: 1, title: "Tee <b>", price: 5, stock: 3, status: "active" }), h(InventoryNotification));
  const count = FakeWebSocket.all.length;
  const html = renderToString(page);
  assert.ok(html.includes("Tee &lt;b&gt;") && html.includes("3 in stock"));
  assert.equal(FakeWebSocket.all.length, count, "a server connects to nothing");
  const place = document.createElement("div");
  place.innerHTML = html;
  document.body.append(place);
  let root;
  await doing(async () => { root = hydrateRoot(place, page); });
  t.after(() => doing(async () => root.unmount()));
  assert.deepEqual(errors, []);
});

test("a card shows live values, marks updates, and disables its button when out of stock", async (t) => {
  const inventory = probe(useInventory);
  const bought = [];
  const card = h(ProductCardWithRealTimeUpdates, {
    productId: 1, variantId: 11, title: "Tee", price: 19.99, stock: 4, status: "active", image: "/tee.png", currency: "EUR", locale: "en",
    onAddToCart: (what) => bought.push(what),
  });
  const { place } = await mount(t, provider({}, card, h(inventory.Component)));
  const text = (name) => place.querySelector(`.tallywire-${name}`)?.textContent;
  const button = () => place.querySelector("button");
  assert.deepEqual([text("title"), text("price"), text("stock"), text("mark")], ["Tee", "€19.99", "4 in stock", undefined]);
  assert.equal(place.querySelector("img").getAttribute("src"), "/tee.png");
  const socket = await liveSocket(() => inventory.value);
  await doing(() => socket.update(1, 11, 2, { price: 15 }));
  assert.deepEqual([text("price"), text("stock")], ["€15.00", "2 in stock"]);
  assert.match(text("mark"), /^Updated/);
  assert.equal(place.querySelector("time").dateTime, "2026-11-23T05:00:00.000Z");
  button().click();
  assert.deepEqual(bought, [{ productId: 1, variantId: 11 }]);
  await doing(() => socket.update(1, 11, 0));
  assert.deepEqual([text("stock"), button().disabled, button().textContent], ["Out of stock", true, "Out of stock"]);
  assert.equal(place.querySelector("article").getAttribute("aria-disabled"), "true");
  await doing(() => socket.update(1, 11, 9));
  assert.equal(button().disabled, false);
  await doing(() => socket.event("product_status_changed", { productId: 1, status: "inactive" }));
  assert.deepEqual([button().disabled, button().textContent], [true, "Not available"]);
});

test("a card shows the bands of its room", async (t) => {
  const inventory = probe(useInventory);
  const { place } = await mount(t, provider({}, h(ProductCardWithRealTimeUpdates, { productId: 3, title: "Cup" }), h(inventory.Component)));
  const socket = await liveSocket(() => inventory.value);
  assert.equal(place.querySelector(".tallywire-stock").textContent, "Stock not known yet");
  await doing(() => socket.update(3, null, "few", { stockAtMost: 5, level: undefined }));
  assert.equal(place.querySelector(".tallywire-stock").textContent, "Only 5 or fewer left");
  await doing(() => socket.update(3, null, "out", { level: undefined }));
  assert.equal(place.querySelector(".tallywire-stock").textContent, "Out of stock");
});

test("an alert of a location stands beside that of the total", async (t) => {
  const inventory = probe(useInventory);
  const { place } = await mount(t, provider({}, h(InventoryNotification, {}), h(inventory.Component)));
  const socket = await liveSocket(() => inventory.value);
  const alert = (message, more) => socket.event("stock_alert", { productId: 1, variantId: 11, stockLevel: "low", message, ...more });
  await doing(() => {
    alert("total", { scope: "total" });
    alert("old at S", { scope: "location", location: "S" });
    alert("at S", { scope: "location", location: "S" });
  });
  const notices = () => [...place.querySelectorAll(".tallywire-notification span")].map((span) => span.textContent);
  await eventually("two of them", async () => {
    await doing(() => new Promise((resolve) => setTimeout(resolve, 5)));
    return notices().join() === "total,at S";
  });
});

test("notices stack, disappear by themselves, stay while the pointer is on them, and can be dismissed", async (t) => {
  const inventory = probe(useInventory);
  const { place } = await mount(t, provider({}, h(InventoryNotification, { duration: 600, limit: 3 }), h(inventory.Component)));
  const region = place.querySelector("section");
  assert.deepEqual([region.getAttribute("role"), region.getAttribute("aria-live"), region.children.length], ["status", "polite", 0]);
  const socket = await liveSocket(() => inventory.value);
  const notices = () => [...region.querySelectorAll(".tallywire-notification span")].map((span) => span.textContent);
  const shows = (what, condition) => eventually(what, async () => {
    await doing(() => new Promise((resolve) => setTimeout(resolve, 5)));
    return condition();
  });
  await doing(() => {
    for (let id = 1; id <= 5; id += 1) socket.update(id, null, id * 10);
    socket.update(5, null, 51);
    socket.event("stock_alert", { productId: 9, variantId: null, stockLevel: "out", message: "<img src=x onerror=1> is out" });
  });
  await shows("three of them", () => notices().length === 3);
  assert.deepEqual(notices(), ["Item 4/null: 40 in stock", "Item 5/null: 51 in stock", "<img src=x onerror=1> is out"]);
  assert.equal(region.querySelector("img"), null, "names are text");
  await doing(() => region.querySelector("button").click());
  assert.equal(notices().length, 2);
  await doing(() => region.dispatchEvent(new window.MouseEvent("mouseover", { bubbles: true })));
  const held = Date.now();
  await shows("time has gone by", () => Date.now() - held > 800);
  assert.equal(notices().length, 2);
  await doing(() => region.dispatchEvent(new window.MouseEvent("mouseout", { bubbles: true })));
  await shows("they have gone", () => notices().length === 0);
});
