// @ts-check
// What an answer of `GET /api/cluster` means: the state of each node, and what somebody has to know.

/** A node that has not been heard of for so many milliseconds is silent. Nodes report every two seconds. */
export const SILENT = 10_000;
/** A node that has not had all entries for more than so many seconds is behind. `/health/ready` has the same limit. */
export const BEHIND = 5;
/** If etcd has not answered a node for so many seconds, that is told. It is more than an election in etcd takes. */
export const LOG_SILENT = 5;

/**
 * The answer of `GET /api/cluster`.
 *
 * @typedef {{ node: string, address: string, role: string, version: string, applied: number, lagSeconds: number, seenAt: string | null }} NodeReport
 * @typedef {{ site: string, node: string, leader: string | null, term: number, head: number, logSilenceSeconds: number, nodes: NodeReport[] }} ClusterReport
 */

/**
 * A node and its state. `silence` is how many milliseconds ago it was heard of, by the clock of the node that answers; `null` if it never was.
 *
 * @typedef {NodeReport & { state: "leads" | "follows" | "behind" | "silent", isAnswering: boolean, silence: number | null }} Node
 */

/**
 * What somebody has to know, by its name in the texts (`cluster.notice.NAME`), and about which nodes.
 *
 * @typedef {{ name: keyof typeof NOTICES, nodes: string[] }} Notice
 */

/** The notices that there can be, the worst first, and how bad each is. */
export const NOTICES = /** @type {const} */ ({
  logSilent: "bad", noLeader: "bad", silentLeader: "bad", isolated: "bad", silent: "warn", behind: "warn",
});

/**
 * Returns the nodes with their states, in the order of the report, and the notices, the worst first.
 *
 * @param {ClusterReport} report
 * @returns {{ nodes: Node[], notices: Notice[] }}
 */
export function judged(report) {
  // The clock of this browser may be wrong. The node that answers has just heard of itself.
  const now = Date.parse(report.nodes.find(({ node }) => node === report.node)?.seenAt ?? "");
  const nodes = report.nodes.map((node) => {
    const isAnswering = node.node === report.node;
    const silence = node.seenAt === null || Number.isNaN(now) ? null : Math.max(0, now - Date.parse(node.seenAt));
    return { ...node, isAnswering, silence, state: stateOf(node, silence, report.leader) };
  });
  // What the node knows of the others comes from etcd.
  const notices = report.logSilenceSeconds > LOG_SILENT ? [{ name: "logSilent", nodes: [report.node] }] : noticesOf(nodes, report.leader);
  return { nodes, notices: /** @type {Notice[]} */ (notices) };
}

/**
 * @param {NodeReport} node
 * @param {number | null} silence
 * @param {string | null} leader
 * @returns {Node["state"]}
 */
function stateOf(node, silence, leader) {
  if (silence === null || silence > SILENT) return "silent";
  if (node.node === leader) return "leads";
  return node.lagSeconds > BEHIND ? "behind" : "follows";
}

/**
 * @param {Node[]} nodes
 * @param {string | null} leader
 * @returns {Notice[]}
 */
function noticesOf(nodes, leader) {
  /** @type {Notice[]} */
  const notices = [];
  const silent = nodes.filter(({ state }) => state === "silent").map(({ node }) => node);
  const behind = nodes.filter(({ state }) => state === "behind").map(({ node }) => node);
  const others = nodes.filter(({ isAnswering }) => !isAnswering).length;
  const leaderIsHeard = nodes.some(({ node, state }) => node === leader && state !== "silent");
  if (leader === null) notices.push({ name: "noLeader", nodes: [] });
  else if (!leaderIsHeard) notices.push({ name: "silentLeader", nodes: [leader] });
  const rest = leaderIsHeard ? silent : silent.filter((node) => node !== leader);
  if (others > 0 && silent.length === others) {
    notices.push({ name: "isolated", nodes: nodes.filter(({ isAnswering }) => isAnswering).map(({ node }) => node) });
  } else if (rest.length > 0) notices.push({ name: "silent", nodes: rest });
  if (behind.length > 0) notices.push({ name: "behind", nodes: behind });
  return notices;
}
