// A test that hangs is to fail and not to stop everything. Node 18 has no option for that on its command line.
import test from "node:test";

/** Milliseconds that one test may take: many times what the longest takes on a busy machine. */
const LIMIT = 240_000;

/**
 * A test with a limit of time.
 * @param {string} name
 * @param {(test: import("node:test").TestContext) => void | Promise<void>} action
 */
export default (name, action) => test(name, { timeout: LIMIT }, action);
