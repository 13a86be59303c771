// Lets `import "react"` find Debian's: modules do not look into NODE_PATH.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);

/** @type {import("node:module").ResolveHook} */
export async function resolve(specifier, context, next) {
  if (/^react(-dom)?(\/.*)?$/.test(specifier)) return { url: pathToFileURL(require.resolve(specifier)).href, shortCircuit: true };
  return next(specifier, context);
}
