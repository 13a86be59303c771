import assert from "node:assert/strict";
import test from "node:test";
import { page } from "./keyboard.mjs";

const { BEHIND, LOG_SILENT, SILENT, judged } = await page("admin/cluster-report.js");

const NOW = Date.parse("2026-11-30T12:00:00.000Z");
/** The time that is so many milliseconds before now. */
const ago = (milliseconds) => new Date(NOW - milliseconds).toISOString();
const node = (name, more = {}) => ({ node: name, address: `http://${name}:1`, role: "follower", version: "0.1.0", applied: 12, lagSeconds: 0, seenAt: ago(0), ...more });

/** What is told of three nodes, of which `a` leads and `b` answers, if nodes have `more`. */
function told(more = {}, leader = "a", logSilenceSeconds = 0.2) {
  const nodes = ["a", "b", "c"].map((name) => node(name, more[name]));
  const { nodes: judgedNodes, notices } = judged({ site: "main", node: "b", leader, term: 7, head: 12, logSilenceSeconds, nodes });
  return { states: judgedNodes.map(({ state }) => state), notices, nodes: judgedNodes };
}

test("where all is well nothing is told", () => {
  const { states, notices, nodes } = told({ c: { seenAt: ago(3_000) } });
  assert.deepEqual(states, ["leads", "follows", "follows"]);
  assert.deepEqual(notices, []);
  assert.deepEqual(nodes.map(({ isAnswering }) => isAnswering), [false, true, false]);
  assert.deepEqual(nodes.map(({ silence }) => silence), [0, 0, 3_000]);
});

test("a node is silent beyond the limit, and not at it", () => {
  assert.deepEqual(told({ c: { seenAt: ago(SILENT) } }).states[2], "follows");
  const { states, notices } = told({ c: { seenAt: ago(SILENT + 1) } });
  assert.deepEqual(states, ["leads", "follows", "silent"]);
  assert.deepEqual(notices, [{ name: "silent", nodes: ["c"] }]);
  assert.deepEqual(told({ c: { seenAt: null } }).notices, [{ name: "silent", nodes: ["c"] }]);
});

test("a node is behind beyond the limit, and not at it", () => {
  assert.deepEqual(told({ b: { lagSeconds: BEHIND } }).states[1], "follows");
  const { states, notices } = told({ b: { lagSeconds: BEHIND + 0.001 }, c: { lagSeconds: 60 } });
  assert.deepEqual(states, ["leads", "behind", "behind"]);
  assert.deepEqual(notices, [{ name: "behind", nodes: ["b", "c"] }]);
});

test("what a silent node said of how far it is behind does not count", () => {
  assert.deepEqual(told({ c: { seenAt: ago(60_000), lagSeconds: 60 } }).notices, [{ name: "silent", nodes: ["c"] }]);
});

test("that nobody leads is told first", () => {
  const { states, notices } = told({ a: { seenAt: ago(60_000) } }, null);
  assert.deepEqual(states, ["silent", "follows", "follows"]);
  assert.deepEqual(notices, [{ name: "noLeader", nodes: [] }, { name: "silent", nodes: ["a"] }]);
});

test("a leader that is silent, or that the cluster does not know, is told as such and only so", () => {
  const { states, notices } = told({ a: { seenAt: ago(60_000) } });
  assert.deepEqual(states, ["silent", "follows", "follows"]);
  assert.deepEqual(notices, [{ name: "silentLeader", nodes: ["a"] }]);
  assert.deepEqual(told({}, "removed").notices, [{ name: "silentLeader", nodes: ["removed"] }]);
});

test("a node that hears of no other says so of itself", () => {
  const away = { seenAt: ago(60_000) };
  assert.deepEqual(told({ a: away, c: away }, "b").notices, [{ name: "isolated", nodes: ["b"] }]);
  assert.deepEqual(told({ a: away, c: away }).notices, [{ name: "silentLeader", nodes: ["a"] }, { name: "isolated", nodes: ["b"] }]);
});

test("if etcd is silent for the node that answers, only that is told, whatever the node knew last", () => {
  assert.deepEqual(told({}, "a", LOG_SILENT).notices, []);
  const away = { seenAt: ago(60_000) };
  for (const [more, leader] of [[{}, "a"], [{ a: away, c: away }, "a"], [{ b: { lagSeconds: 60 } }, null]]) {
    assert.deepEqual(told(more, leader, LOG_SILENT + 0.001).notices, [{ name: "logSilent", nodes: ["b"] }]);
  }
});

test("a node that is alone in its cluster is not cut off", () => {
  const { nodes, notices } = judged({ site: "main", node: "b", leader: "b", term: 7, head: 12, logSilenceSeconds: 0, nodes: [node("b")] });
  assert.equal(nodes[0].state, "leads");
  assert.deepEqual(notices, []);
});

test("times are compared by the clock of the node that answers, and one that is ahead of it is now", () => {
  const { nodes } = told({ a: { seenAt: "2026-11-30T11:59:57.500Z" }, c: { seenAt: "2026-11-30T12:00:01.000Z" } });
  assert.deepEqual(nodes.map(({ silence }) => silence), [2_500, 0, 0]);
});
