// @ts-check
// Scheduling of drawing: once a frame, and never so much at once that the page stops responding.

/**
 * Returns a function that asks for work at the next frame. However often it is called before that frame, the work runs once.
 *
 * @param {() => void} work
 * @returns {() => void}
 */
export function atNextFrame(work) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      work();
    });
  };
}

/**
 * The work that waits for the end of this frame. There is one channel for all of it, because an open channel is never freed.
 *
 * @type {(() => void)[]}
 */
let waiting = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  const works = waiting;
  waiting = [];
  for (const work of works) work();
};

/**
 * Runs work in the first task after this frame's layout and paint.
 *
 * @param {() => void} work
 */
function afterFrame(work) {
  if (waiting.push(work) === 1) channel.port2.postMessage(null);
}

/** The time that a frame should take, in milliseconds: script, style, layout and paint. */
const BUDGET = 12;
/** The fewest and the most parts that are drawn in a frame, on any machine. */
const LEAST = 48;
const MOST = 256;
/** The number of parts in the first frame. */
const FIRST = 64;
/** The shortest time between two drawn frames, in milliseconds. Nobody reads more than thirty pictures a second, and the pauses leave time for other work. */
const SHORTEST_GAP = 30;

/**
 * Redraws the parts of a page that have changed. A part is drawn with its newest values, however often it has changed since it was drawn
 * last. So the work is bounded by the number of parts, and not by the number of changes. When more parts have changed than a frame has time
 * for, those that have waited longest are drawn first, and the others in the next frames. How many a frame has time for is measured, with
 * layout and paint. A single change is drawn in the next frame; under continuous changes every other frame is drawn.
 *
 * @template Part
 */
export class Redraw {
  /**
   * The parts that wait, in the order in which they were asked for.
   *
   * @type {Set<Part>}
   */
  #waiting = new Set();
  #isAsked = false;
  #most = FIRST;
  #count = 0;
  /** The time of the last frame with drawing, and the time at which its script began to run. */
  #last = -Infinity;
  #began = 0;
  #draw;
  #drawn;

  /**
   * @param {(part: Part) => void} draw writes the newest values; it must not read anything that needs a layout
   * @param {() => void} [drawn] called after the parts of a frame were drawn
   */
  constructor(draw, drawn = () => undefined) {
    this.#draw = draw;
    this.#drawn = drawn;
  }

  /**
   * Asks for a part to be drawn, in one of the next frames.
   *
   * @param {Part} part
   */
  ask(part) {
    this.#waiting.add(part);
    this.#wait();
  }

  /** Draws as many parts as there is time for, unless the last drawing was too recent. For callers that are in a frame already. */
  now() {
    const time = Number(document.timeline.currentTime);
    if (this.#waiting.size === 0 || time - this.#last < SHORTEST_GAP) return;
    this.#last = time;
    this.#slice();
  }

  /** Forgets the parts that wait. */
  clear() {
    this.#waiting.clear();
  }

  #wait() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.now();
      if (this.#waiting.size > 0) this.#wait();
    });
  }

  #slice() {
    this.#began = performance.now();
    this.#count = 0;
    for (const part of this.#waiting) {
      this.#waiting.delete(part);
      this.#draw(part);
      this.#count += 1;
      if (this.#count >= this.#most || performance.now() - this.#began > BUDGET) break;
    }
    this.#drawn();
    afterFrame(() => this.#judge(performance.now() - this.#began));
  }

  /**
   * Adapts the number of parts in a frame: fewer if the frame took too long, somewhat more if there was time left.
   *
   * @param {number} spent
   */
  #judge(spent) {
    if (spent > BUDGET) this.#most = Math.max(LEAST, Math.floor(this.#most * Math.max(0.5, BUDGET / spent)));
    else if (this.#count >= this.#most) this.#most = Math.min(MOST, this.#most + 4);
  }
}

/** At most so many elements flash within a second. If everything flashed nothing would stand out, and drawing costs time. */
const MOST_FLASHES = 24;
let changes = 0;
let second = 0;
let wasFlood = false;

/**
 * Makes an element flash, to show that it has changed. Under a flood of changes only the first ones flash.
 *
 * @param {HTMLElement} element
 */
export function flash(element) {
  const now = performance.now();
  if (now - second > 1000) [wasFlood, changes, second] = [now - second < 2000 && changes > MOST_FLASHES, 0, now];
  changes += 1;
  if (wasFlood || changes > MOST_FLASHES) return;
  element.dataset.changed = element.dataset.changed === "0" ? "1" : "0";
}
