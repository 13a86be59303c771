import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { Follows } from "../follows.js";
import { Listeners } from "../listeners.js";
import { Replica } from "../replica.js";
import test from "./support/limited.js";
import { random } from "./support/random.js";

/** A replica in a room, after the messages by which a server joins it. */
function replicaIn(rooms, maxItems = 1_000) {
  const follows = new Follows();
  const listeners = new Listeners();
  const replica = new Replica(follows, listeners, systemClock, maxItems);
  for (const room of rooms) follows.want(room, true);
  replica.take({ type: "welcome", epoch: "e", seq: 0 });
  for (const room of rooms) {
    replica.take({ type: "joined", room, epoch: "e", seq: 0, recovered: false });
    replica.take({ type: "snapshot", room, seq: 0, items: [], last: true });
  }
  return { follows, listeners, replica };
}

const update = (seq, productId, variantId, version, stock, more = {}) => (
  { type: "inventory_updated", seq, timestamp: "2026-11-23T05:00:00.000Z", data: { productId, variantId, version, stock, status: "active", level: "ok", ...more } });

test("the newest version wins, in whatever order and how often it comes", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const next = random(seed);
    const { replica } = replicaIn(["everything"]);
    const events = Array.from({ length: 40 }, (_, index) => update(index + 1, 1, 11, index + 1, index * 3));
    const mixed = [...events, ...events].map((event) => [next(), event]).sort(([a], [b]) => a - b);
    for (const [, event] of mixed) replica.take(event);
    assert.deepEqual([replica.items.get("1/11").version, replica.items.get("1/11").stock], [40, 117], `seed ${seed}`);
  }
});

test("a stale value never overwrites a newer one, not from a snapshot either", () => {
  const { replica } = replicaIn(["a", "b"]);
  replica.take(update(9, 1, 11, 5, 50));
  const before = replica.items.get("1/11");
  replica.take(update(8, 1, 11, 4, 40));
  replica.take({ type: "snapshot", room: "b", seq: 7, items: [{ productId: 1, variantId: 11, version: 3, stock: 30 }], last: true });
  assert.equal(replica.items.get("1/11"), before, "the very same object");
});

test("the level at one location is not the item's", () => {
  const { replica } = replicaIn(["admin_room"]);
  const alert = (seq, data) => (
    { type: "stock_alert", seq, timestamp: "2026-11-23T05:00:00.000Z", data: { productId: 1, variantId: 11, ...data } });
  replica.take(update(1, 1, 11, 5, 50));
  const before = replica.items.get("1/11");
  replica.take(alert(2, { scope: "location", location: "STORE-7", locationStock: 0, stockLevel: "out" }));
  assert.equal(replica.items.get("1/11"), before, "the very same object");
  replica.take(alert(3, { scope: "total", stockLevel: "low" }));
  assert.equal(replica.items.get("1/11").level, "low");
  replica.take(alert(4, { stockLevel: "ok" }));
  assert.equal(replica.items.get("1/11").level, "ok", "of an earlier version");
});

test("a product's default variant and its variants are different items", () => {
  const { replica } = replicaIn(["everything"]);
  replica.take(update(1, 1, null, 1, 5, { sku: "ONE" }));
  replica.take(update(2, 1, 11, 1, 7, { sku: "ELEVEN" }));
  replica.take(update(3, 11, null, 1, 9, { sku: "OTHER" }));
  assert.deepEqual(replica.items.all().map(({ key, sku, stock }) => [key, sku, stock]), [["1/", "ONE", 5], ["1/11", "ELEVEN", 7], ["11/", "OTHER", 9]]);
});

test("a variant that is created under an old id replaces the old item", () => {
  const { replica } = replicaIn(["shop"]);
  replica.take(update(1, 1, 11, 8, 0, { level: "out" }));
  replica.take(update(5, 1, 11, 1, 30, { previousStock: 0 }));
  assert.equal(replica.items.get("1/11").stock, 30);
});

