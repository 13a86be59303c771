// Shows the stock of one room: page.html?room=ecommerce_room&server=http://127.0.0.1:8080
const parameters = new URLSearchParams(location.search);
const room = parameters.get("room") ?? "ecommerce_room";
const server = parameters.get("server") ?? "http://127.0.0.1:8080";
const body = document.getElementById("stock");
const rows = new Map();

// A page with a server that never changes writes: import { TallywireClient } from "http://127.0.0.1:8080/sdk/tallywire.js";
const { TallywireClient } = await import(new URL("/sdk/tallywire.js", server));
const tallywire = new TallywireClient({ rooms: [room] });

function rowOf({ key }) {
    if (!rows.has(key)) {
        const row = body.insertRow();
        for (let cell = 0; cell < 5; cell += 1) row.insertCell().className = cell === 2 || cell === 3 ? "number" : "";
        rows.set(key, row);
    }
    return rows.get(key);
}

tallywire.on("items", ({ changed, removed }) => {
    for (const item of changed) {
        const row = rowOf(item);
        // textContent, never innerHTML: names come from a catalogue, and are not markup.
        const texts = [item.sku, item.name, item.price?.toFixed(2) ?? "", item.stock ?? item.band?.name ?? "", item.level ?? ""];
        texts.forEach((text, cell) => { row.cells[cell].textContent = text; });
        row.className = item.status === "active" ? item.level : "inactive";
    }
    for (const { key } of removed) {
        rows.get(key)?.remove();
        rows.delete(key);
    }
});
tallywire.on("status", ({ status, lastError }) => {
    const isAway = status === "waiting" || status === "offline";
    document.getElementById("state").textContent = isAway ? `not connected (${lastError?.message}), trying again` : status;
});
tallywire.on("error", ({ message }) => { document.getElementById("error").textContent = message; });

document.getElementById("room").textContent = room;
tallywire.connect();
