// A shop with live stock: index.html?server=http://127.0.0.1:8080
import { StrictMode, createElement as h, useState, useSyncExternalStore } from "react";

const server = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8080";
// A page with a server that never changes writes: import { InventoryProvider, … } from "http://127.0.0.1:8080/sdk/react.js";
const {
  InventoryNotification, InventoryProvider, ProductCardWithRealTimeUpdates, useInventory, useTallywire,
} = await import(new URL("/sdk/react.js", server));
const styles = document.createElement("link");
styles.rel = "stylesheet";
styles.href = new URL("/sdk/react.css", server).href;
document.head.prepend(styles);

/** Which items there are: the same text until one comes or goes, so that changes of stock render their own cards only. */
function useKeys() {
  const tallywire = useTallywire();
  const keys = useSyncExternalStore((listener) => tallywire.on("items", listener), () => tallywire.items().map(({ key }) => key).join(" "), () => "");
  return keys ? keys.split(" ") : [];
}

function Products({ onAddToCart }) {
  const tallywire = useTallywire();
  const cards = useKeys().map((key) => {
    const [productId, variantId] = key.split("/");
    const { name, sku } = tallywire.item(Number(productId), Number(variantId) || null);
    return h(ProductCardWithRealTimeUpdates, { key, productId: Number(productId), variantId: Number(variantId) || null, title: name ?? sku, currency: "EUR", onAddToCart });
  });
  return h("main", null, cards);
}

function Header({ cart }) {
  const { isConnected, status, inventoryUpdates, clearAll } = useInventory();
  return h("header", null,
    h("h1", null, "Live shop"),
    h("p", { role: "status", className: isConnected ? "live" : "away" }, status),
    h("p", null, `Recent changes: ${inventoryUpdates.length} `, h("button", { type: "button", onClick: clearAll }, "Clear")),
    h("p", { className: "cart" }, `${cart} in the cart`));
}

function Shop() {
  const [cart, setCart] = useState(0);
  return h(InventoryProvider, { url: server },
    h(Header, { cart }), h(Products, { onAddToCart: () => setCart((count) => count + 1) }), h(InventoryNotification, { currency: "EUR" }));
}

window.ReactDOM.createRoot(document.getElementById("root")).render(h(StrictMode, null, h(Shop)));
