// @ts-check
// One node of a cluster: a row of the table.

import { duration, perSecond, text } from "./texts.js";
import { make, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

const TONES = { leads: "accent", follows: "ok", behind: "low", silent: "out" };
/** The columns, each with a text of the same name. */
export const COLUMNS = ["node", "state", "applied", "lag", "heard", "version", "address"];

/** @typedef {import("./cluster-report.js").Node} Node */

export class ClusterRow {
  /** @param {string} name of the node */
  constructor(name) {
    this.name = name;
    this.answers = make("span", { class: "badge", hidden: true }, text("cluster.answers"));
    this.state = make("span", "badge");
    this.applied = make("td", "number");
    this.lag = make("td");
    this.heard = make("td");
    this.version = make("td", "code");
    this.address = make("td", "code");
    this.element = make("tr", { data: { node: name } }, make("th", { scope: "row" }, make("span", "node-name", name), this.answers),
      make("td", {}, this.state), this.applied, this.lag, this.heard, this.version, this.address);
  }

  /** @param {Node} node */
  show(node) {
    this.answers.hidden = !node.isAnswering;
    setText(this.state, text(`cluster.state.${node.state}`));
    this.state.className = `badge ${TONES[node.state]}`;
    setText(this.applied, formatUnits(node.applied));
    setText(this.lag, lagText(node));
    setText(this.heard, heardText(node));
    setText(this.version, node.version);
    setText(this.address, node.address);
  }
}

/** @param {Node} node */
function lagText(node) {
  // What a silent node said last is no longer true.
  if (node.state === "silent") return "–";
  return node.lagSeconds > 0 ? text("cluster.lagSeconds", { seconds: perSecond(node.lagSeconds) }) : text("cluster.upToDate");
}

/** @param {Node} node */
function heardText(node) {
  if (node.isAnswering) return text("cluster.now");
  if (node.silence === null) return text("cluster.never");
  return text("cluster.ago", { duration: duration(node.silence / 1000) });
}
