// @ts-check
// Samples of the pipeline's counters, taken every few seconds, and the rates at which they grow.

const PERIOD = 3000;
/** At most so many samples are kept: those of ten minutes. */
const MOST = 200;

/** @typedef {{ at: number, status: any, rates: Map<string, number> }} Sample `rates` are per second, by the name of each part */

/** The samples. Sends `change` after each request, also after one that failed; `error` is set then. */
export class PipelineSamples extends EventTarget {
  /** @param {import("../sdk/api.js").API} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {unknown} */
    this.error = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isRunning = false;
  }

  get last() { return this.samples.at(-1) ?? null; }

  start() {
    if (this.isRunning) return;
    this.isRunning = true;
    this.sample();
  }

  stop() {
    this.isRunning = false;
    clearTimeout(this.timer);
    this.samples = [];
  }

  async sample() {
    if (!document.hidden) {
      try {
        const { body } = await this.api.get("/api/pipeline");
        this.add(body);
        this.error = null;
      } catch (error) {
        this.error = error;
      }
      this.dispatchEvent(new Event("change"));
    }
    if (this.isRunning) this.timer = setTimeout(() => this.sample(), PERIOD);
  }

  /** @param {any} status */
  add(status) {
    const at = performance.now();
    const before = this.last;
    /** @type {Map<string, number>} */
    const rates = new Map();
    for (const [name, count] of counts(status)) {
      const earlier = before && counts(before.status).get(name);
      // After a restart of the server its counters begin at 0 again.
      if (before && earlier !== undefined && earlier !== null && count >= earlier) rates.set(name,
        ((count - earlier) * 1000) / (at - before.at));
    }
    this.samples.push({ at, status, rates });
    if (this.samples.length > MOST) this.samples.shift();
  }

  /**
   * Returns the rates of one part, oldest first.
   *
   * @param {string} name
   */
  ratesOf(name) { return this.samples.map((sample) => sample.rates.get(name) ?? 0); }
}

/**
 * Returns the number of events that each part has handled.
 *
 * @param {any} status
 * @returns {Map<string, number>}
 */
function counts(status) {
  return new Map([
    ["engine", status.engine.applied + status.engine.rejected + status.engine.duplicates],
    ...status.sources.map((/** @type {any} */ source) => [`source:${source.name}`, source.received]),
    ...status.sinks.map((/** @type {any} */ sink) => [`sink:${sink.name}`, sink.delivered + sink.filtered + sink.merged]),
  ]);
}
