import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Addresses } from "../addresses.js";
import { systemClock } from "../clock.js";
import { EventStreamLink } from "../eventstream.js";
import { withDefaults } from "../options.js";
import { clientOf, debian, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { Server } from "./support/server.js";

/** Options with which a test that meets a pause does not end. */
const LONG_PAUSES = { minDelay: 3_600_000, maxDelay: 3_600_000, clock: { ...systemClock, random: () => 1 } };

test("a round is one failure of each address, and begins anew after a success", () => {
  const addresses = new Addresses(["a", "b", "c"]);
  const fail = (asked = null) => ({ ...addresses.failed(asked), next: addresses.current });
  assert.equal(addresses.current, "a");
  assert.deepEqual(fail(5), { isRoundOver: false, asked: null, next: "b" });
  assert.deepEqual(fail(), { isRoundOver: false, asked: null, next: "c" });
  assert.deepEqual(fail(7), { isRoundOver: true, asked: 5, next: "a" });
  assert.deepEqual(fail(), { isRoundOver: false, asked: null, next: "b" });
  addresses.succeeded();
  assert.deepEqual(fail(), { isRoundOver: false, asked: 7, next: "c" });
  assert.deepEqual(fail(), { isRoundOver: false, asked: null, next: "a" });
  assert.deepEqual(fail(), { isRoundOver: true, asked: null, next: "b" });
  const single = new Addresses(["a"]);
  assert.deepEqual(single.failed(9), { isRoundOver: true, asked: 9 });
  assert.equal(single.current, "a");
});

test("several addresses are taken, each once, and mistakes are named", () => {
  const { urls } = withDefaults({ url: ["https://a.example", new URL("wss://b.example/live"), "wss://a.example/ws"] });
  assert.deepEqual(urls, ["wss://a.example/ws", "wss://b.example/live"]);
  const many = (count) => Array.from({ length: count }, (_, index) => `wss://n${index}.example`);
  assert.equal(withDefaults({ url: many(16) }).urls.length, 16);
  for (const url of [[], many(17)]) assert.throws(() => withDefaults({ url }), { name: "TypeError", message: /1 to 16/ });
  assert.throws(() => withDefaults({ url: ["wss://a.example", "ftp://b.example"] }), { name: "TypeError", message: /ftp:\/\/b.example/ });
});

test("a lost connection goes on at the next address at once, without a gap and without a repetition", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const nodes = [await Proxy.start(t, server), await Proxy.start(t, server), await Proxy.start(t, server)];
  const client = clientOf(t, { url: nodes.map(({ url }) => url) }, { rooms: ["admin_room", "product:1"], ...LONG_PAUSES });
  const record = recordOf(client);
  assert.equal(client.server, nodes[0].url);
  await client.connect();
  assert.deepEqual([client.state.server, client.server, nodes[1].count, nodes[2].count], [nodes[0].url, nodes[0].url, 0, 0]);

  // The second node is away, so the third one is the next.
  nodes[1].refuses = true;
  await server.stock(11, 10);
  nodes[0].cut();
  await server.stock(12, 11);
  await eventually("it is at the third", () => client.item(1, 12)?.stock === 11 && client.status === "live");
  assert.deepEqual([client.server, client.state.lastError], [nodes[2].url, null]);
  await server.stock(11, 12);
  await eventually("it goes on", () => client.item(1, 11).stock === 12);
  const expected = (await server.events("inventory_updated,stock_alert,product_status_changed")).map(({ seq }) => seq);
  assert.deepEqual(record.events.map(({ seq }) => seq), expected);
  assert.deepEqual([record.resets.length, record.errors.length], [0, 0]);
});

test("a pause follows once all addresses have failed, and is the one that a single address would have", async (t) => {
  const server = await Server.start(t);
  const nodes = [await Proxy.start(t, server), await Proxy.start(t, server)];
  for (const node of nodes) node.refuses = true;
  const client = clientOf(t, { url: nodes.map(({ url }) => url) }, { transports: ["websocket"], ...LONG_PAUSES, minDelay: 1_000, maxDelay: 600_000 });
  const tried = [], pauses = [];
  client.on("status", ({ status, server: at, retryAt }) => {
    if (status === "connecting") tried.push(at);
    else if (status === "waiting") pauses.push(Math.round((retryAt.getTime() - Date.now()) / 500) * 500);
  });
  client.connect();
  await eventually("two rounds are over", () => pauses.length === 4);
  assert.deepEqual(tried, [...nodes, ...nodes].map(({ url }) => url));
  assert.deepEqual(pauses, [0, 1_000, 0, 2_000]);
});

