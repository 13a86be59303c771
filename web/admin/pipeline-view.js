// @ts-check
// The view of the pipeline: sources, engine and sinks as a graph.

import { reasonOf } from "./app.js";
import { PipelineNode } from "./pipeline-node.js";
import { text } from "./texts.js";
import { draw, make, setText } from "../shared/dom.js";

export class PipelineView {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.title = text("pipeline.title");
    /**
     * The parts, by `source:NAME`, `engine`, `sink:NAME`.
     *
     * @type {Map<string, PipelineNode>}
     */
    this.nodes = new Map();
    this.edges = draw("svg", { class: "edges", "aria-hidden": "true" });
    this.columns = ["sources", "engine", "sinks"].map((name) =>
      make("div", { class: "column", role: "group", "aria-label": text(`pipeline.${name}`) }, make("h2", "column-name",
        text(`pipeline.${name}`))));
    this.graph = make("div", { class: "graph", role: "group", "aria-label": text("pipeline.graph") }, this.edges, ...this.columns);
    this.seq = make("p", "quiet small number");
    this.message = make("p", { class: "note bad", role: "alert", hidden: true });
    this.element = make(
      "section", { class: "view pipeline-view scrolls", "aria-label": this.title }, make("div", "view-head", make("h1", {}, this.title),
        this.seq), this.message, this.graph);
    this.change = () => this.show();
    app.pipeline.addEventListener("change", this.change);
    this.observer = new ResizeObserver(() => this.drawEdges());
    this.observer.observe(this.graph);
    this.show();
  }

  close() {
    this.app.pipeline.removeEventListener("change", this.change);
    this.observer.disconnect();
  }

  show() {
    const { last, error } = this.app.pipeline;
    this.message.hidden = error === null;
    if (error !== null) setText(this.message, text("app.failed", { reason: reasonOf(error) }));
    if (!last) return;
    const { status } = last;
    setText(this.seq, text("pipeline.seq", { seq: status.seq }));
    const sources = [{ name: text("pipeline.http"), plugin: "http", state: "running", isBuiltIn: true, received: 0, lastError: null },
      ...status.sources];
    const seen = new Set();
    const put = (/** @type {string} */ id, /** @type {number} */ column, /** @type {any} */ part) => {
      seen.add(id);
      let node = this.nodes.get(id);
      if (!node) {
        node = new PipelineNode(id, this.app);
        this.nodes.set(id, node);
        this.columns[column].append(node.element);
      }
      node.show(part, status, last.rates.get(id), this.app.pipeline.ratesOf(id));
    };
    for (const source of sources) put(source.isBuiltIn ? "http" : `source:${source.name}`, 0, source);
    put("engine", 1, { ...status.engine, name: text("pipeline.engine"), plugin: "", state: "running" });
    for (const sink of status.sinks) put(`sink:${sink.name}`, 2, sink);
    for (const [id, node] of this.nodes) {
      if (seen.has(id)) continue;
      node.element.remove();
      this.nodes.delete(id);
    }
    this.drawEdges();
  }

  /** Draws lines from each source to the engine, and from the engine to each sink: from left to right, or downwards on a phone. */
  drawEdges() {
    const frame = this.graph.getBoundingClientRect();
    this.edges.setAttribute("width", String(frame.width));
    this.edges.setAttribute("height", String(frame.height));
    const engine = this.nodes.get("engine");
    if (!engine) return;
    const hub = engine.element.getBoundingClientRect();
    const isDown = frame.width < 720;
    const lines = [...this.nodes].filter(([id]) => id !== "engine").map(([id, node]) => {
      const box = node.element.getBoundingClientRect();
      const [from, to] = id.startsWith("sink") ? [hub, box] : [box, hub];
      const start = isDown ? [from.right - 28 - frame.left, from.bottom - frame.top] : [from.right - frame.left,
        from.top + from.height / 2 - frame.top];
      const end = isDown ? [to.right - 28 - frame.left, to.top - frame.top] : [to.left - frame.left, to.top + to.height / 2 - frame.top];
      const middle = (start[0] + end[0]) / 2;
      const path = isDown ? `M${start}L${end}` : `M${start}C${middle} ${start[1]} ${middle} ${end[1]} ${end}`;
      return draw("path", { d: path, class: `edge ${node.tone}${node.isFlowing ? " flows" : ""}` });
    });
    this.edges.replaceChildren(...lines);
  }
}
