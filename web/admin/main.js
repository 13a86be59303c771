// @ts-check
// The admin page: signs the user in, and shows the header and the view that the address names.

import { ActivityView } from "./activity-view.js";
import { AlertsView } from "./alerts-view.js";
import { App, reasonOf } from "./app.js";
import { ClusterView } from "./cluster-view.js";
import { CountView } from "./count-view.js";
import { CountsView } from "./counts-view.js";
import { DevicesView } from "./devices-view.js";
import { Header } from "./header.js";
import { LocationsView } from "./locations-view.js";
import { PipelineView } from "./pipeline-view.js";
import { ReservationsView } from "./reservations-view.js";
import { SignInView } from "./sign-in.js";
import { StockView } from "./stock-view.js";
import { text } from "./texts.js";
import { VariantView } from "./variant-view.js";
import { byId, make } from "../shared/dom.js";

const app = new App();
const content = byId("content");
const header = new Header(app, byId("header"));
/** @type {import("./app.js").View | null} */
let view = null;
let isStarted = false;

/**
 * The view of each address.
 *
 * @type {[RegExp, (match: RegExpExecArray) => import("./app.js").View][]}
 */
const routes = [
  [/^\/?(?:stock)?$/, () => new StockView(app)],
  [/^\/variants\/(\d+)$/, (match) => new VariantView(app, Number(match[1]))],
  [/^\/alerts$/, () => new AlertsView(app)],
  [/^\/reservations$/, () => new ReservationsView(app)],
  [/^\/counts$/, () => new CountsView(app)],
  [/^\/counts\/(.+)$/, (match) => new CountView(app, match[1])],
  [/^\/locations$/, () => new LocationsView(app)],
  [/^\/activity$/, () => new ActivityView(app)],
  [/^\/pipeline$/, () => new PipelineView(app)],
  [/^\/devices$/, () => new DevicesView(app)],
  [/^\/cluster$/, () => new ClusterView(app)],
];

function route() {
  const path = decodeURIComponent(location.hash.slice(1).split("?")[0]);
  for (const [pattern, open] of routes) {
    const match = pattern.exec(path);
    if (match) return show(open(match));
  }
  show({ element: make("p", "note", text("app.notFound")), title: text("app.notFound") });
}

/** @param {import("./app.js").View} next */
function show(next) {
  view?.close?.();
  const isFirst = view === null;
  view = next;
  content.replaceChildren(next.element);
  document.title = `${next.title} – ${text("app.name")}`;
  header.mark(location.hash.slice(1) || "/stock");
  // The focus goes to the new view, for keyboards and screen readers.
  if (!isFirst && !next.element.contains(document.activeElement)) content.focus({ preventScroll: true });
}

async function signedIn() {
  if (!app.session.isAdmin) {
    if (isStarted) app.stop();
    isStarted = false;
    header.hide();
    return show(new SignInView(app));
  }
  if (isStarted) return;
  isStarted = true;
  header.show();
  route();
  try {
    await app.start();
  } catch (error) {
    isStarted = false;
    app.stop();
    if (app.session.isAdmin) failed(error);
  }
}

/** @param {unknown} error */
function failed(error) {
  const again = make("button", { type: "button", on: { click: begin } }, text("app.again"));
  show({ element: make("div", "failed", make("p", {}, text("app.failed", { reason: reasonOf(error) })), again), title: text("app.name") });
}

async function begin() {
  content.replaceChildren(make("p", "note", text("app.loading")));
  try {
    await app.session.begin();
  } catch (error) {
    failed(error);
  }
}

const skip = byId("skip");
skip.textContent = text("app.skip");
skip.addEventListener("click", (event) => {
  // The fragment of the address is the view, so the link must not change it.
  event.preventDefault();
  content.focus();
});
addEventListener("hashchange", () => isStarted && route());
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.closest("input, select, textarea, dialog");
  if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) view?.onKey?.(event);
});
app.session.addEventListener("change", signedIn);
begin();
