// @ts-check
// The header: the views, the state of the connection, and the user.

import { text } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatTime } from "../shared/format.js";

const VIEWS = ["stock", "alerts", "reservations", "counts", "locations", "activity", "pipeline", "devices", "cluster"];

export class Header {
  /**
   * @param {import("./app.js").App} app
   * @param {HTMLElement} element
   */
  constructor(app, element) {
    this.app = app;
    this.element = element;
    this.openCount = make("span", { class: "count", hidden: true });
    this.connection = make("span", { class: "connection", id: "connection", role: "status" });
    this.stale = make("p", { class: "stale", id: "stale", role: "status", hidden: true });
    this.user = make("span", "quiet small user");
    this.out = make("button", { type: "button", class: "plain compact", on: { click: () => app.session.signOut() } },
      text("session.signOut"));
    this.links = VIEWS.map((name) =>
      make("a", { href: `#/${name}`, data: { view: name } }, text(`nav.${name}`), name === "alerts" && this.openCount));
    const mark = make("img", { src: "favicon.svg", width: 26, height: 26, alt: text("app.name") });
    element.append(
      make("a", { class: "brand", href: "#/stock" }, mark, make("span", { "aria-hidden": "true" }, text("app.name"))),
      make("nav", { class: "views", "aria-label": text("app.menu") }, ...this.links),
      make("div", "end", this.connection, this.user, this.out),
    );
    element.after(this.stale);
    app.live.addEventListener("state", () => this.showState());
    app.alerts.addEventListener("change", () => this.showAlerts());
    setInterval(() => this.showState(), 1000);
  }

  show() {
    const { state } = this.app.session;
    const isOpen = state?.mode === "open";
    setText(this.user, isOpen ? text("session.open") : text("session.as", { user: state?.user ?? "" }));
    this.out.hidden = isOpen;
    for (const link of this.links) if (link.dataset.view === "cluster") link.hidden = this.app.session.node === null;
    this.element.hidden = false;
    this.showState();
  }

  hide() {
    this.element.hidden = true;
    this.stale.hidden = true;
    document.body.classList.remove("is-stale");
  }

  /**
   * Marks the view that is shown.
   *
   * @param {string} path
   */
  mark(path) {
    for (const link of this.links) {
      const view = link.dataset.view ?? "";
      const isHere = path.startsWith(`/${view}`) || (view === "stock" && path.startsWith("/variants"));
      if (isHere) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  showAlerts() {
    const count = this.app.alerts.unacknowledged;
    this.openCount.hidden = count === 0;
    setText(this.openCount, count > 999 ? "999+" : String(count));
    this.openCount.setAttribute("aria-label", text("nav.alertsOpen", { count }));
    this.openCount.setAttribute("role", "img");
  }

  showState() {
    if (this.element.hidden) return;
    const state = this.app.live.state;
    const status = state?.status ?? "connecting";
    this.connection.dataset.state = status === "recovering" ? "connecting" : status;
    setText(this.connection, text(`connection.${status}`));
    const isStale = state !== null && (state.isStale || status === "closed");
    document.body.classList.toggle("is-stale", isStale);
    this.stale.hidden = !isStale;
    if (!isStale) return;
    const asOf = state.asOf ? text("app.stale", { time: formatTime(state.asOf) }) : text("app.staleUnknown");
    setText(this.stale, state.retryAt ? `${asOf} ${text("app.retry", { time: formatTime(state.retryAt) })}` : asOf);
  }
}