test("an item gets another SKU, and with it the version of whatever had the SKU before", () => {
  const { replica } = replicaIn(["everything"]);
  replica.take(update(1, 1, 11, 3, 5, { sku: "RED", variantName: "Red" }));
  const renamed = (seq, sku, values) => ({ type: "catalogue_changed", seq, timestamp: "2026-11-23T05:00:00.000Z",
    data: { change: "updated", productId: 1, variantId: 11, sku, values: { sku, previousSku: "RED", ...values } } });
  replica.take(renamed(2, "CRIMSON", { version: 9 }));
  const shown = () => { const { sku, name, stock, version } = replica.items.get("1/11"); return [sku, name, stock, version]; };
  assert.deepEqual(shown(), ["CRIMSON", "Red", 5, 9]);
  replica.take(update(3, 1, 11, 10, 6, { sku: "CRIMSON" }));
  replica.take(renamed(1, "OLD", {}));
  assert.deepEqual(shown(), ["CRIMSON", "Red", 6, 10]);
});

test("units from one room are not overwritten by the bands of another", () => {
  const { replica } = replicaIn(["admin", "shop"]);
  const values = { productId: 1, variantId: 11, version: 4, price: 5 };
  replica.take({ type: "snapshot", room: "shop", seq: 3, items: [{ ...values, stock: "few", stockAtMost: 5 }], last: true });
  assert.deepEqual([replica.items.get("1/11").stock, replica.items.get("1/11").band], [null, { name: "few", atMost: 5 }]);
  replica.take({ type: "snapshot", room: "admin", seq: 3, items: [{ ...values, stock: 4, onHand: 6, reserved: 2, name: "Red" }], last: true });
  replica.take({ type: "snapshot", room: "shop", seq: 3, items: [{ ...values, stock: "few", stockAtMost: 5 }], last: true });
  const { stock, band, name, inStock, onHand, reserved } = replica.items.get("1/11");
  assert.deepEqual([stock, band, name, inStock, onHand, reserved], [4, null, "Red", true, 6, 2]);
  replica.take(update(4, 1, 11, 5, "out", { level: undefined }));
  assert.deepEqual([replica.items.get("1/11").stock, replica.items.get("1/11").inStock], [null, false]);
});

test("items that a complete snapshot does not have are removed, and items that came later stay", () => {
  const { replica } = replicaIn(["everything"]);
  replica.take(update(1, 1, 11, 1, 5));
  replica.take(update(9, 2, null, 1, 5));
  replica.take({ type: "joined", room: "everything", epoch: "e", seq: 5, recovered: false });
  replica.take({ type: "snapshot", room: "everything", seq: 5, items: [{ productId: 3, variantId: null, version: 1, stock: 1 }], last: true });
  assert.deepEqual(replica.items.all().map(({ key }) => key), ["2/", "3/"]);
});

test("the position moves after the listeners were called, and an event is delivered once", () => {
  const { replica, listeners, follows } = replicaIn(["a", "b"]);
  const positions = [];
  listeners.add("inventory_updated", () => positions.push(follows.highestPosition));
  replica.take(update(1, 1, 11, 1, 5));
  replica.take(update(1, 1, 11, 1, 5));
  assert.deepEqual([positions, follows.highestPosition], [[0], 1]);
});

test("memory is bounded over a million events", () => {
  const { replica, follows, listeners } = replicaIn(["everything", "location:WH1"], 500);
  const errors = [];
  listeners.add("error", ({ code }) => errors.push(code));
  const begin = performance.now();
  for (let seq = 1; seq <= 1_000_000; seq += 1) replica.take(update(seq, 1 + (seq % 700), null, seq, seq, { location: "WH1" }));
  const rate = Math.round(1_000_000 / ((performance.now() - begin) / 1_000));
  console.log(`${rate.toLocaleString("en")} events a second are folded`);
  assert.ok(replica.delivered.size <= 8_193, `${replica.delivered.size} are remembered`);
  assert.equal(replica.items.size, 500);
  assert.ok(follows.rooms.get("location:WH1").keys.size <= 700);
  assert.deepEqual(errors, ["too_many_items"], "told once");
});
