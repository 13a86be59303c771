import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { clientOf, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { Server } from "./support/server.js";
import { spy } from "./support/spy.js";
import { AUTH, token } from "./support/tokens.js";

test("the client recovers from a killed server without gap or repetition while writes continue", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const { WebSocket, log } = spy();
  const client = clientOf(t, server, { rooms: ["admin_room", "variant:11"], WebSocket });
  const record = recordOf(client);
  await client.connect();
  for (let round = 0; round < 3; round += 1) {
    let isOver = false;
    const writing = (async () => {
      for (let count = 0; !isOver; count += 1) await server.stock(11, 20 + count).catch(() => {});
    })();
    await eventually("some came", () => record.events.length > 20 * (round + 1));
    await server.stop("SIGKILL");
    isOver = true;
    await writing;
    await server.run();
    await server.stock(11, 1000 + round);
    await eventually("it is right again", () => client.item(1, 11).stock === 1000 + round);
  }
  const expected = await server.events("inventory_updated,stock_alert,product_status_changed");
  assert.deepEqual(record.events.map(({ seq }) => seq), expected.map(({ seq }) => seq), log.join("\n"));
});

test("a position that is too old brings the changed and the removed items", async (t) => {
  const rooms = { few: { events: ["inventory_updated", "product_status_changed"], replay: 3 } };
  const server = await Server.start(t, { sink: { rooms } });
  await server.fill();
  const proxy = await Proxy.start(t, server);
  const client = clientOf(t, proxy, { rooms: ["few"] });
  const record = recordOf(client);
  await client.connect();
  await server.stock(11, 1);
  await eventually("the first came", () => client.item(1, 11).stock === 1);
  proxy.refuses = true;
  proxy.cut();
  await eventually("it is away", () => client.status === "waiting" && client.lastError.code === "disconnected");
  for (let stock = 2; stock < 20; stock += 1) await server.stock(11, stock);
  await server.call("DELETE", "/api/variants/12");
  proxy.refuses = false;
  await live(client);
  assert.equal(client.item(1, 11).stock, 19);
  assert.equal(client.item(1, 12), undefined);
  assert.deepEqual(record.snapshots.map(({ isPartial }) => isPartial), [false, true]);
  await server.stock(11, 20);
  await eventually("it goes on", () => client.item(1, 11).stock === 20);
});

test("a connection that is dead on one side is noticed", async (t) => {
  const server = await Server.start(t, { sink: { pingInterval: "1s" } });
  await server.fill();
  const proxy = await Proxy.start(t, server);
  const client = clientOf(t, proxy, { rooms: ["ecommerce_room"], staleAfter: 100 });
  const states = [];
  client.on("status", ({ status, isStale }) => states.push([status, isStale]));
  await client.connect();
  proxy.freeze();
  await server.stock(11, 9);
  await eventually("it is right again", () => client.item(1, 11).stock === 9);
  await live(client);
  assert.equal(client.isStale, false);
  assert.ok(states.some(([, isStale]) => isStale));
});

test("after the clock has jumped the client checks the connection", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const proxy = await Proxy.start(t, server);
  let jump = 0;
  const clock = {
    ...systemClock,
    now: () => Date.now() + jump,
    // The clock is checked every five seconds, which is too slow for a test.
    setTimeout: (action, milliseconds) => setTimeout(action, milliseconds === 5_000 ? 50 : milliseconds),
  };
  const client = clientOf(t, proxy, { rooms: ["ecommerce_room"], clock });
  await client.connect();
  proxy.freeze();
  await server.stock(11, 9);
  jump = 3_600_000;
  assert.equal(client.isStale, true, "an hour old, and it knows");
  await eventually("it is right again", () => client.item(1, 11).stock === 9);
  await live(client);
  assert.equal(client.isStale, false);
});

