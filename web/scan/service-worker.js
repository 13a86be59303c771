// @ts-check
/// <reference lib="webworker" />
// The scanner's service worker: serves the page's files from the device, all of one version, and updates them once the page is open.

const CACHE = "tallywire-scan";
/** The page's files, beside which the server has this worker: a proxy may have put the server under a path. */
const FILES = [
  "scan", "scan/scan.css", "scan/scan.js", "scan/camera.js", "scan/feedback.js", "scan/queue.js", "scan/sender.js", "scan/app-shell.js",
  "scan/texts.js", "scan/key-reader.js", "scan/keyboard-layout.js", "scan/key-timing.js", "scan/wedge.js", "scan/control-code.js",
  "scan/scan-mode.js", "scan/scan-rows.js", "scan/app.webmanifest",
  "scan/icon-192.png", "scan/icon-512.png", "shared/look.css", "shared/barcode.js", "shared/dom.js", "shared/format.js",
  "shared/token-claims.js", "sdk/api.js", "sdk/backoff.js", "sdk/clock.js", "sdk/errors.js", "sdk/jwt.js", "favicon.svg",
].map((name) => new URL(name, self.location.href).pathname);

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => event.waitUntil(refresh().then(() => worker.skipWaiting())));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

// The page sends this when it has loaded. An earlier update could give it files of two versions.
worker.addEventListener("message", (event) => {
  if (event.data === "refresh") event.waitUntil(refresh().catch(() => undefined));
});

worker.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== worker.location.origin || !FILES.includes(pathname)) return;
  event.respondWith(serve(event.request, pathname));
});

/**
 * @param {Request} request
 * @param {string} path
 */
async function serve(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

/** Loads all files, and keeps them if all have come. For files that have not changed the server answers without a body. */
async function refresh() {
  const answers = await Promise.all(FILES.map((path) => fetch(path, { cache: "no-cache" })));
  if (answers.some((answer) => !answer.ok)) throw new Error("not all files of the page could be had");
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map((path, place) => cache.put(path, answers[place])));
}
