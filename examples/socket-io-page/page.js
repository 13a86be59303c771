// A front end as it is written for a server of Socket.IO: nothing in it is about Tallywire.
/* global io */
const query = new URLSearchParams(location.search)
const url = query.get("server") ?? "http://127.0.0.1:8080"
const socket = io(url, { transports: (query.get("transports") ?? "websocket,polling").split(","), reconnectionDelayMax: 1000 })

const state = document.getElementById("state")
const rows = new Map()
const alerts = document.getElementById("alerts")

socket.on("connect", () => {
    state.textContent = socket.recovered ? "recovered" : "connected"
    // A connection that was recovered is in its rooms again.
    if (!socket.recovered) socket.emit("join_admin_room")
    socket.io.engine.on("upgrade", showTransport)
    showTransport()
})
socket.on("disconnect", () => { state.textContent = "disconnected" })

function showTransport() { document.body.dataset.transport = socket.io.engine.transport.name }

socket.on("inventory_updated", (data) => {
    const row = rows.get(data.sku) ?? document.getElementById("stock").insertRow()
    rows.set(data.sku, row)
    row.replaceChildren(...[data.sku, data.price, data.stock, data.status].map((value) => {
        const cell = document.createElement("td")
        cell.textContent = value
        return cell
    }))
    row.dataset.product = data.productId
})
socket.on("stock_alert", (data) => {
    const item = document.createElement("li")
    item.textContent = data.message
    alerts.append(item)
})
socket.on("product_status_changed", (data) => {
    for (const row of rows.values()) if (row.dataset.product === String(data.productId)) row.cells[3].textContent = data.status
})
socket.on("snapshot", (data) => {
    for (const item of data.items) if (rows.has(item.sku)) rows.get(item.sku).cells[2].textContent = item.stock
})
