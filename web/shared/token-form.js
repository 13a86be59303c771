// @ts-check
// The form for a token, on servers that let nobody read without one.

import { Problem } from "../sdk/errors.js";
import { api, token } from "./api.js";
import { field, make, setText } from "./dom.js";
import { texts } from "./texts.js";
import { tokenClaims } from "./token-claims.js";

/**
 * Shows the form above `main` if the server has refused to be read.
 *
 * @param {unknown} error
 * @returns {boolean} whether it has
 */
export function askForToken(error) {
  if (!(error instanceof Problem) || (error.code !== "unauthenticated" && error.code !== "forbidden")) return false;
  if (!document.getElementById("sign-in")) showForm(api.token ? error.message : "");
  return true;
}

/** @param {string} reason why the server refused the last token */
function showForm(reason) {
  const words = texts.signIn;
  const input = make("input", { id: "sign-in-token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const fault = make("p", { class: "error", role: "alert" }, reason);
  const form = make("form", { id: "sign-in", class: "card sign-in" },
    make("h2", {}, words.title), field(words.token, input, make("p", "hint", words.hint), fault), make("button", { class: "primary" }, words.button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!tokenClaims(text)) return setText(fault, words.unreadable);
    token.value = text;
    // The page starts again with the token.
    location.reload();
  });
  document.querySelector("main")?.before(form);
  input.focus();
}
