/**
 * Live stock from a Tallywire server: `import { TallywireClient } from "/sdk/tallywire.js"`.
 *
 * The whole interface is described in tallywire.d.ts, and docs/WEB.md shows its use.
 */
export { TallywireClient } from "./client.js";
export { TallywireError } from "./errors.js";
