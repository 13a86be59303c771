import assert from "node:assert/strict";
import test from "node:test";
import { keysOf, page, random, typed } from "./keyboard.mjs";

const { KeyReader } = await page("scan/key-reader.js");

const TEE = "4006381333931";
const OTHER = "5012345678900";
const GS = "\u001d";
const ELEMENTS = "]d2010400638133393110A";

/** What comes of the keys: codes, and why others were not taken. */
function read(strokes, mayBePersons = () => false) {
  const reader = new KeyReader();
  let time = 5_000;
  return keysOf(strokes).flatMap(({ key, gap, more }) => {
    time += gap;
    const event = { key, code: "", ctrlKey: false, altKey: false, metaKey: false, altGraph: false, ...more, time };
    const { code, isBroken, why } = reader.press(event, mayBePersons(key));
    return code !== undefined ? [code] : isBroken ? [why] : [];
  });
}
const readInField = (strokes) => read(strokes, () => true);
const readInQuantity = (strokes) => read(strokes, (key) => /^\d$/.test(key));
const enter = ["Enter", 5];

test("a code with a pause at any place and of any length is not taken, and said, where nobody else types", () => {
  for (let place = 1; place < TEE.length; place += 1) {
    for (const pace of [5, 35, 60, 80]) {
      for (const pause of [121, 250, 401, 700, 1_001, 1_200, 1_500, 5_000, 3_600_000]) {
        assert.deepEqual(read([...typed(TEE, pace, { [place]: pause }), ["Enter", pace]]), ["paused"], `${pause} ms before sign ${place} at ${pace} ms a key`);
      }
    }
  }
});

test("a code with a pause at any place behind its second sign is not taken, and said, in a field where people type too", () => {
  for (let place = 2; place < TEE.length; place += 1) {
    for (const pace of [5, 35, 60, 80]) {
      for (const pause of [121, 250, 401, 700, 1_001, 1_200, 1_500, 5_000, 3_600_000]) {
        assert.deepEqual(readInField([...typed(TEE, pace, { [place]: pause }), ["Enter", pace]]), ["paused"], `${pause} ms before sign ${place} at ${pace} ms a key`);
      }
    }
  }
});

test("behind its first digit a pause is told from a quantity typed by hand where it is too short for a person", () => {
  for (const pause of [121, 250, 400]) assert.deepEqual(readInField([...typed(TEE, 5, { 1: pause }), enter]), ["paused"], `${pause} ms`);
  assert.deepEqual(readInField([["5", 5], [TEE[0], 500], [TEE.slice(1), 5], enter]), [TEE]);
});

test("a sign that nobody types as a quantity is the first of a code, however long the pause behind it is", () => {
  assert.deepEqual(readInQuantity([["A", 5], ["123456789", 700], ["123456789", 5], enter]), ["paused"]);
});

test("several pauses, also around single keys, are said once", () => {
  for (const reads of [read, readInField]) {
    assert.deepEqual(reads([...typed(TEE, 5, { 4: 400, 5: 400 }), enter]), ["paused"]);
    assert.deepEqual(reads([...typed(TEE, 5, { 5: 1_100, 6: 1_100 }), enter]), ["paused"]);
    assert.deepEqual(reads([...typed(TEE, 56, { 3: 268, 4: 854 }), ["Enter", 56]]), ["paused"]);
  }
});

test("a quantity that a person types is no part of the code behind it, and nothing is said", () => {
  for (const gap of [90, 130, 150, 250, 700]) {
    for (const pause of [500, 800, 2_000]) {
      assert.deepEqual(readInField([...typed("250", gap), [TEE[0], pause], [TEE.slice(1), 5], enter]), [TEE], `${gap} ms a key, ${pause} ms before the code`);
    }
  }
  for (const gap of [40, 60, 80]) {
    for (const text of ["12", "123"]) assert.deepEqual(readInField([...typed(text, gap), [TEE[0], 700], [TEE.slice(1), 5], enter]), [TEE], `${text} at ${gap} ms a key`);
  }
});

