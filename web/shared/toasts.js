// @ts-check
// Short messages that come by themselves and go by themselves.

import { make } from "./dom.js";
import { texts } from "./texts.js";

const STAY = 6000;
const MOST = 3;

/** A stack of messages in a corner. Screen readers are told when they have time; a message stays while it is pointed at or focused. */
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
    for (const [type, act] of /** @type {const} */ ([["pointerenter", hold], ["focusin", hold], ["pointerleave", go], ["focusout", go]])) toast.addEventListener(type, act);
    close.addEventListener("click", () => {
      hold();
      toast.remove();
    });
    this.#list.append(toast);
    // The oldest make room: more than a few are read by nobody.
    while (this.#list.children.length > MOST) this.#list.firstElementChild?.remove();
  }
}
