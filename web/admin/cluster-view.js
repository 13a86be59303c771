// @ts-check
// The view of the cluster: its nodes, who leads, and what is wrong.

import { reasonOf } from "./app.js";
import { judged, NOTICES, SILENT } from "./cluster-report.js";
import { ClusterRow, COLUMNS } from "./cluster-row.js";
import { duration, text } from "./texts.js";
import { Problem } from "../sdk/errors.js";
import { make, setText } from "../shared/dom.js";
import { formatTime } from "../shared/format.js";

/** Nodes report as often. */
const PERIOD = 2000;
/** A node that has not answered after so many milliseconds may be frozen. */
const PATIENCE = 5000;

/** @typedef {import("./cluster-report.js").ClusterReport} ClusterReport */

export class ClusterView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("cluster.title");
    this.isClosed = false;
    this.request = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Date | null} */
    this.asOf = null;
    /** @type {ClusterRow[]} */
    this.rows = [];
    this.summary = make("p", "quiet small number");
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.notices = Object.entries(NOTICES).map(([name, tone]) => emptyNotice(name, tone));
    this.body = make("tbody");
    this.table = make("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": text("cluster.nodes"), hidden: true },
      make("table", "plain", make("thead", {}, make("tr", {}, ...COLUMNS.map((name) => make("th", {
        scope: "col", class: name === "applied" ? "number" : "" }, text(`cluster.${name}`))))), this.body));
    this.element = make("section", { class: "view cluster-view scrolls", "aria-label": this.title },
      make("div", "view-head", make("h1", {}, this.title), this.summary), this.message,
      ...this.notices.map(({ element }) => element), this.table);
    this.follow();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.request.abort();
  }

  /** Loads again and again, the next time a while after an answer. A page that nobody sees asks nothing. */
  async follow() {
    const isCluster = document.hidden || await this.load();
    if (isCluster && !this.isClosed) this.timer = setTimeout(() => this.follow(), PERIOD);
  }

  /** Returns whether the server is a node of a cluster, as far as is known. */
  async load() {
    const { signal } = (this.request = new AbortController());
    const patience = setTimeout(() => this.request.abort(), PATIENCE);
    try {
      const { body } = await this.app.api.get("/api/cluster", signal);
      this.message.hidden = true;
      this.show(body);
    } catch (error) {
      if (this.isClosed) return false;
      if (error instanceof Problem && error.status === 404) {
        this.tell(text("cluster.none"));
        return false;
      }
      this.failed(signal.aborted ? text("cluster.noAnswer") : reasonOf(error));
    } finally {
      clearTimeout(patience);
    }
    return true;
  }

  /** @param {string} reason */
  failed(reason) {
    const failure = text("app.failed", { reason });
    this.tell(this.asOf ? text("cluster.failed", { failure, time: formatTime(this.asOf) }) : failure);
  }

  /** @param {string} message */
  tell(message) {
    setText(this.message, message);
    this.message.hidden = false;
  }

  /** @param {ClusterReport} report */
  show(report) {
    const { nodes, notices } = judged(report);
    this.asOf = new Date();
    setText(this.summary, text("cluster.summary", { site: report.site, entry: report.head, term: report.term }));
    const logSilence = duration(report.logSilenceSeconds);
    for (const { name, element, words } of this.notices) {
      const notice = notices.find((notice) => notice.name === name);
      // A text that has not changed is not read out again.
      if (notice) setText(words, text(`cluster.notice.${name}`, {
        nodes: notice.nodes.join(", "), count: notice.nodes.length, seconds: SILENT / 1000, logSilence }));
      element.hidden = notice === undefined;
    }
    const names = nodes.map(({ node }) => node);
    if (names.length !== this.rows.length || names.some((name, place) => name !== this.rows[place].name)) {
      this.rows = names.map((name) => new ClusterRow(name));
      this.body.replaceChildren(...this.rows.map(({ element }) => element));
    }
    nodes.forEach((node, place) => this.rows[place].show(node));
    this.table.hidden = false;
  }
}

/**
 * Returns a notice that is hidden, and where its words belong.
 *
 * @param {string} name
 * @param {string} tone
 */
function emptyNotice(name, tone) {
  const isLogSilent = name === "logSilent";
  // The time in this one changes with each answer. It is read out when the notice appears, and not again.
  const words = make("span", { "aria-live": isLogSilent ? "off" : null });
  const element = make("p", { class: `note ${tone}`, role: tone === "bad" ? "alert" : "status", hidden: true, data: { notice: name } },
    words, isLogSilent && ` ${text("cluster.logSilent")}`);
  return { name, element, words };
}
