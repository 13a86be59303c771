// Control codes on the scanner's page: the same codes and the same rules as over MQTT.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { URL, pathToFileURL } from "node:url";

const pages = pathToFileURL(`${process.env.PAGES}/`);
const { FORMS, controlCode, isEmpty, modeAfter } = await import(new URL("scan/control-code.js", pages));
const { IDLE, ScanMode } = await import(new URL("scan/scan-mode.js", pages));

test("control codes are read, with the prefix of a scanner, and other codes are none", () => {
  assert.deepEqual(controlCode("TW:UNDO"), { kind: "undo" });
  assert.deepEqual(controlCode("]Q1TW:AT:WH 1 "), { kind: "location", name: "WH 1" });
  assert.deepEqual(controlCode("TW:TO:Lager:3"), { kind: "destination", name: "Lager:3" });
  assert.deepEqual(controlCode("TW:RES:a:b"), { kind: "reservation", name: "a:b" });
  assert.deepEqual(controlCode("TW:OP:transfer"), { kind: "operation", name: "transfer" });
  for (const code of ["TW:", "TW:END:x", "TW:OP:set", "TW:AT:", "TW:AT", "TW:UNDO:"]) assert.deepEqual(controlCode(code), { kind: "unknown" }, code);
  for (const code of ["4006381333931", "tw:end", "XTW:END", "]C10104006381333931", ""]) assert.equal(controlCode(code), null, code);
});

test("the server knows the same codes", () => {
  const source = readFileSync(new URL("../../../Sources/TallywireCore/Codes/ControlCode.swift", import.meta.url), "utf8");
  const forms = [...source.matchAll(/"(TW:[A-Z:]+)"/g)].map(([, form]) => form).filter((form) => form !== "TW:");
  for (const form of FORMS.filter((form) => !form.startsWith("TW:OP:"))) assert.ok(forms.includes(form), form);
});

test("the last code that says what is done counts, a place stays, and the end ends all", () => {
  const after = (...codes) => codes.reduce((mode, code) => modeAfter(mode, controlCode(code)), {});
  assert.deepEqual(after("TW:AT:WH1", "TW:TO:S"), { location: "WH1", operation: "transfer", to: "S" });
  assert.deepEqual(after("TW:TO:S", "TW:OP:transfer"), { operation: "transfer", to: "S" });
  assert.deepEqual(after("TW:AT:WH1", "TW:TO:S", "TW:OP:add"), { location: "WH1", operation: "add" });
  assert.deepEqual(after("TW:OP:add", "TW:RES:b", "TW:AT:WH2"), { reservation: "b", location: "WH2" });
  assert.deepEqual(after("TW:RES:b", "TW:OP:subtract"), { operation: "subtract" });
  assert.ok(isEmpty(after("TW:AT:WH1", "TW:END")) && isEmpty(after("TW:NO")));
});

test("a mode is kept on the device, and ends when it is not used for ten minutes", async () => {
  const settings = new Map();
  const queue = { setting: async (name) => settings.get(name), set: async (name, value) => value === undefined ? settings.delete(name) : settings.set(name, value) };
  const mode = new ScanMode(queue);
  await mode.take(controlCode("TW:AT:WH1"), 1000);
  await mode.use(1000 + IDLE);
  const again = new ScanMode(queue);
  await again.load();
  assert.deepEqual(again.mode, { location: "WH1" });
  assert.equal(await again.endIfIdle(1000 + 2 * IDLE), false);
  assert.equal(await again.endIfIdle(1001 + 2 * IDLE), true);
  assert.equal(settings.has("mode"), false);
  await mode.take(controlCode("TW:AT:WH1"), 5000);
  assert.equal(await mode.endIfIdle(1000), false, "a clock that was set back");
  assert.equal(await mode.endIfIdle(1001 + IDLE), true);
});
