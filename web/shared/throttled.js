// @ts-check
// Work that is repeated no more often than it has to be.

import { Problem } from "../sdk/errors.js";

/**
 * Returns a function that asks for work. However often it is called, the work runs once at a time, with a pause between two runs. Work that
 * fails because of the server ({@link Problem}) runs again after the pause.
 *
 * @param {() => Promise<void>} work
 * @param {number} pause from the beginning of a run to that of the next one, in milliseconds
 * @returns {() => void}
 */
export function throttled(work, pause) {
  let isRunning = false;
  let isWanted = false;
  let last = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const run = async () => {
    timer = undefined;
    isRunning = true;
    isWanted = false;
    last = performance.now();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      isWanted = true;
    } finally {
      isRunning = false;
      if (isWanted) ask();
    }
  };
  const ask = () => {
    isWanted = true;
    if (isRunning || timer !== undefined) return;
    timer = setTimeout(run, Math.max(0, last + pause - performance.now()));
  };
  return ask;
}
