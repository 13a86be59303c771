// A Tallywire server for one test: the real program, on a free port, with its data in a temporary folder.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "./eventually.js";

const program = resolve(process.env.TALLYWIRE ?? new URL("../../../../.build/debug/tallywire", import.meta.url).pathname);

/** The rooms that tests use. */
export const ROOMS = {
  admin_room: { events: ["inventory_updated", "stock_alert", "product_status_changed"], role: "admin" },
  ecommerce_room: { events: ["inventory_updated", "product_status_changed"] },
  everything: { events: ["inventory_updated", "stock_alert", "product_status_changed", "catalogue_changed"] },
};

export class Server {
  /**
   * Starts a server, and stops it after the test.
   * @param {import("node:test").TestContext} test
   * @param {{ sink?: object, settings?: object }} [options] `sink` goes into the WebSocket sink's entry, `settings` beside the sinks
   */
  static async start(test, { sink = {}, settings = {} } = {}) {
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "tallywire-js-"));
    test.after(() => server.end());
    const configuration = { ...settings, sinks: [{ plugin: "websocket", rooms: ROOMS, ...sink }] };
    await writeFile(join(server.folder, "plugins.json"), JSON.stringify(configuration));
    await server.run();
    return server;
  }

  /** Starts the program, on the same port as before. */
  async run() {
    const ready = join(this.folder, "ready.json");
    await rm(ready, { force: true });
    this.output = "";
    this.process = spawn(program, [
      "serve", "--plugins", join(this.folder, "plugins.json"), "--data", join(this.folder, "data"), "--port", String(this.port ?? 0),
      "--ready-file", ready,
    ], { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((end) => this.process.once("exit", end));
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (text) => { this.output += text; });
    const text = await eventually("the server is ready", async () => {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
      return readFile(ready, "utf8").catch(() => null);
    }, 60_000);
    const { url, port } = JSON.parse(text).http;
    this.port = port;
    this.url = url;
  }

  /** @param {NodeJS.Signals} [signal] */
  async stop(signal = "SIGTERM") {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await this.ended;
  }

  /** Makes the next run begin with an empty journal. */
  async forget() {
    await rm(join(this.folder, "data"), { recursive: true, force: true });
  }

  async end() {
    await this.stop("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }

  async call(method, path, body, headers = {}) {
    const response = await fetch(this.url + path, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers, ...this.headers },
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  get(path) { return this.call("GET", path); }
  post(path, body) { return this.call("POST", path, body); }
  patch(path, body) { return this.call("PATCH", path, body); }

  /** Product 1 with the variants 11 and 12, and product 2 without variants. */
  async fill() {
    await this.post("/api/products", {
      id: 1, name: "Tee", price: 19.99,
      variants: [{ id: 11, sku: "TEE-RED-M", name: "Red / M" }, { id: 12, sku: "TEE-BLUE-M", name: "Blue / M", price: 21.5 }],
    });
    await this.post("/api/products", { id: 2, name: "Mug", price: 9.5, sku: "MUG" });
  }

  /** Sets the stock of a variant. */
  stock(variant, quantity) {
    return this.patch(`/api/variants/${variant}/inventory`, { operation: "set", quantity });
  }

  move(id, lines) { return this.post("/api/movements", { id, lines }); }

  /** All events of the journal. */
  async events(type) {
    const items = [];
    for (let after = 0; ;) {
      const page = await this.get(`/api/events?limit=1000&after=${after}${type ? `&type=${type}` : ""}`);
      items.push(...page.items);
      if (page.nextCursor === null) return items;
      after = page.items.at(-1).seq;
    }
  }
}
