// React from Debian in a window of jsdom, and a client that a test feeds by hand.
import { register } from "node:module";
import { debian } from "./client.js";

register("./react-hooks.mjs", import.meta.url);
const { JSDOM } = debian("jsdom");
const { window } = new JSDOM("<!doctype html><main></main>", { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document, navigator: window.navigator });

export const React = (await import("react")).default;
export const { createRoot, hydrateRoot } = (await import("react-dom/client")).default;
export const { renderToString } = (await import("react-dom/server")).default;
const testing = (await import("react-dom/test-utils")).default;

/** Runs an action inside of React's `act`. */
export async function act(action) {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  try {
    await testing.act(async () => { await action(); });
  } finally {
    globalThis.IS_REACT_ACT_ENVIRONMENT = false;
  }
}

export const sdk = await import("../../react.js");
export { window };

/** A WebSocket whose server is the test. */
export class FakeWebSocket {
  /** @type {FakeWebSocket[]} */
  static all = [];
  /** What sockets wait for before they say welcome. */
  static opening = Promise.resolve();
  readyState = 1;
  seq = 0;
  versions = new Map();

  constructor() {
    FakeWebSocket.all.push(this);
    const welcome = { type: "welcome", epoch: "e", seq: 0, connection: "c", pingInterval: 25_000 };
    setTimeout(() => FakeWebSocket.opening.then(() => this.tell(welcome)));
  }

  tell(message) { this.onmessage?.({ data: JSON.stringify(message) }); }

  send(text) {
    const { type, id, room } = JSON.parse(text);
    if (type === "ping") setTimeout(() => this.tell({ type: "pong", id, seq: this.seq }));
    if (type === "join") {
      setTimeout(() => {
        this.tell({ type: "joined", room, epoch: "e", seq: this.seq, recovered: false });
        this.tell({ type: "snapshot", room, seq: this.seq, items: this.items ?? [], last: true });
      });
    }
  }

  close() { this.readyState = 3; }

  event(type, data) {
    this.seq += 1;
    this.tell({ type, seq: this.seq, timestamp: "2026-11-23T05:00:00.000Z", data: { timestamp: "2026-11-23T05:00:00.000Z", ...data } });
  }

  update(productId, variantId, stock, more = {}) {
    const key = `${productId}/${variantId}`;
    this.versions.set(key, (this.versions.get(key) ?? 0) + 1);
    this.event("inventory_updated", {
      productId, variantId, sku: `SKU-${key}`, variantName: `Item ${key}`, stock, operation: "set", price: 9.5, status: "active",
      level: stock > 10 ? "ok" : stock > 0 ? "low" : "out", version: this.versions.get(key), ...more,
    });
  }
}

/** Renders into the page, and unmounts after the test. */
export async function mount(test, element) {
  const place = document.createElement("div");
  document.body.append(place);
  const root = createRoot(place);
  let isMounted = true;
  const unmount = async () => {
    if (isMounted) await act(async () => root.unmount());
    isMounted = false;
    place.remove();
  };
  test.after(unmount);
  await act(async () => root.render(element));
  return { place, root, unmount };
}
