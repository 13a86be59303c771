// @ts-check
// The chart of stock over time: a step line, the threshold as a line, and a mark that the pointer or the keyboard moves between changes.

import { signed, text } from "./texts.js";
import { draw, make, setText } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";

const HEIGHT = 220;
const EDGE = { left: 52, right: 16, top: 14, bottom: 26 };

/** @typedef {{ at: number, stock: number, change: number }} Point the stock from `at` on */
/** @typedef {{ points: Point[], before: number, threshold: number, from: number, until: number }} Series the points, oldest first; `before` is the stock before the first one */

export class StockChart {
  constructor() {
    this.area = draw("path", "chart-area");
    this.line = draw("path", "chart-line");
    this.threshold = draw("line", "chart-threshold");
    this.thresholdText = draw("text", "chart-threshold-text");
    this.grid = draw("g", { class: "chart-grid" });
    this.mark = draw("g", { class: "chart-mark" }, draw("line", { y1: EDGE.top, y2: HEIGHT - EDGE.bottom }), draw("circle", { r: 4 }));
    this.svg = draw("svg", { class: "chart", height: HEIGHT, role: "img", tabindex: 0 }, this.grid, this.area, this.line, this.threshold,
      this.thresholdText, this.mark);
    this.tip = make("p", { class: "chart-tip", role: "status", hidden: true });
    this.element = make("figure", "chart-figure", this.svg, this.tip);
    /** @type {Series} */
    this.series = { points: [], before: 0, threshold: 0, from: 0, until: 1 };
    this.width = 600;
    this.chosen = -1;
    this.observer = new ResizeObserver(() => this.drawAll());
    this.observer.observe(this.element);
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    this.svg.addEventListener("pointermove", (event) => this.onPointer(event));
    this.svg.addEventListener("pointerleave", () => document.activeElement !== this.svg && this.choose(-1));
    this.svg.addEventListener("blur", () => this.choose(-1));
  }

  close() { this.observer.disconnect(); }

  /** @param {Series} series */
  show(series) {
    this.series = series;
    this.svg.setAttribute("aria-label", text("chart.label", { count: series.points.length }));
    this.drawAll();
  }

  get most() {
    const { points, before, threshold } = this.series;
    return niceTop(points.reduce((most, point) => Math.max(most, point.stock), Math.max(before, threshold, 1)));
  }

  /** @param {number} at */
  x(at) {
    const { from, until } = this.series;
    return EDGE.left + ((at - from) / Math.max(1, until - from)) * (this.width - EDGE.left - EDGE.right);
  }

  /** @param {number} stock */
  y(stock) { return HEIGHT - EDGE.bottom - (stock / this.most) * (HEIGHT - EDGE.top - EDGE.bottom); }

  drawAll() {
    this.width = Math.max(240, this.element.clientWidth);
    this.svg.setAttribute("width", String(this.width));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const { points, before, threshold, from, until } = this.series;
    const steps = [`M${this.x(from)} ${this.y(before)}`];
    for (const { at, stock } of points) steps.push(`H${round(this.x(Math.max(at, from)))}`, `V${round(this.y(stock))}`);
    steps.push(`H${this.x(until)}`);
    this.line.setAttribute("d", steps.join(""));
    this.area.setAttribute("d", `${steps.join("")}V${this.y(0)}H${this.x(from)}Z`);
    const y = this.y(threshold);
    for (const [name, value] of Object.entries({ x1: EDGE.left, x2: this.width - EDGE.right, y1: y,
      y2: y })) this.threshold.setAttribute(name, String(value));
    this.thresholdText.setAttribute("x", String(this.width - EDGE.right - 4));
    this.thresholdText.setAttribute("y", String(y - 5));
    setText(this.thresholdText, text("chart.threshold", { threshold }));
    this.drawGrid();
    this.choose(Math.min(this.chosen, points.length - 1));
  }

  drawGrid() {
    const { from, until } = this.series;
    const lines = [0, 0.5, 1].flatMap((part) => {
      const y = this.y(this.most * part);
      return [draw("line", { x1: EDGE.left, x2: this.width - EDGE.right, y1: y, y2: y }), draw("text", { x: EDGE.left - 8, y: y + 4,
        class: "chart-y" }, formatUnits(Math.round(this.most * part)))];
    });
    const count = this.width > 560 ? 4 : 2;
    for (let index = 0; index <= count; index++) {
      const at = from + ((until - from) * index) / count;
      const anchor = index === 0 ? "start" : index === count ? "end" : "middle";
      lines.push(draw("text", { x: this.x(at), y: HEIGHT - 6, "text-anchor": anchor }, formatTime(at)));
    }
    this.grid.replaceChildren(...lines);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const last = this.series.points.length - 1;
    const now = this.chosen < 0 ? last + 1 : this.chosen;
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last, Escape: -1 };
    if (!(event.key in places) || last < 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(event.key === "Escape" ? -1 : Math.max(0, Math.min(places[event.key], last)));
  }

  /** @param {PointerEvent} event */
  onPointer(event) {
    const { points, from, until } = this.series;
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    const at = from + ((x - EDGE.left) / (this.width - EDGE.left - EDGE.right)) * (until - from);
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle].at <= at) low = middle + 1;
      else high = middle;
    }
    const nearer = low < points.length && (low === 0 || points[low].at - at < at - points[low - 1].at) ? low : low - 1;
    this.choose(nearer);
  }

  /** @param {number} index */
  choose(index) {
    this.chosen = index;
    const point = this.series.points[index];
    this.mark.setAttribute("visibility", point ? "visible" : "hidden");
    this.tip.hidden = !point;
    if (!point) return;
    const x = this.x(Math.max(point.at, this.series.from));
    this.mark.setAttribute("transform", `translate(${round(x)} 0)`);
    this.mark.lastElementChild?.setAttribute("cy", String(this.y(point.stock)));
    setText(this.tip, text("chart.point", { time: formatTime(point.at), stock: point.stock, change: signed(point.change) }));
  }
}

/**
 * Returns a round number that is not below `most`, so that the lines of the grid have round numbers.
 *
 * @param {number} most
 */
function niceTop(most) {
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((step) => step * size).find((top) => top >= most) ?? most;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
