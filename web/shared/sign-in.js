// @ts-check
// A form for a token, on servers that let nobody read without one.

import { make, setText } from "./dom.js";
import { claimsOf } from "./credential.js";
import { token } from "./server.js";
import { texts } from "./texts.js";

/**
 * Asks for a token, above `main`. Once one was given the page begins anew with it.
 *
 * @param {string} [reason] why the last one was not taken
 */
export function askForToken(reason = "") {
  if (document.getElementById("sign-in")) return;
  const words = texts.signIn;
  const input = make("input", { id: "sign-in-token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const fault = make("p", { class: "error", role: "alert" }, reason);
  const form = make("form", { id: "sign-in", class: "card sign-in" },
    make("h2", {}, words.title),
    make("div", "field", make("label", { for: "sign-in-token" }, words.token), input, make("p", "hint", words.hint), fault),
    make("button", { class: "primary" }, words.button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!claimsOf(text)) return setText(fault, words.unreadable);
    token.set(text);
    location.reload();
  });
  document.querySelector("main")?.before(form);
  input.focus();
}
