// The service worker of the scanner's page keeps every file that the page loads, so that the page opens without a server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { URL } from "node:url";

const repository = new URL("../../../", import.meta.url);

/** Returns the text of the file that is served under a path. */
function served(path) {
  const names = { "/scan": "web/scan/index.html", "/favicon.svg": "web/shared/favicon.svg" };
  const name = names[path] ?? (path.startsWith("/sdk/") ? `clients/js/${path.slice(5)}` : `web${path}`);
  return readFileSync(new URL(name, repository), "utf8");
}

/** Returns the paths that a file loads: modules, styles, pictures and the manifest. */
function loadedBy(path) {
  const text = served(path);
  const found = path === "/scan" ? text.matchAll(/<(?:link|script|img)[^>]* (?:src|href)="([^"]+)"/g) : text.matchAll(/^import [^;]*?"([^"]+)";/gms);
  return [...found].map(([, name]) => new URL(name, `http://server${path}`).pathname);
}

test("the service worker keeps all files of the scanner's page", () => {
  const kept = new Set([...served("/scan/service-worker.js").matchAll(/^  ".*$/gm)].flatMap(([line]) => [...line.matchAll(/"([^"]+)"/g)].map(([, path]) => `/${path}`)));
  const needed = new Set(["/scan"]);
  for (const path of needed) {
    if (path === "/scan" || path.endsWith(".js")) for (const other of loadedBy(path)) needed.add(other);
  }
  for (const path of needed) assert.ok(kept.has(path), `${path} is not kept`);
  const modules = [...kept].filter((path) => path.endsWith(".js"));
  for (const path of modules) assert.ok(needed.has(path), `${path} is kept, and nothing loads it`);
  assert.ok(modules.length > 10);
});
