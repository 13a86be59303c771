// @ts-check
// The rows of scans: what was scanned, what it did, and what became of it.

import { make } from "../shared/dom.js";
import { formatTime, formatUnits } from "../shared/format.js";
import { texts } from "./texts.js";

/** @typedef {import("./queue.js").Scan} Scan */

const BADGES = { applied: "ok", waiting: "low", refused: "out", duplicate: "accent" };

/**
 * Returns a code for display, with a visible character for GS.
 *
 * @param {string} code
 */
export const readable = (code) => code.replaceAll("\u001d", "␝");

/** @param {Scan} scan */
export const doneBy = ({ operation, quantity, reservation, counted }) =>
  texts.done(reservation !== undefined ? "subtract" : counted !== undefined ? "add" : operation, quantity);

/** @param {Scan} scan */
export const canUndo = ({ fate, undone }) => (fate === "applied" || fate === "duplicate") && !undone;

/** @param {Scan} scan */
const named = (scan) => `${scan.reservation === undefined ? texts.operations[scan.operation] ?? scan.operation : texts.captured} ${doneBy(scan)}`;

/**
 * The row of one of the last scans.
 *
 * @param {Scan} scan
 * @param {((scan: Scan) => void) | null} undo takes the scan back; `null` for a scan that cannot be taken back here
 */
export function scanRow(scan, undo) {
  const place = scan.to ? `${scan.location} → ${scan.to}` : scan.location;
  const units = scan.counted ?? scan.locationStock;
  const now = units === undefined ? "" : ` · ${formatUnits(units)}`;
  return make("li", { data: { fate: scan.fate } },
    make("span", "name", scan.sku ?? "", scan.sku ? " " : "", make("span", "code quiet", readable(scan.code))),
    make("span", { class: `badge ${BADGES[scan.fate]}` }, scan.undone ? texts.undone : texts.fates[scan.fate]),
    make("span", "more", `${named(scan)} · ${place}${now}`), make("time", { class: "more end", datetime: new Date(scan.at).toISOString() }, formatTime(scan.at)),
    scan.reason ? make("span", "reason", scan.reason) : null,
    undo && canUndo(scan) ? make("button", { type: "button", class: "compact undo", "aria-label": texts.undoOf(scan.sku ?? scan.code),
      on: { click: () => undo(scan) } }, texts.undo) : null);
}

/**
 * The row of a rejected scan.
 *
 * @param {Scan} scan
 * @param {(scan: Scan) => void} dismiss
 */
export function refusalRow(scan, dismiss) {
  const button = make("button", { type: "button", class: "compact", on: { click: () => dismiss(scan) } }, texts.dismiss);
  button.setAttribute("aria-label", `${texts.dismiss}: ${readable(scan.code)}`);
  return make("li", {}, make("span", "name", make("span", "code", readable(scan.code)), ` ${named(scan)}`), button,
    make("span", "reason", scan.reason ?? ""));
}
