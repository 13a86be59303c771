// A shop's front end that was written for Socket.IO, with the official browser client in a window of jsdom:
//   node client.js SOCKET.IO.MIN.JS URL TRANSPORTS
// It says in a line of JSON whatever happens to it. It joins its room when it is new, and not when it was recovered, unless it does not
// know whether it had joined.
"use strict"
const fs = require("node:fs")
const { JSDOM } = require("jsdom")

const [file, url, transports] = process.argv.slice(2)
const window = new JSDOM("", { url, runScripts: "outside-only", pretendToBeVisual: false }).window
// What jsdom says of connections that failed is expected here.
window._virtualConsole.removeAllListeners()
window.eval(fs.readFileSync(file, "utf8"))

const say = (line) => fs.writeSync(1, JSON.stringify(line) + "\n")
const socket = window.io(url, { transports: transports.split(","), reconnectionDelay: 50, reconnectionDelayMax: 400, timeout: 5000 })
let isJoined = false
socket.on("connect", () => {
    if (!socket.recovered) isJoined = false
    say({ connected: socket.recovered, over: socket.io.engine.transport.name })
    if (!isJoined) {
        socket.emit("join_admin_room", (answer) => {
            isJoined = answer.ok
            say({ joined: answer.ok })
        })
    }
    socket.io.engine.on("upgrade", (transport) => say({ over: transport.name }))
})
socket.on("disconnect", (reason) => say({ disconnected: reason }))
for (const name of ["inventory_updated", "stock_alert", "product_status_changed"]) {
    socket.on(name, (data, offset) => say({ seq: Number(offset.slice(offset.lastIndexOf(":") + 1)), name, stock: data.stock, conflated: data.conflated }))
}
socket.on("snapshot", (data) => say({ snapshot: data.seq }))
socket.on("error", (error) => say({ error: error.code }))
