// @ts-check
// The view for signing in: with a password if the server has users, or with a token.

import { reasonOf } from "./app.js";
import { text } from "./texts.js";
import { Problem } from "../sdk/errors.js";
import { field, make, setText } from "../shared/dom.js";

export class SignInView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("session.title");
    const state = app.session.state;
    this.withPassword = state?.passwords ?? false;
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.user = make("input", { id: "user", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
      required: true });
    this.password = make("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
    this.token = make("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
    this.button = make("button", { class: "primary", type: "submit" }, text("session.signIn"));
    this.other = make("button", { type: "button", class: "plain compact", on: { click: () => this.choose(!this.withPassword) } });
    this.fields = make("div", "sign-in-fields");
    const mark = make("img", { src: "favicon.svg", alt: "" });
    this.form = make(
      "form", { class: "card sign-in", on: { submit: (/** @type {Event} */ event) => this.submit(event) } }, mark, make("h1", {},
        text("session.title")),
      make("p", "quiet", text("session.intro")), this.message, this.fields, this.button,
      state?.passwords ? this.other : make("p", "small quiet", text("session.noPasswords")));
    this.element = make("div", "sign-in-page", this.form);
    this.choose(this.withPassword);
    if (app.session.reason) this.tell(text(app.session.reason));
    else if (state?.role && state.role !== "admin") this.tell(text("session.notAdmin", { role: state.role }));
    requestAnimationFrame(() => (this.withPassword ? this.user : this.token).focus());
  }

  /** @param {boolean} withPassword */
  choose(withPassword) {
    this.withPassword = withPassword;
    this.fields.replaceChildren(
      ...(withPassword
        ? [field(text("session.user"), this.user), field(text("session.password"), this.password)]
        : [field(text("session.token"), this.token, make("span", "hint", text("session.tokenHint")))]));
    setText(this.other, text(withPassword ? "session.withToken" : "session.withPassword"));
  }

  /** @param {string} message */
  tell(message) {
    setText(this.message, message);
    this.message.hidden = false;
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    setText(this.button, text("session.signingIn"));
    try {
      if (this.withPassword) await this.app.session.signIn(this.user.value, this.password.value);
      else await this.app.session.useToken(this.token.value.trim());
    } catch (error) {
      this.tell(this.explain(error));
      (this.withPassword ? this.password : this.token).select();
    } finally {
      this.button.disabled = false;
      setText(this.button, text("session.signIn"));
    }
  }

  /** @param {unknown} error */
  explain(error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 429) return text("session.tooMany", { count: Math.ceil((error.retryAfter ?? 1000) / 1000) });
    if (error.status === 401) return this.withPassword ? text("session.wrong") : text("session.wrongToken", { reason: error.message });
    return reasonOf(error);
  }
}