test("nobody who types is disturbed by Enter or Tab", () => {
  for (const end of ["Enter", "Tab"]) {
    for (const gap of [85, 110, 150, 300, 1_000]) {
      for (const text of ["1", "12", "100", "2500"]) assert.deepEqual(readInField([...typed(text, gap), [end, gap]]), [], `${text} at ${gap} ms a key`);
    }
    assert.deepEqual(readInField([["1", 300], ["0", 30], ["0", 150], ["0", 30], [end, 200]]), []);
    assert.deepEqual(readInField([...typed("4006381333931", 150), [end, 150]]), []);
    assert.deepEqual(read([...typed("hello", 150), [end, 150]]), []);
    assert.deepEqual(read([[end, 5]]), []);
  }
});

test("a pause that leaves one or two signs is said", () => {
  for (const reads of [read, readInField]) {
    for (const pace of [5, 60]) {
      assert.deepEqual(reads([...typed(TEE, pace, { 11: 700 }), ["Enter", pace]]), ["paused"]);
      assert.deepEqual(reads([...typed(TEE, pace, { 12: 700 }), ["Enter", pace]]), ["paused"]);
    }
  }
  assert.deepEqual(read([["A", 5], ["1", 200], ["2", 5], enter]), ["paused"]);
});

test("an end that is late is said", () => {
  for (const reads of [read, readInField]) {
    assert.deepEqual(reads([[TEE, 5], ["Enter", 300]]), [TEE]);
    for (const pause of [301, 400, 5_000]) assert.deepEqual(reads([[TEE, 5], ["Enter", pause]]), ["late"]);
    assert.deepEqual(reads([["A12", 5], ["Tab", 400]]), ["late"]);
  }
});

test("a scanner that is too slow is said", () => {
  for (const reads of [read, readInField]) {
    assert.deepEqual(reads([[TEE, 80], ["Enter", 80]]), [TEE]);
    for (const pace of [81, 100, 120]) assert.deepEqual(reads([[TEE, pace], ["Enter", pace]]), ["slow"]);
    assert.deepEqual(reads([["A1234", 60], ["Enter", 60]]), ["slow"]);
  }
  assert.deepEqual(read([[TEE, 130], ["Enter", 130]]), ["slow"]);
  assert.deepEqual(read([["A12", 60], ["Enter", 60]]), ["slow"]);
});

test("a key without a sign within a code, before it or at its end loses a sign: nothing is taken, and it is said", () => {
  for (const reads of [read, readInField]) {
    for (const key of ["Dead", "Process", "Unidentified", "F9", "Backspace"]) {
      for (const place of [1, 6, 12]) {
        assert.deepEqual(reads([[TEE.slice(0, place), 5], [key, 5], [TEE.slice(place), 5], enter]), ["lost"], `${key} at ${place}`);
      }
      assert.deepEqual(reads([[TEE, 5], [key, 5], enter]), ["lost"], `${key} at the end`);
    }
    for (const key of ["Dead", "Process", "Unidentified"]) assert.deepEqual(reads([[key, 5], [TEE, 5], enter]), ["lost"], `${key} at the beginning`);
    assert.deepEqual(reads([[ELEMENTS, 5], ["6", 5, { ctrlKey: true }], ["21B", 5], enter]), ["lost"]);
    assert.deepEqual(reads([["ABCDEFGH", 5], ["0228", 5, { altKey: true }], ["IJ", 5], enter]), ["lost"]);
    assert.deepEqual(reads([["A".repeat(4_100), 5], enter]), ["lost"]);
  }
});

test("what a keyboard on the screen types is a person's", () => {
  assert.deepEqual(readInField([["Unidentified", 5], ["Unidentified", 200], ["Unidentified", 30], ["Enter", 200]]), []);
  assert.deepEqual(readInField([["Unidentified", 5], ["Unidentified", 30], ["Unidentified", 5], [TEE[0], 700], [TEE.slice(1), 5], enter]), [TEE]);
});

test("keys that scroll or work a button are no part of a code", () => {
  assert.deepEqual(read([[" ", 5], ["PageDown", 200], ["ArrowDown", 200], [TEE[0], 900], [TEE.slice(1), 5], enter]), [TEE]);
});

test("who corrects a field has seen what was in it", () => {
  assert.deepEqual(readInField([["40063", 5], ["Backspace", 900], ["7", 400], [TEE[0], 800], [TEE.slice(1), 5], enter]), [TEE]);
});

