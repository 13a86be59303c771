import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { Follows, trackingMessages } from "../follows.js";
import { Listeners } from "../listeners.js";
import { withDefaults } from "../options.js";
import { Replica } from "../replica.js";
import { Subscriptions } from "../subscriptions.js";
import { clientOf, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { Server } from "./support/server.js";

test("an address is that of a WebSocket, or of a server, which may be under a path", () => {
  for (const [given, url] of [
    ["wss://stock.example", "wss://stock.example/ws"], ["https://example.com/stock/", "wss://example.com/stock/ws"],
    ["http://example.com/stock/ws", "ws://example.com/stock/ws"], ["wss://example.com/live/", "wss://example.com/live/"],
  ]) {
    assert.deepEqual(withDefaults({ url: given }).urls, [url]);
  }
});

test("values come first, then events, and the newest value stays", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  await server.stock(11, 42);
  const client = clientOf(t, server, { rooms: ["admin_room"] });
  const record = recordOf(client);
  await client.connect();
  assert.equal(client.status, "live");
  assert.equal(client.transport, "websocket");
  assert.equal(client.item(1, 11).stock, 42);
  assert.deepEqual(client.items().map(({ key }) => key).sort(), ["1/11", "1/12", "2/"]);
  assert.equal(record.events.length, 0);

  const changes = [];
  client.on("inventory_updated", (data, event) => changes.push([data.sku, data.stock, event.type]));
  const seen = [];
  client.onItem(1, 11, (item) => seen.push(item.stock));
  await server.stock(11, 5);
  await eventually("the alert came", () => record.events.some(({ type }) => type === "stock_alert"));
  assert.deepEqual(changes, [["TEE-RED-M", 5, "inventory_updated"]]);
  assert.deepEqual(seen.slice(0, 1), [5]);
  const item = client.item(1, 11);
  assert.deepEqual([item.stock, item.level, item.price, item.status, item.inStock], [5, "low", 19.99, "active", true]);
  assert.deepEqual([item.onHand, item.reserved, client.item(1, 12).onHand], [5, 0, 0]);
  assert.ok(item.changedAt instanceof Date && client.asOf instanceof Date && !client.isStale);

  await server.patch("/api/products/1/status", { status: "inactive" });
  await eventually("both variants are inactive", () => [11, 12].every((id) => client.item(1, id).status === "inactive"));
  assert.equal(client.item(2).status, "active");
  assert.equal(client.item(1, 11).version, (await server.get("/api/variants/11")).version);
});

test("after lost connections no event is missing and none comes twice", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const proxy = await Proxy.start(t, server);
  const client = clientOf(t, proxy, { rooms: ["admin_room", "product:1"] });
  const record = recordOf(client);
  await client.connect();
  for (let round = 1; round <= 5; round += 1) {
    await server.stock(11, round * 10);
    proxy.cut();
    await server.stock(12, round * 10 + 1);
    await eventually("it is back", () => client.item(1, 12)?.stock === round * 10 + 1 && client.status === "live");
  }
  const expected = (await server.events("inventory_updated,stock_alert,product_status_changed")).map(({ seq }) => seq);
  assert.deepEqual(record.events.map(({ seq }) => seq), expected);
  assert.ok(record.statuses.includes("waiting") && record.statuses.includes("recovering"));
});

test("the client reconnects to a restarted server, and starts again with another journal", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  await server.stock(11, 7);
  const client = clientOf(t, server, { rooms: ["ecommerce_room"] });
  const record = recordOf(client);
  await client.connect();
  await server.stop();
  await eventually("it noticed", () => client.status !== "live");
  await server.run();
  await live(client);
  await server.stock(11, 8);
  await eventually("the change came", () => client.item(1, 11).stock === 8);
  assert.equal(record.resets.length, 0);

  await server.stop();
  await server.forget();
  await server.run();
  await eventually("the journal is another one", () => record.resets.length === 1 && client.status === "live");
  assert.deepEqual(client.items(), []);
  await server.fill();
  await server.stock(2 + 11, 3);
  await eventually("the new mug is there", () => client.item(2)?.stock === 3);
  assert.equal(client.item(2).sku, "MUG");
});

test("tracking brings values, then events; leaving forgets items", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  await server.stock(11, 4);
  const client = clientOf(t, server);
  await client.connect();
  await client.track({ products: [2], variants: [11] });
  assert.deepEqual(client.items().map(({ key }) => key).sort(), ["1/11", "2/"]);
  await server.stock(12, 4);
  await server.stock(11, 3);
  await eventually("the tracked one changed", () => client.item(1, 11).stock === 3);
  assert.equal(client.item(1, 12), undefined);
  await client.untrack({ products: [2] });
  assert.deepEqual(client.items().map(({ key }) => key), ["1/11"]);
  const { recovered } = await client.join("ecommerce_room");
  assert.equal(recovered, false);
  assert.equal(client.items().length, 3);
  await client.leave("ecommerce_room");
  assert.deepEqual(client.items().map(({ key }) => key), ["1/11"]);
});

