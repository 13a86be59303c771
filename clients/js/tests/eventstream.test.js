import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { EventStreamParser } from "../eventstream-parser.js";
import { WebSocket, clientOf, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { Server } from "./support/server.js";

/** A WebSocket that never opens, as behind a proxy that does not support WebSockets. */
class BlockedWebSocket {
  static count = 0;
  readyState = 0;
  constructor() {
    BlockedWebSocket.count += 1;
    setTimeout(() => this.onclose?.({ code: 1006, reason: "" }), 1);
  }
  send() {}
  close() {}
}

test("where WebSockets are blocked the client falls back to the event stream", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  await server.stock(11, 42);
  const proxy = await Proxy.start(t, server);
  const client = clientOf(t, proxy, { rooms: ["admin_room", "location:MAIN"], WebSocket: BlockedWebSocket, fallbackAfter: 2 });
  const record = recordOf(client);
  await client.connect();
  assert.equal(client.transport, "sse");
  assert.ok(BlockedWebSocket.count >= 2);
  assert.equal(client.item(1, 11).stock, 42);
  assert.equal(client.item(2).sku, "MUG");
  await server.stock(13, 3);
  await eventually("the change came", () => client.item(2).stock === 3);

  const sequence = () => record.events.filter(({ type }) => type !== "catalogue_changed").map(({ seq }) => seq);
  for (let round = 1; round <= 3; round += 1) {
    proxy.cut();
    await server.stock(11, round);
    await server.patch("/api/products/1/status", { status: round % 2 ? "inactive" : "active" });
    await eventually("it is right again", () => client.item(1, 11).stock === round && client.status === "live");
    assert.equal(client.item(1, 12).status, round % 2 ? "inactive" : "active");
  }
  const events = await server.events("inventory_updated,stock_alert,product_status_changed");
  assert.deepEqual(sequence(), events.map(({ seq }) => seq).filter((seq) => seq >= sequence()[0]));
  assert.equal(client.item(1, 11).version, (await server.get("/api/variants/11")).version);
});

/** WebSockets that can be blocked and unblocked, and a clock by which the failback is tried every 30 milliseconds. */
function blockade() {
  const blockade = { isOn: true, count: 0 };
  blockade.options = {
    fallbackAfter: 1, clock: { ...systemClock, setTimeout: (action, pause) => setTimeout(action, pause > 100_000 ? 30 : pause) },
    WebSocket: function (...place) {
      blockade.count += 1;
      return blockade.isOn ? new BlockedWebSocket() : new WebSocket(...place);
    },
  };
  return blockade;
}

test("when WebSockets are no longer blocked the client returns to them, without a gap and without an error", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const wall = blockade();
  const client = clientOf(t, server, { rooms: ["admin_room", "variant:11"], track: { products: [2] }, ...wall.options });
  const record = recordOf(client);
  await client.connect();
  assert.equal(client.transport, "sse");
  const begin = record.statuses.length;
  const before = wall.count;
  await eventually("the way back was tried in vain", () => wall.count > before + 2);
  assert.deepEqual([record.statuses.length, client.status, client.transport], [begin, "live", "sse"]);

  let isOver = false;
  const writing = (async () => {
    for (let count = 0; !isOver; count += 1) await server.stock(11 + count % 3, 20 + count);
  })();
  await eventually("some came", () => record.events.length > 20);
  wall.isOn = false;
  await eventually("it went over", () => client.transport === "websocket" && client.status === "live");
  const then = record.events.length;
  await eventually("more came", () => record.events.length > then + 20);
  isOver = true;
  await writing;
  await server.stock(13, 7);
  await eventually("all came", () => client.item(2).stock === 7);
  const expected = (await server.events("inventory_updated,stock_alert,product_status_changed")).map(({ seq }) => seq);
  assert.deepEqual(record.events.filter(({ type }) => type !== "catalogue_changed").map(({ seq }) => seq), expected);
  assert.deepEqual(record.statuses.slice(begin), ["recovering", "live"]);
  const count = wall.count;
  assert.equal(await client.check(), true);
  assert.equal(wall.count, count, "there is nothing to go back to any more");
});

test("a client that follows nothing stays with the stream, since it has no position to resume from", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const wall = blockade();
  const client = clientOf(t, server, wall.options);
  await client.connect();
  wall.isOn = false;
  const before = wall.count;
  await eventually("the way back was found", () => wall.count > before + 2);
  assert.deepEqual([client.transport, client.status], ["sse", "live"]);
  await client.join("ecommerce_room");
  await eventually("it went over", () => client.transport === "websocket" && client.status === "live");
});

test("the event stream serves rooms of one product and tracked ids", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const client = clientOf(t, server, { rooms: ["product:1"], transports: ["sse"], track: { variants: [13] } });
  const record = recordOf(client);
  await client.connect();
  assert.deepEqual(client.items().map(({ key }) => key).sort(), ["1/11", "1/12", "2/"]);
  await server.post("/api/products", { id: 3, name: "Cup", sku: "CUP" });
  await server.stock(14, 1);
  await server.stock(13, 2);
  await eventually("the tracked one changed", () => client.item(2).stock === 2);
  assert.equal(client.item(3), undefined);
  assert.ok(record.events.every(({ data }) => data.productId !== 3));
  const { recovered } = await client.join("variant:14");
  assert.equal(recovered, false);
  assert.equal(client.item(3).stock, 1);
});

test("a stream that the token may not read reports that", async (t) => {
  const server = await Server.start(t, { settings: { auth: { mode: "jwt", secret: "0123456789abcdef0123456789abcdef" } } });
  const client = clientOf(t, server, { rooms: ["ecommerce_room"], transports: ["sse"] });
  client.connect();
  await eventually("it is refused", () => client.lastError !== null);
  assert.ok(["forbidden", "unauthenticated"].includes(client.lastError.code), client.lastError.code);
  assert.equal(client.isStale, true);
});

test("another journal is noticed on the event stream too", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const client = clientOf(t, server, { rooms: ["ecommerce_room"], transports: ["sse"] });
  const record = recordOf(client);
  await client.connect();
  await server.stop();
  await server.forget();
  await server.run();
  await eventually("it begins anew", () => record.resets.length === 1);
  await live(client);
  assert.deepEqual(client.items(), []);
});

test("blocks are read in pieces of any size", () => {
  const text = "retry: 3000\n\nid: e:1\n\n: nothing\n\nid: e:2\r\nevent: a\r\ndata: {\"ö\":1}\r\ndata:x\r\n\r\n";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const parser = new EventStreamParser();
    const blocks = [];
    for (let start = 0; start < bytes.length; start += size) blocks.push(...parser.take(bytes.subarray(start, start + size)));
    assert.deepEqual(blocks, [
      { event: "message", id: "e:1", data: null }, { event: "a", id: "e:2", data: "{\"ö\":1}\nx" },
    ], `pieces of ${size}`);
  }
  assert.throws(() => new EventStreamParser().take(new Uint8Array(2 ** 20 + 1).fill(65)), RangeError);
});
