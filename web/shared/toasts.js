// @ts-check
// Short notifications that disappear by themselves.

import { make } from "./dom.js";
import { texts } from "./texts.js";

const STAY = 6000;
const MOST = 3;

/** A stack of notifications in a corner. Screen readers announce them politely. A notification stays while the pointer or the focus is on it. */
export class Toasts {
  #list = make("div", { class: "toasts", role: "log", "aria-live": "polite", "aria-label": texts.toasts.label });

  constructor() {
    document.body.append(this.#list);
  }

  /**
   * @param {string} title
   * @param {string} [text]
   * @param {"ok" | "low" | "out" | ""} [kind]
   */
  show(title, text = "", kind = "") {
    const close = make("button", { type: "button", class: "plain compact", "aria-label": texts.toasts.close }, "✕");
    const toast = make("div", { class: "toast", data: { kind } }, make("div", {}, make("strong", {}, title), text ? make("p", {}, text) : null), close);
    let timer = setTimeout(() => toast.remove(), STAY);
    const hold = () => clearTimeout(timer);
    const go = () => {
      hold();
      timer = setTimeout(() => toast.remove(), STAY);
    };
    for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, hold);
    for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, go);
    close.addEventListener("click", () => {
      hold();
      toast.remove();
    });
    this.#list.append(toast);
    // The oldest are removed: nobody reads more than a few.
    while (this.#list.children.length > MOST) this.#list.firstElementChild?.remove();
  }
}
