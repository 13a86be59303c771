// @ts-check
// A list of any length, of which only the visible rows are in the document.

import { RovingFocus } from "./roving-focus.js";
import { make } from "../shared/dom.js";
import { Redraw } from "../shared/frames.js";

/** So many rows beyond the edges are in the document, so that fast scrolling shows no gap. */
const MARGIN = 6;

/**
 * @template Item
 * @typedef {{ create: () => HTMLElement, show: (element: HTMLElement, item: Item, index: number) => void, open?: (item: Item) => void,
 *   key?: (item: Item, event: KeyboardEvent) => boolean }} RowView
 *   `create` returns an element, which then shows one item after another; `key` returns whether it has handled a key
 */

/**
 * The rows of a grid. All rows have the same height, `--row` in the style, so the visible rows follow from the scroll position alone. One row
 * can be focused. Arrows, Page up and down, Home and End move the focus, Enter opens the row.
 *
 * @template Item
 */
export class VirtualList {
  /**
   * @param {RowView<Item>} view
   * @param {{ label: string, head?: HTMLElement }} about `head` is a row of column headers
   */
  constructor(view, { label, head }) {
    this.view = view;
    /** @type {Item[]} */
    this.items = [];
    this.active = 0;
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    /** @type {HTMLElement[]} */
    this.spare = [];
    this.headRows = head ? 1 : 0;
    this.space = make("div", { class: "window-space", role: "rowgroup" });
    this.scroller = make("div", { class: "window-scroller" }, head && make("div", { class: "window-head", role: "rowgroup" }, head),
      this.space);
    this.element = make("div", { class: "window-list", role: "grid", "aria-label": label, "aria-rowcount": 0 }, this.scroller);
    this.rowHeight = 44;
    this.frame = 0;
    /** @type {Redraw<HTMLElement>} */
    this.redraw = new Redraw((element) => this.showAgain(element));
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.roving = new RovingFocus(this);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.scroller);
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.redraw.clear();
  }

  /**
   * Shows these items. The active row stays with its item if that is still in the list.
   *
   * @param {Item[]} items
   */
  setItems(items) {
    const active = this.items[this.active];
    this.items = items;
    const place = active === undefined || items[this.active] === active ? this.active : items.indexOf(active);
    this.active = Math.max(0, Math.min(place < 0 ? this.active : place, items.length - 1));
    this.element.setAttribute("aria-rowcount", String(items.length + this.headRows));
    this.resize();
    this.draw();
  }

  measure() {
    const height = parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 44;
    if (height !== this.rowHeight) {
      this.rowHeight = height;
      for (const index of [...this.shown.keys()]) this.retire(index);
      this.resize();
    }
    this.draw();
  }

  resize() { this.space.style.height = `${this.items.length * this.rowHeight}px`; }

  /** Draws at the next frame. */
  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    this.frame = 0;
    const top = this.scroller.scrollTop;
    const first = Math.max(0, Math.floor(top / this.rowHeight) - MARGIN);
    const end = Math.min(this.items.length, Math.ceil((top + this.scroller.clientHeight) / this.rowHeight) + MARGIN);
    for (const index of [...this.shown.keys()]) {
      // The row with the focus stays in the document, however far it is scrolled away, so that the focus is not lost.
      const keeps = index === this.active && this.shown.get(index)?.contains(document.activeElement);
      if (index >= this.items.length || ((index < first || index >= end) && !keeps)) this.retire(index);
    }
    for (let index = first; index < end; index++) this.place(index);
    if (this.active < this.items.length) this.place(this.active);
  }

  /** @param {number} index */
  place(index) {
    let element = this.shown.get(index);
    if (!element) {
      element = this.spare.pop() ?? this.view.create();
      element.classList.add("window-row");
      element.style.transform = `translateY(${index * this.rowHeight}px)`;
      element.setAttribute("aria-rowindex", String(index + 1 + this.headRows));
      element.dataset.index = String(index);
      this.shown.set(index, element);
      this.space.append(element);
    }
    element.tabIndex = index === this.active ? 0 : -1;
    this.view.show(element, this.items[index], index);
  }

  /** @param {number} index */
  retire(index) {
    const element = this.shown.get(index);
    if (!element) return;
    element.remove();
    delete element.dataset.changed;
    this.shown.delete(index);
    if (this.spare.length < 64) this.spare.push(element);
  }

  /**
   * Redraws visible items, in this frame as far as there is time, and in the next ones.
   *
   * @param {(item: Item) => boolean} isChanged
   */
  refresh(isChanged) {
    for (const [index, element] of this.shown) {
      const item = this.items[index];
      if (item !== undefined && isChanged(item)) this.redraw.ask(element);
    }
    this.redraw.now();
  }

  /** @param {HTMLElement} element */
  showAgain(element) {
    const index = Number(element.dataset.index);
    const item = this.items[index];
    if (item !== undefined && this.shown.get(index) === element) this.view.show(element, item, index);
  }

  /**
   * Returns the element that shows an item, if one does.
   *
   * @param {Item} item
   */
  elementOf(item) {
    for (const [index, element] of this.shown) if (this.items[index] === item) return element;
    return undefined;
  }

  /**
   * Makes a row the active one, scrolls to it and focuses it.
   *
   * @param {number} index
   */
  focus(index) { this.roving.focus(index); }
}