test("a token is renewed before it expires, on the same connection", async (t) => {
  const server = await Server.start(t, { settings: AUTH });
  server.headers = { Authorization: `Bearer ${token("admin")}` };
  await server.fill();
  const proxy = await Proxy.start(t, server);
  let calls = 0;
  const { WebSocket, log } = spy();
  const client = clientOf(t, proxy, { rooms: ["admin_room"], WebSocket, token: async () => (calls += 1, token("admin", 4)) });
  const record = recordOf(client);
  await client.connect();
  const begin = Date.now();
  // The token lives for three to four seconds, of which a tenth is left for sending the new one.
  await eventually("two were renewed", () => calls > 2).catch((error) => assert.fail([error, record.statuses, ...log].join("\n")));
  assert.ok(Date.now() - begin > 2_000);
  assert.equal(proxy.count, 1);
  assert.deepEqual(record.errors, []);
  await server.stock(11, 3);
  await eventually("alerts still come", () => record.events.some(({ type }) => type === "stock_alert"));
});

test("after a token has expired another one is fetched at once", async (t) => {
  const server = await Server.start(t, { settings: AUTH });
  server.headers = { Authorization: `Bearer ${token("admin")}` };
  await server.fill();
  let calls = 0;
  // The client cannot read the claims of this token, so only the server knows when it expires.
  const jumped = { ...systemClock, now: () => Date.now() - 3_600_000 };
  const client = clientOf(t, server, { rooms: ["admin_room"], clock: jumped, token: () => (calls += 1, token("admin", 1)) });
  const record = recordOf(client);
  await client.connect();
  await eventually("it was sent away", () => record.statuses.filter((status) => status === "live").length > 1);
  assert.ok(calls > 1);
  await server.stock(11, 3);
  await eventually("it goes on", () => client.item(1, 11).stock === 3);
});

test("a refused token is reported, and the client connects with another one", async (t) => {
  const server = await Server.start(t, { settings: AUTH });
  const client = clientOf(t, server, { rooms: ["admin_room"], token: "nonsense" });
  const record = recordOf(client);
  client.connect();
  await eventually("it is refused", () => client.lastError?.code === "unauthenticated");
  assert.notEqual(client.status, "live");
  client.setToken(token("admin"));
  await live(client);
  assert.equal(client.lastError, null);
  client.setToken(token("shop"));
  await eventually("the room is refused", () => record.errors.some(({ code, room }) => code === "forbidden" && room === "admin_room"));
  client.setToken(token("admin"));
  await server.call("POST", "/api/products", { id: 5, name: "Cup", sku: "CUP" }, { Authorization: `Bearer ${token("admin")}` });
  await server.call("PATCH", "/api/variants/1/inventory", { operation: "set", quantity: 1 }, { Authorization: `Bearer ${token("admin")}` });
  await eventually("alerts come", () => client.item(5)?.stock === 1);
});

test("the server's pause is honoured when it goes away", async (t) => {
  const server = await Server.start(t);
  const client = clientOf(t, server, { rooms: ["ecommerce_room"], maxDelay: 1 });
  await client.connect();
  const begin = Date.now();
  const waits = [];
  client.on("status", ({ status, retryAt, lastError }) => { if (status === "waiting") waits.push({ retryAt, lastError }); });
  server.stop();
  await eventually("it waits", () => waits.length > 0);
  const [{ retryAt, lastError }] = waits;
  const pause = Number(/come back in (\d+) ms/.exec(lastError.message)[1]);
  assert.ok(retryAt.getTime() >= begin + pause, `the server said ${pause} ms, and the client waits ${retryAt.getTime() - begin} ms`);
});

test("closing a client rejects its promises", async (t) => {
  const server = await Server.start(t);
  const client = clientOf(t, server, { rooms: ["ecommerce_room"] });
  client.connect();
  const joining = client.join("admin_room");
  client.close();
  await assert.rejects(joining, { code: "closed" });
  assert.equal(client.status, "closed");
  await client.connect();
  assert.equal(client.status, "live");
});

test("a listener that throws does not keep the others from being called", async (t) => {
  const server = await Server.start(t);
  await server.fill();
  const client = clientOf(t, server, { rooms: ["ecommerce_room"] });
  const record = recordOf(client);
  const told = [];
  client.on("inventory_updated", () => { throw new Error("mine"); });
  client.on("inventory_updated", async () => { throw new Error("later"); });
  client.on("inventory_updated", ({ stock }) => told.push(stock));
  await client.connect();
  await server.stock(11, 5);
  await eventually("both errors are told", () => record.errors.length === 2);
  assert.deepEqual(record.errors.map(({ code }) => code), ["listener_failed", "listener_failed"]);
  assert.deepEqual(told, [5]);
  assert.equal(client.item(1, 11).stock, 5);
});