test("a code behind a whole one that was never ended is a code of its own", () => {
  for (const reads of [read, readInField]) {
    assert.deepEqual(reads([[TEE, 5], [OTHER[0], 2_000], [OTHER.slice(1), 5], enter]), [OTHER]);
    assert.deepEqual(reads([[TEE, 5], [TEE[0], 2_000], [TEE.slice(1), 5], [OTHER[0], 900], [OTHER.slice(1), 5], enter]), [OTHER]);
    assert.deepEqual(reads([["4006", 5], ["]", 2_000], [ELEMENTS.slice(1), 5], enter]), [ELEMENTS], "a symbology identifier begins a code");
    assert.deepEqual(reads([["4006381333932", 5], [TEE[0], 2_000], [TEE.slice(1), 5], enter]), ["paused"], "a wrong check digit");
    assert.deepEqual(reads([["A-1", 5], [TEE[0], 2_000], [TEE.slice(1), 5], enter]), ["paused"]);
  }
});

test("the code behind a broken one is taken, and a second end of it works no button", () => {
  for (const why of [{ 4: 700 }, { 12: 700 }]) {
    assert.deepEqual(read([...typed(TEE, 5, why), enter, [TEE[0], 300], [TEE.slice(1), 5], enter]), ["paused", TEE]);
  }
  const reader = new KeyReader();
  const press = (key, time) => reader.press({ key, code: "", ctrlKey: false, altKey: false, metaKey: false, altGraph: false, time }, false);
  [...TEE].forEach((key, place) => press(key, 1_000 + place));
  assert.deepEqual([press("Enter", 1_020), press("Tab", 1_025), press("Enter", 3_000)].map(({ isOurs }) => isOurs === true), [true, true, false]);
});

test("GS comes as Ctrl+AltGr+] too", () => {
  const gs = (more) => readInField([[ELEMENTS, 5], ["]", 5, more], ["21B", 5], enter]);
  assert.deepEqual(gs({ ctrlKey: true, altGraph: true }), [ELEMENTS + GS + "21B"]);
  assert.deepEqual(gs({ ctrlKey: true, altKey: true, altGraph: true }), [ELEMENTS + GS + "21B"], "as Windows tells it");
  assert.deepEqual(gs({ altGraph: true }), [ELEMENTS + GS + "21B"], "no element string has a ]");
  const windows = { ctrlKey: true, altKey: true, altGraph: true };
  assert.deepEqual(readInField([["]", 5, windows], [ELEMENTS.slice(1), 5], enter]), [ELEMENTS]);
  assert.deepEqual(readInField([["[A-1234567", 5], ["]", 5, windows], enter]), ["[A-1234567]"]);
});

test("GS by its number does not hide the pause before it", () => {
  assert.deepEqual(read([[ELEMENTS, 5], ["0", 700, { altKey: true }], ["29", 5, { altKey: true }], ["21B", 5], enter]), ["paused"]);
});

test("whatever the code, the pace and the pauses, a code is taken whole or not at all", () => {
  const codes = [TEE, OTHER, "036000291452", "40170725", "10614141000415", ELEMENTS, "]C1010400638133393117260101", "TEE-RED-M", "SHELF-0012-B", "(00)340123450000000017", "A-1", "250"];
  for (let seed = 1; seed <= 4_000; seed += 1) {
    const chance = random(seed);
    const pick = (list) => list[Math.floor(chance() * list.length)];
    for (const [place, reads, earliest] of [["where nobody types", read, 1], ["in the quantity", readInQuantity, 5]]) {
      const code = pick(codes);
      const pace = (code.length < 8 ? 28 : 62) * chance();
      const pauses = {};
      for (let count = Math.floor(chance() * 4); count > 0; count -= 1) {
        const sign = earliest + Math.floor(chance() * (code.length - earliest));
        if (sign < code.length) pauses[sign] = 121 + chance() * pick([100, 1_000, 100_000]);
      }
      const strokes = typed(code, pace, pauses).map(([key, gap]) => [key, gap > 120 ? gap : gap * (0.75 + chance() / 2)]);
      const heard = reads([...strokes, ["Enter", pace], [TEE[0], 900], [TEE.slice(1), 5], enter]);
      const expected = Object.keys(pauses).length === 0 ? [code, TEE] : ["paused", TEE];
      assert.deepEqual(heard, expected, `seed ${seed}: ${code} ${place} at ${pace} ms a key, with pauses ${JSON.stringify(pauses)}`);
    }
  }
});
