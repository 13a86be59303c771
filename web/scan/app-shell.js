// @ts-check
// Keeps the page itself on the device, so that it opens where there is no server.

/**
 * Has the service worker keep the page's files, and bring them up to date now that the page is open.
 *
 * Without TLS (and not on this very machine) browsers have none; the page then needs the server to be opened, though not to scan.
 */
export async function keepShell() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(workerURL(), { scope: "/scan", updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage("refresh");
  } catch {
    // The server is away: what is kept already goes on.
  }
}

/** The one address that this page's policy takes for a worker. */
function workerURL() {
  const path = "/scan-worker.js";
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return path;
  return types.createPolicy("tallywire-worker", { createScriptURL: (/** @type {string} */ url) => (url === path ? url : "about:blank") }).createScriptURL(path);
}
