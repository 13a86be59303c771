// @ts-check
// Keeps the files of the page on the device, so that the page opens without a server.

/**
 * Lets the service worker keep the page's files, and update them now that the page is open.
 *
 * Browsers have service workers only with TLS, or on the server's own machine. Without one, the page can be opened only while the server can be
 * reached; scanning works without it.
 */
export async function keepShell() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(workerURL(), { scope: "scan", updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage("refresh");
  } catch {
    // The server cannot be reached: the files that are kept already stay.
  }
}

/** Returns the only address that the page's policy allows for a worker. */
function workerURL() {
  const path = "scan-worker.js";
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return path;
  return types.createPolicy("tallywire-worker", { createScriptURL: (/** @type {string} */ url) => (url === path ? url : "about:blank") }).createScriptURL(path);
}
