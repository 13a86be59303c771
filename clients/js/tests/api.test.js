import assert from "node:assert/strict";
import { API, randomID } from "../api.js";
import { Problem, TallywireError } from "../errors.js";
import test from "./support/limited.js";

/** Returns an API whose server answers each path with `answers`, and the requests that were made. */
function apiOf(answers, options = {}) {
  const requests = [];
  const fetch = async (url, request) => {
    requests.push({ url, ...request });
    const answer = answers[url.replace(/^https:\/\/stock\.example/, "")];
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body = {} } = answer;
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return { api: new API({ server: "https://stock.example", fetch, ...options }), requests };
}

test("an answer comes with its position and its node, and the token is in the header alone", async () => {
  const headers = { "Tallywire-Epoch": "e", "Tallywire-Seq": "7" };
  const { api, requests } = apiOf(
    { "/api/products/1": { headers, body: { id: 1 } }, "/api/products/2": { headers: { ...headers, "Tallywire-Node": "b" } } }, { token: "secret" });
  assert.deepEqual(await api.get("/api/products/1"), { body: { id: 1 }, epoch: "e", seq: 7, node: null });
  assert.equal((await api.get("/api/products/2")).node, "b");
  assert.equal(requests[0].headers.Authorization, "Bearer secret");
  assert.ok(!requests[0].url.includes("secret"));
});

test("a change is sent as JSON with its idempotency key", async () => {
  const { api, requests } = apiOf({ "/api/movements": {} });
  await api.call("/api/movements", { method: "POST", body: { lines: [] }, key: "k" });
  const [{ method, headers, body }] = requests;
  assert.deepEqual([method, headers["Content-Type"], headers["Idempotency-Key"], body], ["POST", "application/json", "k", '{"lines":[]}']);
  assert.equal(headers.Authorization, undefined);
});

test("a problem is thrown with its code, its members and the server's pause in milliseconds", async () => {
  const body = { code: "insufficient_stock", detail: "there are 3", available: 3, field: "lines[0].quantity" };
  const { api } = apiOf({ "/api/movements": { status: 409, headers: { "Retry-After": "2" }, body } });
  const error = await api.get("/api/movements").catch((thrown) => thrown);
  assert.ok(error instanceof Problem && error instanceof TallywireError);
  assert.deepEqual(
    [error.status, error.code, error.message, error.available, error.field, error.retryAfter],
    [409, "insufficient_stock", "there are 3", 3, "lines[0].quantity", 2000]);
});

test("without a problem document the code is disconnected, whoever answered", async () => {
  const { api } = apiOf({
    "/no-server": new TypeError("refused"), "/proxy": { status: 502, body: "<h1>Bad gateway</h1>" }, "/null": { status: 500, body: "null" },
    "/broken": { body: '{"items":[' },
  });
  for (const [path, status] of [["/no-server", 0], ["/proxy", 502], ["/null", 500], ["/broken", 200]]) {
    await assert.rejects(api.get(path), { name: "TallywireError", code: "disconnected", status, retryAfter: null });
  }
});

test("a change that may have been made all the same is told from one that was not, and is sent once", async () => {
  const problems = { "/lost": new TypeError("lost"), "/unknown": { status: 504, body: { code: "unknown" } },
    "/unavailable": { status: 503, body: { code: "unavailable" } }, "/refused": { status: 409, body: { code: "in_stock" } } };
  const { api, requests } = apiOf(problems);
  for (const [path, mayBeDone] of [["/lost", true], ["/unknown", true], ["/unavailable", false], ["/refused", false]]) {
    await assert.rejects(api.call(path, { method: "POST", body: {} }), { mayBeDone });
  }
  assert.equal(requests.length, 4);
});

test("an aborted call throws what its signal says, and not a problem", async () => {
  const abort = new AbortController();
  const { api } = apiOf({ "/api/products": Object.assign(new Error("stop"), { name: "AbortError" }) }, { signal: abort.signal });
  abort.abort();
  await assert.rejects(api.get("/api/products"), { name: "AbortError" });
});

test("only a refusal of the API's own token is reported as such", async () => {
  const { api } = apiOf({ "/api/session": { status: 401, body: { code: "unauthenticated" } } }, { token: "own" });
  let refusals = 0;
  api.onUnauthenticated = () => { refusals += 1; };
  await assert.rejects(api.call("/api/session", { token: "another" }), { code: "unauthenticated" });
  await assert.rejects(api.call("/api/session", { token: null }), { code: "unauthenticated" });
  assert.equal(refusals, 0);
  await assert.rejects(api.get("/api/session"), { code: "unauthenticated" });
  assert.equal(refusals, 1);
});

test("a list is read page by page, up to the number that is asked for", async () => {
  const page = (items, nextCursor, seq) => ({ headers: { "Tallywire-Seq": String(seq) }, body: { items, nextCursor } });
  const { api, requests } = apiOf({
    "/api/stock?location=A&limit=1000": page([1, 2], "a b", 5), "/api/stock?location=A&limit=1000&cursor=a%20b": page([3], null, 6),
    "/api/products?limit=2": page([1, 2], "c", 1), "/api/products?limit=1000": page([1, 2, 3], "c", 1),
  });
  assert.deepEqual(await api.list("/api/stock?location=A", 10), { items: [1, 2, 3], seq: 5, isWhole: true });
  assert.deepEqual(await api.list("/api/stock?location=A", 2), { items: [1, 2], seq: 5, isWhole: false });
  assert.deepEqual(await api.list("/api/products", 2), { items: [1, 2], seq: 1, isWhole: false });
  requests.length = 0;
  for await (const { body } of api.pages("/api/products", { limit: 2, most: 2 })) assert.equal(body.items.length, 2);
  assert.equal(requests.length, 1);
});

test("random ids differ, also where there is no randomUUID", (t) => {
  // Node 18 has no crypto as browsers have it.
  if (!globalThis.crypto) return t.skip();
  const { randomUUID } = crypto;
  t.after(() => { crypto.randomUUID = randomUUID; });
  const ids = [randomID(), randomID()];
  crypto.randomUUID = undefined;
  ids.push(randomID(), randomID());
  assert.equal(new Set(ids).size, 4);
  assert.match(ids[3], /^[0-9a-f]{32}$/);
});
