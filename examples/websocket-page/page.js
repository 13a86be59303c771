// Shows the stock of one room: page.html?room=ecommerce_room&server=http://127.0.0.1:8080
import { follow } from "./follow.js";

const parameters = new URLSearchParams(location.search);
const room = parameters.get("room") ?? "ecommerce_room";
const server = parameters.get("server") ?? "http://127.0.0.1:8080";
const body = document.getElementById("stock");
const rows = new Map();

document.getElementById("room").textContent = room;

function rowOf({ productId, sku }) {
    if (!rows.has(sku)) {
        const row = body.insertRow();
        for (let cell = 0; cell < 5; cell += 1) row.insertCell().className = cell === 2 || cell === 3 ? "number" : "";
        rows.set(sku, { row, productId, version: -1 });
    }
    return rows.get(sku);
}

function show(data) {
    const entry = rowOf(data);
    // Values are absolute and versions grow, so whatever comes twice or late is known by its version.
    if (data.version <= entry.version) return;
    entry.version = data.version;
    // textContent, never innerHTML: names come from a catalogue, and are not markup.
    const texts = [data.sku, data.variantName, data.price?.toFixed(2) ?? "", data.stock, data.level];
    texts.forEach((text, cell) => { entry.row.cells[cell].textContent = text; });
    entry.row.className = data.status === "active" ? data.level : "inactive";
}

follow(server, room, {
    onItems(items, isWhole) {
        if (isWhole) {
            body.replaceChildren();
            rows.clear();
        }
        for (const item of items) {
            if (item.removed) {
                rows.get(item.sku)?.row.remove();
                rows.delete(item.sku);
            } else {
                show({ ...item, variantName: item.name });
            }
        }
    },
    onEvent({ type, data }) {
        if (type === "inventory_updated") show(data);
        if (type === "product_status_changed") {
            for (const { row, productId } of rows.values()) {
                if (productId === data.productId) row.classList.toggle("inactive", data.status !== "active");
            }
        }
    },
    onState(text) {
        document.getElementById("state").textContent = text;
    },
});