test("one answer to several track messages answers all of them", () => {
  const sent = [];
  const owner = { follows: new Follows(), clock: systemClock, epoch: () => null };
  const subscriptions = new Subscriptions({ send: (message) => sent.push(message) }, owner, () => {});
  subscriptions.open(null, 65_536);
  subscriptions.track({ products: [1], variants: [] });
  subscriptions.track({ products: [], variants: [21] });
  subscriptions.track({ products: [3], variants: [] });
  assert.deepEqual(subscriptions.tracked(2), { products: [1], variants: [21] });
  subscriptions.valuesCame(2);
  assert.deepEqual(subscriptions.tracked(1), { products: [3], variants: [] });
  assert.equal(subscriptions.hasTracked, false);
  subscriptions.valuesCame(1);
  assert.equal(subscriptions.hasTracked, true);
  subscriptions.close();
});

/** A replica of a client in rooms, without a connection, and the events that its listeners were told. */
function replicaOf(...rooms) {
  const follows = new Follows();
  for (const name of rooms) follows.want(name, false);
  const listeners = new Listeners();
  const told = [];
  listeners.add("event", ({ seq }) => told.push(seq));
  const replica = new Replica(follows, listeners, systemClock, 100);
  const event = (seq) => replica.take({
    type: "inventory_updated", seq, timestamp: "2026-01-01T00:00:00Z",
    data: { productId: 1, variantId: null, sku: "A", stock: seq, version: seq, status: "active", level: "ok" },
  });
  const join = (room, seq) => {
    replica.take({ type: "joined", room, epoch: "e", seq, recovered: true });
    replica.deliverPending();
  };
  replica.take({ type: "welcome", epoch: "e", seq: 0 });
  return { replica, follows, told, event, join };
}

test("what a node that is behind sends before the joins is not told late", () => {
  const { replica, follows, told, event, join } = replicaOf("a");
  join("a", 0);
  event(10);
  assert.deepEqual(told, [10]);
  follows.leaveConnection();
  replica.take({ type: "welcome", epoch: "e", seq: 3 });
  event(4);
  join("a", 10);
  event(11);
  assert.deepEqual(told, [10, 11]);
});

test("what comes before the joins is told if a room, or something tracked, may not know it yet", () => {
  const { replica, follows, told, event, join } = replicaOf("a");
  join("a", 0);
  event(10);
  follows.leaveConnection();
  follows.want("b", false);
  replica.take({ type: "welcome", epoch: "e", seq: 10 });
  join("a", 10);
  event(8);
  join("b", 10);
  assert.deepEqual(told, [10, 8]);

  const tracking = replicaOf("a");
  tracking.join("a", 0);
  tracking.event(10);
  tracking.follows.leaveConnection();
  tracking.follows.track({ products: [1] });
  tracking.replica.take({ type: "welcome", epoch: "e", seq: 10 });
  tracking.event(7);
  tracking.join("a", 10);
  assert.deepEqual(tracking.told, [10, 7]);
});

test("ids are sent in messages of the size that the server takes", () => {
  const largest = 9_007_199_254_740_991;
  const products = Array.from({ length: 300 }, (_, index) => largest - index);
  for (const messageBytes of [128, 1_024, 65_536]) {
    const messages = [...trackingMessages("untrack", { products, variants: [1] }, messageBytes)];
    for (const message of messages) assert.ok(JSON.stringify(message).length <= messageBytes, `${messageBytes}`);
    assert.deepEqual(messages.flatMap(({ products }) => products), products);
    assert.deepEqual(messages.flatMap(({ variants }) => variants), [1]);
    assert.equal(messages.length, Math.ceil(301 / Math.floor((messageBytes - 64) / 17)));
  }
});

test("a location's room is one room, however its code is written", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  await server.post("/api/locations", { code: "S\u00dcD", name: "South" });
  const client = clientOf(t, server, { rooms: ["location: SU\u0308D"] });
  await client.connect();
  assert.deepEqual(client.rooms, ["location:S\u00dcD"]);
  await client.join("location:S\u00dcD\u00a0");
  assert.notEqual(client.position("location:SU\u0308D"), null);
  await server.move("m", [{ sku: "MUG", location: "S\u00dcD", operation: "add", quantity: 3 }]);
  await eventually("the mug came", () => client.item(2)?.stock === 3);
  await client.leave("location:SU\u0308D");
  assert.deepEqual(client.rooms, []);
});

test("an unknown room is refused, and the other rooms stay", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const client = clientOf(t, server, { rooms: ["ecommerce_room"] });
  const record = recordOf(client);
  client.connect();
  await assert.rejects(client.join("nix"), { name: "TallywireError", code: "unknown_room", room: "nix" });
  await live(client);
  assert.deepEqual(client.rooms, ["ecommerce_room"]);
  assert.equal(record.errors[0].code, "unknown_room");
});
