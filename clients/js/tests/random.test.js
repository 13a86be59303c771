import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { clientOf, live, recordOf } from "./support/client.js";
import { eventually } from "./support/eventually.js";
import test from "./support/limited.js";
import { Proxy } from "./support/proxy.js";
import { random } from "./support/random.js";
import { Server } from "./support/server.js";
import { spy } from "./support/spy.js";

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const VARIANTS = 20;

for (const transport of /** @type {const} */ (["websocket", "sse"])) {
  test(`random cuts under writes over ${transport}: every event once, and stock as the server has it (SEED=${seed})`, async (t) => {
    const next = random(seed);
    const server = await Server.start(t);
    for (let id = 1; id <= VARIANTS; id += 1) await server.post("/api/products", { id, name: `Item ${id}`, sku: `SKU-${id}` });
    const proxy = await Proxy.start(t, server);
    const { WebSocket, log } = spy();
    // The order of the rooms, and so of their replays, is random.
    const rooms = ["everything", "product:1", "location:MAIN"];
    rooms.unshift(...rooms.splice(seed % 3));
    const client = clientOf(t, proxy, {
      rooms, WebSocket, transports: [transport], minDelay: 5, maxDelay: 50,
    });
    const record = recordOf(client);
    await client.connect();
    const { epoch, seq: begin } = client.position("everything");
    const folded = new Map();
    client.on("items", ({ changed }) => {
      for (const item of changed) {
        assert.ok(item.version >= (folded.get(item.key) ?? -1), "versions never go back");
        folded.set(item.key, item.version);
      }
    });
    for (let step = 0; step < 400; step += 1) {
      const id = 1 + Math.floor(next() * VARIANTS);
      const what = next();
      if (what < 0.7) await server.stock(id, Math.floor(next() * 30));
      else if (what < 0.8) await server.patch(`/api/products/${id}/status`, { status: next() < 0.5 ? "active" : "inactive" });
      else if (what < 0.9) await server.patch(`/api/variants/${id}`, { price: Math.floor(next() * 1000) / 100 });
      else if (what < 0.97) proxy.cut();
      else if (what < 0.985) client.join(`product:${id}`).catch(() => {});
      else client.leave(`product:${id}`);
      if (next() < 0.1) await new Promise((resolve) => setTimeout(resolve, next() * 30));
    }
    await live(client);
    const events = (await server.events()).filter(({ seq }) => seq > begin);
    await eventually("the last event came", () => (client.position("everything")?.seq ?? 0) >= events.at(-1).seq);
    assert.equal(client.epoch, epoch);
    if (process.env.LOG) await writeFile(`${process.env.LOG}-${transport}`, log.join("\n"));
    const told = record.events.map(({ seq }) => seq);
    assert.deepEqual(events.map(({ seq }) => seq).filter((seq) => !told.includes(seq)), [], "nothing is missing");
    assert.equal(new Set(told).size, told.length, "nothing comes twice");
    assert.deepEqual(told.filter((seq, index) => index > 0 && seq < told[index - 1]), [], "nothing comes late");
    const stock = new Map();
    for (const { sku, stock: units } of (await server.get("/api/stock?limit=1000")).items) stock.set(sku, (stock.get(sku) ?? 0) + units);
    for (const product of (await server.get("/api/products?limit=1000")).items) {
      const [variant] = product.variants;
      const item = client.item(product.id);
      assert.deepEqual(
        [item.sku, item.stock, item.price, item.status, item.version, item.level],
        [variant.sku, stock.get(variant.sku) ?? 0, variant.price, product.status, variant.version, variant.level], `product ${product.id}`);
    }
    assert.deepEqual(record.errors, []);
  });
}
