import assert from "node:assert/strict";
import test from "node:test";
import { page } from "./keyboard.mjs";

const { looksLikeOtherLayout } = await page("scan/keyboard-layout.js");

/** What the row of digits gives with Shift, from 1 to 0. */
const ROWS = {
  Spanish: "!\"·$%&/()=", "Spanish of Latin America, Danish, Portuguese": "!\"#$%&/()=", Italian: "!\"£$%&/()=", Swedish: "!\"#¤%&/()=",
  Swiss: "+\"*ç%&/()=", American: "!@#$%^&*()", Brazilian: "!@#$%¨&*()", British: "!\"£$%^&*()", German: "!\"§$%&/()=", Turkish: "!'^+%&/()=",
  Russian: "!\"№;%:?*()", Canadian: "!\"/$%?&*()", Hungarian: "'\"+!%/=()§", Dutch: "!\"#$%&_()'",
};

test("digits that come as the signs above them are seen on each layout", () => {
  for (const [name, row] of Object.entries(ROWS)) {
    const signs = [...row];
    const code = [..."4006381333931"].map((digit) => signs[(Number(digit) + 9) % 10]).join("");
    assert.ok(looksLikeOtherLayout(code), `${name}: ${code}`);
  }
});

test("a code is none of them", () => {
  for (const code of ["4006381333931", "]C10104006381333931", "TEE-RED-M", "A+B/C", "%%%%%%%%", "((()))"]) assert.ok(!looksLikeOtherLayout(code), code);
});
