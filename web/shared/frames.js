// @ts-check
// What is drawn when: once a frame, and never so much at once that the page cannot answer meanwhile.

/**
 * Calls for work at the next frame, once however often it is asked for.
 *
 * @param {() => void} work
 * @returns {() => void} asks for it
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
 * Works that wait for the end of this frame. One channel for all: an open one is never freed.
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
 * Does work in the first task after this frame was laid out and painted.
 *
 * @param {() => void} work
 */
function afterFrame(work) {
  if (waiting.push(work) === 1) channel.port2.postMessage(null);
}

/** What a drawn frame should take, in milliseconds: script, style, layout and paint. */
const BUDGET = 12;
/** So many parts are drawn in a frame, however slow the machine is and however fast. */
const LEAST = 48;
const MOST = 256;
/** What is tried at first. */
const FIRST = 64;
/** Under a flood nobody reads more than thirty pictures a second, and the page has time for other things between them. */
const SHORTEST_GAP = 30;

/**
 * Parts of a page that are drawn anew as they change. Each is drawn with its newest values, however often it changed since it was drawn
 * last; so the work is bounded by what is shown, and not by what happens. When more have changed than a frame has time for, those that
 * have waited longest come first, and the others in the next frames. How many a frame has time for is measured, with layout and paint.
 * A change that comes alone is drawn in the next frame; while there are more all the time, every other frame is drawn.
 *
 * @template Part
 */
export class Redraw {
  /**
   * In the order in which they were asked for.
   *
   * @type {Set<Part>}
   */
  #waiting = new Set();
  #isAsked = false;
  #most = FIRST;
  #count = 0;
  /** When the frame began that was drawn in last, and by the same clock the time at which its script began to run. */
  #last = -Infinity;
  #began = 0;
  #draw;
  #drawn;

  /**
   * @param {(part: Part) => void} draw writes what is known now; must not read what needs a layout
   * @param {() => void} [drawn] called after those of a frame
   */
  constructor(draw, drawn = () => undefined) {
    this.#draw = draw;
    this.#drawn = drawn;
  }

  /**
   * Draws a part soon.
   *
   * @param {Part} part
   */
  ask(part) {
    this.#waiting.add(part);
    this.#wait();
  }

  /** Draws what there is time for, if it is time; for callers that are in a frame already. */
  now() {
    const time = Number(document.timeline.currentTime);
    if (this.#waiting.size === 0 || time - this.#last < SHORTEST_GAP) return;
    this.#last = time;
    this.#slice();
  }

  /** Draws nothing of what waits. */
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
   * Fewer the next time if it took too long, somewhat more if there was time left.
   *
   * @param {number} spent
   */
  #judge(spent) {
    if (spent > BUDGET) this.#most = Math.max(LEAST, Math.floor(this.#most * Math.max(0.5, BUDGET / spent)));
    else if (this.#count >= this.#most) this.#most = Math.min(MOST, this.#most + 4);
  }
}

/** So many elements show within a second that they changed. Where everything flashes nothing stands out, and drawing it takes the page's time. */
const MOST_FLASHES = 24;
let changes = 0;
let second = 0;
let wasFlood = false;

/**
 * Shows for a moment that an element has changed, unless too many do: of a flood the first ones alone show it.
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
