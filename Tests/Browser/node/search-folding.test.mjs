import assert from "node:assert/strict";
import test from "node:test";
import { page } from "./keyboard.mjs";

const { folded } = await page("shared/search-folding.js");

test("texts that differ in case, marks or width alone have the same form", () => {
  const same = [
    ["Ärmel", "ärmel", "ÄRMEL", "A\u0308rmel", "armel", "Armel"],
    ["Straße", "STRASSE", "STRAẞE", "strasse"],
    ["Ὀδυσσεύς", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ"],
    ["İzmir", "izmir", "IZMIR"],
    ["Žluťoučký kůň", "zlutoucky kun"],
    ["ＴＥＥ－１", "tee-1"],
    ["ﬂask", "FLASK"],
    ["µm", "ΜM", "μm"],
  ];
  for (const texts of same) for (const text of texts) assert.equal(folded(text), folded(texts[0]), text);
});

test("a text that differs in more has another form", () => {
  for (const [text, other] of [["TEE-1", "TEE-2"], ["Bär", "Bor"], ["a b", "ab"], ["", " "]]) assert.notEqual(folded(text), folded(other));
});

test("the form of a text has no other form, and that of a part is a part", () => {
  for (const text of ["Ärmel ẞ Σίσυφος ŉ ǰ ΐ ＴＥＥ", "]C1010400638133393110L-7\u001d21S-1"]) {
    assert.equal(folded(folded(text)), folded(text));
    assert.ok(folded(text).includes(folded(text.slice(0, 5))));
  }
});
