// @ts-check
// The keyboard of a list (roving tabindex): one row can be focused, and keys move the focus.

/** Handles arrows, Page up and down, Home and End, Enter and clicks in a {@link VirtualList}. */
export class RovingFocus {
  /** @param {import("./virtual-list.js").VirtualList<any>} list */
  constructor(list) {
    this.list = list;
    list.element.addEventListener("keydown", (event) => this.onKey(event));
    list.space.addEventListener("click", (event) => this.onClick(event));
    list.space.addEventListener("focusin", (event) => this.onFocus(event));
  }

  /**
   * Makes a row the active one, brings it into view and focuses it.
   *
   * @param {number} index
   */
  focus(index) {
    if (this.list.items.length === 0) return;
    const before = this.list.active;
    this.list.active = Math.max(0, Math.min(index, this.list.items.length - 1));
    const old = this.list.shown.get(before);
    if (old) old.tabIndex = -1;
    const head = this.list.scroller.clientHeight - this.visibleHeight;
    const top = this.list.active * this.list.rowHeight;
    const { scroller, rowHeight } = this.list;
    const bottom = top + rowHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + this.visibleHeight) scroller.scrollTop = bottom + head - scroller.clientHeight;
    this.list.drawNow();
    this.list.shown.get(this.list.active)?.focus({ preventScroll: true });
  }

  /** The height of the visible rows, below the fixed head. */
  get visibleHeight() {
    const head = this.list.headRows ? /** @type {HTMLElement} */ (this.list.scroller.firstElementChild).offsetHeight : 0;
    return this.list.scroller.clientHeight - head;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (!(event.target instanceof HTMLElement) || !event.target.classList.contains("window-row")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = this.list.items[this.list.active];
    const page = Math.max(1, Math.floor(this.visibleHeight / this.list.rowHeight) - 1);
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.focus(this.list.active + moves[event.key]);
    else if (event.key === "Enter" && this.list.view.open && item !== undefined) this.list.view.open(item);
    else if (item === undefined || !this.list.view.key?.(item, event)) return;
    event.preventDefault();
  }

  /** @param {Event} event */
  onClick(event) {
    if (!(event.target instanceof Element) || event.target.closest("button, a, input")) return;
    const row = event.target.closest(".window-row");
    if (row instanceof HTMLElement && this.list.view.open) this.list.view.open(this.list.items[Number(row.dataset.index)]);
  }

  /** @param {Event} event */
  onFocus(event) {
    const row = event.target instanceof Element ? event.target.closest(".window-row") : null;
    if (!(row instanceof HTMLElement)) return;
    const index = Number(row.dataset.index);
    if (index === this.list.active) return;
    const old = this.list.shown.get(this.list.active);
    if (old) old.tabIndex = -1;
    this.list.active = index;
    row.tabIndex = 0;
  }
}