/** A node that answers every request, and every WebSocket's handshake, with `answer`. */
async function standIn(t, answer) {
  const node = createServer((_request, response) => answer(response));
  await new Promise((resolve) => node.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => node.close());
  return { node, url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (node.address()).port}` };
}

for (const transport of ["websocket", "sse"]) {
  test(`a node that answers 503 is left for the next one over ${transport}`, async (t) => {
    const server = await Server.start(t);
    await server.fill();
    let count = 0;
    const { url } = await standIn(t, (response) => {
      count += 1;
      response.writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": "3600" }).end('{"code":"unavailable","detail":"no leader"}');
    });
    const client = clientOf(t, { url: [url, server.url] }, { rooms: ["ecommerce_room"], transports: [transport], ...LONG_PAUSES });
    await client.connect();
    assert.deepEqual([client.server, client.transport, count], [server.url, transport, 1]);
    assert.equal(client.items().length, 3);
  });
}

test("a node that is behind the client closes with 1013, and the client goes to the next one", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const proxy = await Proxy.start(t, server);
  const { node, url } = await standIn(t, (response) => response.writeHead(404).end());
  const joins = [];
  const sockets = new (debian("ws").WebSocketServer)({ server: node });
  t.after(() => sockets.close());
  const client = clientOf(t, { url: [proxy.url, url] }, { rooms: ["ecommerce_room"], ...LONG_PAUSES });
  const record = recordOf(client);
  sockets.on("connection", (socket) => {
    socket.send(JSON.stringify({ type: "welcome", epoch: client.epoch, seq: 1 }));
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (message.type !== "join") return;
      joins.push(message.since);
      socket.close(1013, "ahead");
    });
  });
  await client.connect();
  const position = client.position("ecommerce_room");
  const reasons = [];
  client.on("status", ({ lastError }) => { if (lastError?.code === "server_overloaded") reasons.push(lastError.message); });
  // A round ends with the failure of the second node, so the client has to be told that it may go on at once.
  proxy.cut();
  await eventually("it was sent on", () => reasons.length > 0);
  assert.deepEqual([joins, reasons[0], client.status], [[position], "ahead", "waiting"]);
  client.setToken(null);
  await live(client);
  await server.stock(11, 4);
  await eventually("it goes on", () => client.item(1, 11).stock === 4);
  assert.deepEqual([client.server, record.resets.length, record.snapshots.length], [proxy.url, 0, 1]);
});

/** A link to a node that sends `text` as its event stream, with what the link reports. */
function linkOf(text, headers) {
  const reported = [];
  const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(text)) });
  const fetch = async () => new Response(body, { headers });
  const link = new EventStreamLink({ fetch: /** @type {any} */ (fetch), server: "https://a.example", clock: systemClock }, null, {
    received: (message) => reported.push(message), closed: (end) => reported.push(end),
  });
  return { link, reported };
}

test("a node whose event stream is behind the client is left too, and tells its name before", async (t) => {
  const { link, reported } = linkOf("id: e:5\n\n", { "Tallywire-Node": "b" });
  t.after(() => link.close());
  await eventually("it welcomes", () => reported.length === 1);
  assert.deepEqual([reported[0].type, reported[0].seq, reported[0].node], ["welcome", 5, "b"]);
  link.send({ type: "join", room: "r", since: { epoch: "e", seq: 6 }, snapshot: true });
  await eventually("it ends", () => reported.length === 2);
  assert.equal(reported[1].code, 1013);
});

test("over a WebSocket the welcome tells the node's name", async (t) => {
  const { node, url } = await standIn(t, (response) => response.writeHead(404).end());
  const sockets = new (debian("ws").WebSocketServer)({ server: node });
  t.after(() => sockets.close());
  const names = ["berlin-a", undefined];
  sockets.on("connection", (socket) => {
    socket.send(JSON.stringify({ type: "welcome", epoch: "e", seq: 1, node: names.shift() }));
    socket.on("message", (data) => {
      const { type, room } = JSON.parse(data);
      if (type !== "join") return;
      socket.send(JSON.stringify({ type: "joined", room, epoch: "e", seq: 1, recovered: false }));
      socket.send(JSON.stringify({ type: "snapshot", room, seq: 1, items: [], last: true }));
    });
  });
  const client = clientOf(t, { url }, { transports: ["websocket"], rooms: ["r"] });
  await client.connect();
  assert.deepEqual([client.node, client.state.node, client.transport], ["berlin-a", "berlin-a", "websocket"]);
  // A server that is by itself by now.
  for (const socket of sockets.clients) socket.close(1001);
  await eventually("it is there again", () => names.length === 0 && client.status === "live");
  assert.equal(client.node, null);
});

test("the node's name is in the state as long as the client is there", async (t) => {
  const server = await Server.start(t);
  const proxy = await Proxy.start(t, server);
  const fetch = async (...call) => {
    const response = await globalThis.fetch(...call);
    const headers = new Headers(response.headers);
    headers.set("Tallywire-Node", "berlin-b");
    return new Response(response.body, { status: response.status, headers });
  };
  const client = clientOf(t, proxy, { transports: ["sse"], fetch });
  assert.equal(client.node, null);
  await client.connect();
  assert.deepEqual([client.node, client.state.node], ["berlin-b", "berlin-b"]);
  proxy.refuses = true;
  proxy.cut();
  await eventually("it is away", () => client.status === "connecting");
  assert.equal(client.node, null);
});
