import { Timer } from "./clock.js";

/** How often the clock is checked, and how late or early the timer may be before that counts as a jump of the clock; in milliseconds. */
const INTERVAL = 5_000;
const TOLERANCE = 5_000;

/**
 * Notices when a connection should be checked: the network came or went, the page is visible again, or the machine has slept.
 */
export class WakeDetector {
  #timer;
  #expected = 0;
  /** @type {(() => void) | null} */
  #remove = null;

  /**
   * @param {import("./tallywire.js").Clock} clock
   * @param {() => void} wake
   */
  constructor(clock, wake) {
    this.clock = clock;
    this.wake = wake;
    this.#timer = new Timer(clock);
  }

  /** Whether the browser says that there is no network. */
  static get isOffline() {
    return globalThis.navigator?.onLine === false;
  }

  start() {
    if (this.#remove) return;
    this.#tick();
    const seen = () => {
      if (document.visibilityState === "visible") this.wake();
    };
    const page = typeof document === "undefined" ? null : document;
    const target = typeof globalThis.addEventListener === "function" ? globalThis : null;
    page?.addEventListener("visibilitychange", seen);
    for (const name of ["online", "offline", "pageshow", "resume"]) target?.addEventListener(name, this.wake);
    this.#remove = () => {
      page?.removeEventListener("visibilitychange", seen);
      for (const name of ["online", "offline", "pageshow", "resume"]) target?.removeEventListener(name, this.wake);
    };
  }

  stop() {
    this.#timer.stop();
    this.#remove?.();
    this.#remove = null;
  }

  #tick() {
    this.#expected = this.clock.now() + INTERVAL;
    this.#timer.set(INTERVAL, () => {
      const hasJumped = Math.abs(this.clock.now() - this.#expected) > TOLERANCE;
      this.#tick();
      if (hasJumped) this.wake();
    });
  }
}
