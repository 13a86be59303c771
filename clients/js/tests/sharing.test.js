import assert from "node:assert/strict";
import { clientOf, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { Server } from "./support/server.js";
import { browserLocks } from "./support/tabs.js";

/** Returns a server, a proxy before it, and a function that opens tabs. */
async function browser(t, options = {}) {
  browserLocks(t);
  const server = await Server.start(t);
  await server.fill();
  const proxy = await Proxy.start(t, server);
  const tab = (more = {}) => clientOf(t, proxy, { rooms: ["admin_room"], shared: true, ...options, ...more });
  return { server, proxy, tab };
}

const sequence = (record) => record.events.map(({ seq }) => seq);

test("three tabs share one connection, and each gets every event once", async (t) => {
  const { server, proxy, tab } = await browser(t);
  await server.stock(11, 42);
  const tabs = [tab(), tab()];
  const records = tabs.map(recordOf);
  await Promise.all(tabs.map((each) => each.connect()));
  await server.stock(12, 4);
  await eventually("both know", () => tabs.every((each) => each.item(1, 12).stock === 4));
  const late = tab();
  tabs.push(late);
  await late.connect();
  assert.deepEqual([late.item(1, 11).stock, late.item(1, 12).stock, late.item(2).sku], [42, 4, "MUG"]);
  await server.stock(13, 1);
  await server.patch("/api/products/1/status", { status: "inactive" });
  await eventually("all know", () => tabs.every((each) => each.item(2).stock === 1 && each.item(1, 11).status === "inactive"));
  assert.equal(proxy.count, 1);
  assert.equal(tabs.filter(({ isLeader }) => isLeader).length, 1);
  assert.ok(tabs.every(({ status, transport, isStale }) => status === "live" && transport === "websocket" && !isStale));
  assert.deepEqual(sequence(records[0]), sequence(records[1]));
  for (const each of tabs) assert.equal(each.item(1, 11).version, (await server.get("/api/variants/11")).version);
});

test("when the leader is closed another tab goes on from its position", async (t) => {
  const { server, proxy, tab } = await browser(t);
  const tabs = [tab(), tab(), tab()];
  const records = tabs.map(recordOf);
  for (const each of tabs) await each.connect();
  await server.stock(11, 5);
  await eventually("all know", () => tabs.every((each) => each.item(1, 11).stock === 5));
  for (const [round, leader] of tabs.slice(0, 2).entries()) {
    assert.ok(leader.isLeader);
    leader.close();
    await server.stock(11, 20 + round);
    const rest = tabs.slice(round + 1);
    await eventually("the others know", () => rest.every((each) => each.item(1, 11).stock === 20 + round && each.status === "live"));
  }
  assert.equal(proxy.count, 3);
  const expected = (await server.events("inventory_updated,stock_alert,product_status_changed")).map(({ seq }) => seq);
  assert.deepEqual(sequence(records[2]), expected.filter((seq) => seq >= sequence(records[2])[0]));
});

test("lost connections and another journal reach all tabs", async (t) => {
  const { server, proxy, tab } = await browser(t);
  const tabs = [tab(), tab()];
  const records = tabs.map(recordOf);
  for (const each of tabs) await each.connect();
  proxy.cut();
  await server.stock(11, 7);
  await eventually("both know", () => tabs.every((each) => each.item(1, 11).stock === 7 && each.status === "live"));
  assert.ok(records.every(({ statuses }) => statuses.includes("waiting")));
  await server.stop();
  await server.forget();
  await server.run();
  await eventually("both begin anew", () => tabs.every((each, index) => records[index].resets.length === 1 && each.status === "live"));
  assert.deepEqual(tabs.map((each) => each.items().length), [0, 0]);
});

test("each tab gets what it follows, and what only a closed tab followed is not followed any more", async (t) => {
  const { server, tab } = await browser(t, { rooms: [] });
  const one = tab({ track: { products: [1] } });
  const other = tab({ track: { products: [2] } });
  const record = recordOf(one);
  await one.connect();
  await other.connect();
  assert.deepEqual(one.items().map(({ key }) => key), ["1/11", "1/12"]);
  assert.deepEqual(other.items().map(({ key }) => key), ["2/"]);
  await server.stock(13, 3);
  await server.stock(11, 3);
  await eventually("each knows its own", () => one.item(1, 11).stock === 3 && other.item(2).stock === 3);
  assert.ok(record.events.every(({ data }) => data.productId === 1));
  await one.track({ products: [2] });
  assert.equal(one.item(2).stock, 3);
  await assert.rejects(other.join("nix"), { code: "unknown_room" });
  assert.equal(await one.check(), true);
  assert.equal(await other.check(), true);
  one.close();
  await live(other);
  await server.stock(13, 8);
  await eventually("it goes on", () => other.item(2).stock === 8);
});

test("tabs with another token or address do not share", async (t) => {
  const { proxy, tab } = await browser(t);
  const tabs = [tab({ identity: "anna" }), tab({ identity: "bert" }), tab({ rooms: ["ecommerce_room"] })];
  for (const each of tabs) await each.connect();
  assert.equal(proxy.count, 3);
  assert.ok(tabs.every(({ isLeader }) => isLeader));
});
