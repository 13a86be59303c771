import assert from "node:assert/strict";
import test from "node:test";
import { keysOf, page, typed } from "./keyboard.mjs";

// As much of a page as the wedge looks at.
class HTMLInputElement {
  localName = "input";
  value = "";
  inputMode = "";
}
Object.assign(globalThis, { HTMLInputElement, document: { activeElement: null } });
let listener;
globalThis.addEventListener = (type, act) => {
  listener = act;
};
/** The one timer that is set, as Node 18 cannot stop its clock. */
let timer = null;
globalThis.setTimeout = (act, after) => (timer = { act, left: after });
globalThis.clearTimeout = (old) => {
  if (old === timer) timer = null;
};
function wait(milliseconds) {
  if (!timer || (timer.left -= milliseconds) > 0) return;
  const { act } = timer;
  timer = null;
  act();
}
const { listenToWedge } = await page("scan/wedge.js");

const TEE = "4006381333931";

/** The page of the scanner, with the code's field, the quantity and the list of locations. */
function scanner() {
  const code = new HTMLInputElement();
  const quantity = Object.assign(new HTMLInputElement(), { inputMode: "numeric", value: "1" });
  const list = Object.assign(new EventTarget(), { localName: "select", value: "WH1" });
  const heard = [];
  let time = 1_000;
  listenToWedge(code, (text) => heard.push(text), (why) => heard.push(why));
  const hear = listener;
  /** Types into what has the focus, as a browser does; returns whether the last key was left to the page. */
  const type = (strokes, focused = null) => {
    document.activeElement = focused;
    let isLeft = true;
    for (const { key, gap, more } of keysOf(strokes)) {
      time += gap;
      isLeft = true;
      hear({
        key, code: "", timeStamp: time, target: focused ?? {}, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, isComposing: false, repeat: false,
        stopPropagation() {}, preventDefault() { isLeft = false; }, ...more,
      });
      if (isLeft && key.length === 1 && focused instanceof HTMLInputElement) focused.value += key;
      if (isLeft && key.length === 1 && focused === list) focused.value = `${key}-1`;
    }
    return isLeft;
  };
  return { code, quantity, list, heard, type };
}

test("nothing of a broken code stays in the quantity, whatever the pause and its place", () => {
  for (let place = 2; place < TEE.length; place += 1) {
    for (const pause of [250, 700, 1_100, 5_000]) {
      const { quantity, heard, type } = scanner();
      type([...typed(TEE, 5, { [place]: pause }), ["Enter", 5]], quantity);
      assert.deepEqual([heard, quantity.value], [["paused"], "1"], `${pause} ms before sign ${place}`);
    }
  }
});

test("the quantity that a person typed stays, whether the code behind it is whole or broken", () => {
  for (const [pauses, result] of [[{ 0: 700 }, TEE], [{ 0: 700, 5: 1_100 }, "paused"], [{ 0: 700, 2: 250 }, "paused"]]) {
    const { quantity, heard, type } = scanner();
    quantity.value = "";
    type(typed("25", 150), quantity);
    type([...typed(TEE, 5, pauses), ["Enter", 5]], quantity);
    assert.deepEqual([heard, quantity.value], [[result], "25"]);
  }
});

test("two keys at the pace of the rest belong to it, and go with it", () => {
  const { quantity, heard, type } = scanner();
  type([...typed(TEE, 60, { 2: 700 }), ["Enter", 60]], quantity);
  assert.deepEqual([heard, quantity.value], [["paused"], "1"]);
});

test("a person who types a quantity is left alone", () => {
  for (const gap of [90, 150, 500]) {
    const { quantity, heard, type } = scanner();
    assert.equal(type([...typed("250", gap), ["Enter", gap]], quantity), true);
    assert.deepEqual([heard, quantity.value], [[], "1250"]);
  }
});

test("a code that comes while the list of locations has the focus chooses no location", () => {
  const { list, heard, type } = scanner();
  const told = [];
  list.addEventListener("change", () => told.push(list.value));
  type([[TEE, 5], ["Enter", 5]], list);
  assert.deepEqual([heard, list.value, told], [[TEE], "WH1", ["WH1"]]);
});

test("who chooses a location by its letters is left alone, and the next code is taken", () => {
  const { list, heard, type } = scanner();
  type(typed("STORE", 150), list);
  type([["Tab", 150]], list);
  type(typed("W", 150), list);
  type([[TEE[0], 700], [TEE.slice(1), 5], ["Enter", 5]], null);
  assert.deepEqual([heard, list.value], [[TEE], "W-1"]);
});

test("the parts of a code go from each field that they came into", () => {
  const { code, quantity, heard, type } = scanner();
  type([[TEE.slice(0, 5), 5]], quantity);
  assert.equal(type([[TEE[5], 900], [TEE.slice(6), 5], ["Enter", 5]], code), false);
  assert.deepEqual([heard, quantity.value, code.value], [["paused"], "1", ""]);
});

test("the code's own field has all of a code, so a pause does not matter there, and Tab ends it", () => {
  const { code, heard, type } = scanner();
  assert.equal(type([...typed(TEE, 5, { 4: 700 }), ["Enter", 5]], code), true, "its form sends it");
  assert.deepEqual([heard, code.value], [[], TEE]);
  code.value = "";
  assert.equal(type([...typed(TEE, 5, { 4: 700 }), ["Tab", 5]], code), false);
  assert.deepEqual(heard, [TEE]);
});

test("a sign that is lost is said in the code's own field too, and what came is taken out", () => {
  for (const end of ["Enter", "Tab"]) {
    const { code, heard, type } = scanner();
    assert.equal(type([["40063", 5], ["Dead", 5], ["1333931", 5], [end, 5]], code), false);
    assert.deepEqual([heard, code.value], [["lost"], ""]);
  }
});

test("what a quick person corrects in the code's own field stays as it is", () => {
  const { code, heard, type } = scanner();
  assert.equal(type([["tee-red-n", 100], ["Backspace", 100], ["m", 100], ["Enter", 100]], code), true);
  assert.deepEqual([heard, code.value], [[], "tee-red-nm"], "Backspace is the browser's");
});

test("a code that is not ended is said after two seconds, and what comes later is still the rest of it", () => {
  const { quantity, heard, type } = scanner();
  type(typed("250", 150), quantity);
  wait(10_000);
  type([["Enter", 150]], quantity);
  type([[TEE.slice(0, 8), 5]], quantity);
  wait(1_999);
  assert.deepEqual(heard, []);
  wait(1);
  assert.deepEqual([heard, quantity.value], [["unended"], "1250"]);
  type([[TEE[8], 2_500], [TEE.slice(9), 5], ["Enter", 5]], quantity);
  wait(10_000);
  assert.deepEqual([heard, quantity.value], [["unended", "paused"], "1250"]);
});

test("keys that an input method takes are lost signs of a code, and a person's otherwise", () => {
  const { quantity, heard, type } = scanner();
  type([["4006", 5], ["3", 5, { isComposing: true }], ["81333931", 5], ["Enter", 5]], quantity);
  assert.deepEqual([heard, quantity.value], [["lost"], "1"]);
  type([["2", 200, { isComposing: true }], ["Enter", 200, { isComposing: true }], ["Enter", 200]], quantity);
  assert.deepEqual(heard, ["lost"]);
});
