// A limit of time for each test, so that a test that hangs fails. Node 18 has no option for that on its command line.
import test from "node:test";

/** The limit in milliseconds: many times what the longest test takes on a busy machine. */
const LIMIT = 240_000;

/**
 * A test with a limit of time.
 * @param {string} name
 * @param {(test: import("node:test").TestContext) => void | Promise<void>} action
 */
export default (name, action) => test(name, { timeout: LIMIT }, action);
