// @ts-check
// Control codes: what a code that begins with `TW:` says of the next scans. The server reads the same codes over MQTT (ControlCode.swift).

/**
 * What control codes say of the next scans. A member that is missing is as the page's fields say.
 *
 * @typedef {{ location?: string, operation?: "count" | "add" | "subtract" | "transfer", to?: string, reservation?: string }} Mode
 */

/**
 * @typedef {{ kind: "undo" | "end" | "unknown" } | { kind: "location" | "operation" | "destination" | "reservation", name: string }} ControlCode
 */

const OPERATIONS = ["count", "add", "subtract", "transfer"];
const PREFIX = "TW:";

/** All control codes, with a word for what a code names. */
export const FORMS = ["TW:UNDO", "TW:END", "TW:AT:LOCATION", "TW:TO:LOCATION", "TW:RES:RESERVATION", ...OPERATIONS.map((name) => `TW:OP:${name}`)];

/**
 * Reads the control code that a scanner read, with the prefix that scanners may send before it (`]Q1`).
 *
 * @param {string} code
 * @returns {ControlCode | null} `null` for any other code
 */
export function controlCode(code) {
  const text = (code.startsWith("]") ? code.slice(3) : code).trim();
  if (!text.startsWith(PREFIX)) return null;
  const [word, ...rest] = text.slice(PREFIX.length).split(":");
  const name = rest.join(":").trim();
  if (rest.length === 0) return { kind: word === "UNDO" ? "undo" : word === "END" ? "end" : "unknown" };
  if (name === "") return { kind: "unknown" };
  switch (word) {
    case "AT": return { kind: "location", name };
    case "TO": return { kind: "destination", name };
    case "RES": return { kind: "reservation", name };
    case "OP": return OPERATIONS.includes(name) ? { kind: "operation", name } : { kind: "unknown" };
    default: return { kind: "unknown" };
  }
}

/**
 * The mode after a control code. A code that says what is done takes the place of the one before.
 *
 * @param {Mode} mode
 * @param {ControlCode} code
 * @returns {Mode}
 */
export function modeAfter(mode, code) {
  const place = mode.location === undefined ? {} : { location: mode.location };
  switch (code.kind) {
    case "end": return {};
    case "location": return { ...mode, location: code.name };
    case "destination": return { ...place, operation: "transfer", to: code.name };
    case "reservation": return { ...place, reservation: code.name };
    case "operation": return { ...place, operation: /** @type {Mode["operation"]} */ (code.name),
      ...(code.name === "transfer" && mode.to !== undefined ? { to: mode.to } : {}) };
    default: return mode;
  }
}

/** @param {Mode} mode */
export const isEmpty = (mode) => Object.keys(mode).length === 0;
