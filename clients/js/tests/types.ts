// What has to compile, and what must not. It is read by tsc and never run.
import { createElement } from "react";
import { TallywireClient as Implementation } from "../client.js";
import { TallywireError as ImplementedError } from "../errors.js";
import * as provider from "../react-provider.js";
import * as card from "../react-card.js";
import * as hooks from "../react-hooks.js";
import * as notification from "../react-notification.js";
import {
  InventoryNotification, InventoryProvider, ProductCardWithRealTimeUpdates, useInventory, useIsStale, useProductUpdates, useTallywire,
} from "../react.js";
import { TallywireClient, TallywireError } from "../tallywire.js";
import type { Band, Item, Joined, ProductStatus, Snapshot, Status, TallywireEvent } from "../tallywire.js";

// The implementation is what is declared.
const client: TallywireClient = new Implementation({ url: "wss://stock.example/ws" });
const nodes = new TallywireClient({ url: ["wss://a.example/ws", new URL("wss://b.example/ws")] });
const error: TallywireError = new ImplementedError("code", "message", { room: "r", cause: 1 });
const reactIsAsDeclared: [typeof InventoryProvider, typeof useInventory, typeof useProductUpdates, typeof useIsStale, typeof useTallywire] =
  [provider.InventoryProvider, hooks.useInventory, hooks.useProductUpdates, hooks.useIsStale, hooks.useTallywire];
const componentsAreAsDeclared: [typeof InventoryNotification, typeof ProductCardWithRealTimeUpdates] =
  [notification.InventoryNotification, card.ProductCardWithRealTimeUpdates];

async function uses() {
  const off: () => void = client.on("inventory_updated", (data, event) => {
    const stock: number | Band["name"] | undefined = data.stock;
    const seq: number = event.seq;
    const type: "inventory_updated" = event.type;
    return [stock, seq, type];
  });
  client.on("stock_alert", ({ message, stockLevel }) => [message?.length, stockLevel === "low"]);
  client.on("product_status_changed", ({ status }) => { const known: ProductStatus = status; return known; });
  client.on("catalogue_changed", ({ change }) => change === "removed");
  client.on("event", (event: TallywireEvent) => {
    if (event.type === "stock_alert") return event.data.threshold;
    return event.conflated;
  });
  client.once("status", (state: Snapshot) => state.retryAt?.getTime());
  client.on("error", ({ code, room }) => [code.length, room?.length]);
  client.on("items", ({ changed, removed }) => [...changed, ...removed].map(({ key }) => key));
  await client.connect();
  const joined: Joined = await client.join("admin_room", { since: { epoch: "e", seq: 1 } });
  await client.track({ products: [1], variants: [11] });
  await client.untrack({ products: [1] });
  const item: Item | undefined = client.item(1, 11) ?? client.item(2);
  const price: number | null | undefined = item?.price;
  const status: Status = client.status;
  client.onItem(1, null, (changed) => changed?.stock);
  client.onProduct(1, (items) => items.length);
  client.setToken(async () => "token");
  client.setToken(null);
  off();
  const place: [string, string | null] = [nodes.server, nodes.state.node];
  return [joined.recovered, price, status, client.asOf, client.state.asOf, place];
}

function mistakes() {
  // @ts-expect-error an event's name is one of those that there are
  client.on("inventory_update", () => {});
  // @ts-expect-error a price is no text
  client.on("inventory_updated", ({ price }) => price?.toUpperCase());
  // @ts-expect-error items do not change
  client.items()[0].stock = 1;
  // @ts-expect-error ids are numbers
  client.track({ products: ["1"] });
  // @ts-expect-error the state is read only
  client.status = "live";
  // @ts-expect-error there is no such transport
  new TallywireClient({ transports: ["polling"] });
  // @ts-expect-error an address is a text or a URL
  new TallywireClient({ url: [8080] });
  // @ts-expect-error stock may be unknown
  const stock: number = client.item(1)!.stock;
  // @ts-expect-error a card has a title
  createElement(ProductCardWithRealTimeUpdates, { productId: 1 });
  // @ts-expect-error the lists are read only
  useInventory().stockAlerts.push({});
  return stock;
}

createElement(InventoryProvider, { url: "/ws", rooms: ["ecommerce_room"] },
  createElement(ProductCardWithRealTimeUpdates, { productId: 1, variantId: 11, title: "Tee", price: 19.99, stock: 4, status: "active", image: "/tee.png" }),
  createElement(InventoryNotification, { duration: 3000 }));
export { componentsAreAsDeclared, error, mistakes, reactIsAsDeclared, uses };
