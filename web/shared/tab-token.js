// @ts-check
// A token that was typed into a tab of the browser.

/**
 * Keeps a token in the tab's `sessionStorage`, so that a reload keeps it and closing the tab ends it. It is in no cookie, no
 * `localStorage` and no address.
 */
export class TabToken {
  #name;

  /** @param {string} name of the entry in `sessionStorage` */
  constructor(name) {
    this.#name = name;
  }

  /** @returns {string | null} */
  get value() {
    return sessionStorage.getItem(this.#name);
  }

  set value(token) {
    if (token === null) sessionStorage.removeItem(this.#name);
    else sessionStorage.setItem(this.#name, token);
  }
}
