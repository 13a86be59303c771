// Kills servers and clients of Socket.IO at random moments, and checks that every client that was recovered got every event at least
// once and in order: node kills.js TALLYWIRE SOCKET.IO.MIN.JS ROUNDS [SEED]
"use strict"
const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const net = require("node:net")
const { spawn } = require("node:child_process")

const [program, clientFile, rounds, seed = String(Date.now() % 1e9)] = process.argv.slice(2)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "socket-io-kills-"))
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const modes = ["websocket,polling", "polling,websocket", "polling"]

// The same seed kills the same processes after the same pauses.
let state = Number(seed) >>> 0
function random(limit) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
}

let port, server
const clients = []
let failed

async function startServer() {
    const ready = path.join(folder, "ready.json")
    fs.rmSync(ready, { force: true })
    const log = fs.openSync(path.join(folder, "server.log"), "a")
    server = spawn(program, ["serve", "--plugins", path.join(folder, "plugins.json"), "--data", path.join(folder, "data"), "--port", String(port), "--ready-file", ready], { stdio: ["ignore", log, log] })
    fs.closeSync(log)
    await until("the server starts", () => fs.existsSync(ready))
}

async function until(what, condition, limit = 60_000) {
    const end = Date.now() + limit
    while (!(await condition())) {
        if (failed) throw failed
        if (Date.now() > end) throw new Error(`in vain: ${what}`)
        await sleep(20)
    }
}

function startClient(mode) {
    const client = { mode, lines: [], rest: "" }
    client.process = spawn("node", [path.join(__dirname, "client.js"), clientFile, `http://127.0.0.1:${port}`, mode], { stdio: ["ignore", "pipe", "inherit"] })
    client.process.stdout.on("data", (data) => {
        const parts = (client.rest + data).split("\n")
        client.rest = parts.pop()
        client.lines.push(...parts.map((part) => JSON.parse(part)))
    })
    client.process.on("exit", (code) => {
        if (code !== null) failed = new Error(`a client ended by itself with ${code}`)
    })
    clients.push(client)
}

/// Sets stock as fast as the server takes it, so that there are alerts too; goes on while the server is away.
async function write(isOver) {
    for (let number = 0; !isOver(); number++) {
        try {
            await call("POST", "/api/movements", { lines: [{ sku: `S-${number % 5}`, operation: "set", quantity: (number * 7) % 30 }] })
            await sleep(5)
        } catch {
            await sleep(50)
        }
    }
}

async function call(method, target, body) {
    const response = await fetch(`http://127.0.0.1:${port}${target}`, {
        method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000),
    })
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${await response.text()}`)
    return response.json()
}

/// The events that a client in the admin's room gets.
async function journal() {
    const wanted = new Set(["inventory_updated", "stock_alert", "product_status_changed"])
    const events = []
    for (let after = 0; ; ) {
        const { items } = await call("GET", `/api/events?after=${after}&limit=1000`)
        if (items.length === 0) return events
        for (const event of items) if (wanted.has(event.type)) events.push(event)
        after = items[items.length - 1].seq
    }
}

/// What is wrong with what a client got; `undefined` if nothing is. What it has to get follows without a gap from a client's first event
/// on, from the moment when it is in its room with alerts, and begins anew where a client was not recovered.
function mistake(client, events) {
    const everything = new Map(events.map((event, position) => [event.seq, position]))
    const stock = new Map(events.filter((event) => event.type !== "stock_alert").map((event, position) => [event.seq, position]))
    let last, expected = stock, isBack = false
    for (const [number, line] of client.lines.entries()) {
        const around = () => client.lines.slice(Math.max(0, number - 15), number + 3).map((line) => `\n    ${JSON.stringify(line)}`).join("")
        if ("connected" in line) {
            if (!line.connected) [last, expected] = [undefined, stock]
            isBack = line.connected
        } else if ("joined" in line) {
            if (!line.joined) return "it was not let into its room"
            if (expected === stock) [last, expected] = [undefined, everything]
        } else if ("snapshot" in line) {
            last = undefined
        } else if ("seq" in line) {
            if (!everything.has(line.seq)) return `event ${line.seq} is not in the journal`
            if (!expected.has(line.seq)) continue
            if (last !== undefined && line.conflated === undefined) {
                if (line.seq <= last && !isBack) return `event ${line.seq} came after ${last}:${around()}`
                if (expected.get(line.seq) > expected.get(last) + 1) return `between ${last} and ${line.seq} events are missing:${around()}`
            }
            last = line.seq
            isBack = false
        }
    }
    return undefined
}

async function main() {
    port = await new Promise((resolve) => {
        const probe = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address()
            probe.close(() => resolve(port))
        })
    })
    fs.writeFileSync(path.join(folder, "plugins.json"), JSON.stringify({ sinks: [{ plugin: "socket.io", pingInterval: "1s", pingTimeout: "2s" }] }))
    await startServer()
    for (let number = 0; number < 5; number++) await call("POST", "/api/products", { name: `S-${number}`, price: 1, sku: `S-${number}` })
    for (const mode of modes) startClient(mode)
    let isOver = false
    const writing = write(() => isOver)
    const joined = (client) => client.lines.some((line) => line.joined)
    const live = () => clients.filter((client) => client.process.exitCode === null && client.process.signalCode === null)
    await until("all clients have joined", () => live().every(joined))
    for (let round = 0; round < Number(rounds); round++) {
        await sleep(random(400))
        if (random(3) === 0) {
            const victim = live()[random(live().length)]
            victim.process.kill("SIGKILL")
            startClient(victim.mode)
        } else {
            server.kill("SIGKILL")
            await new Promise((resolve) => server.once("exit", resolve))
            await sleep(random(300))
            await startServer()
        }
        // Each client that lives has to come back, and to get something, before the next round.
        const counts = new Map(live().map((client) => [client, client.lines.length]))
        await until("every client gets events again", () => live().every((client) => client.lines.slice(counts.get(client) ?? 0).some((line) => "seq" in line)))
    }
    isOver = true
    await writing
    const events = await journal()
    await until("every client has the last event", () => live().every((client) => client.lines.some((line) => line.seq === events[events.length - 1].seq)))
    let recovered = 0
    for (const client of clients) {
        const wrong = mistake(client, events)
        if (wrong) throw new Error(`a client over ${client.mode}: ${wrong}`)
        recovered += client.lines.filter((line) => line.connected).length
    }
    if (Number(rounds) >= 3 && recovered === 0) throw new Error("no client was recovered")
    console.log(`${rounds} rounds with seed ${seed}: ${clients.length} clients, ${recovered} recoveries, ${events.length} events, none missing`)
}

let status = 0
main()
    .catch((error) => {
        status = 1
        console.error(`seed ${seed}: ${error.message}\n${fs.readFileSync(path.join(folder, "server.log"), "utf8").slice(-2000)}`)
        for (const { mode, lines } of clients) console.error(mode, lines.slice(-8).map((line) => JSON.stringify(line)).join("\n    "))
    })
    .finally(async () => {
        for (const child of [...clients.map((client) => client.process), server]) child?.kill("SIGKILL")
        await sleep(100)
        fs.rmSync(folder, { recursive: true, force: true })
        process.exit(status)
    })
