// @ts-check
// The control codes of scanners, to print.

import { api } from "../shared/api.js";
import { byId, draw, make, setText } from "../shared/dom.js";
import { formatLocation } from "../shared/format.js";
import { folded } from "../shared/search-folding.js";
import { askForToken } from "../shared/token-form.js";
import { texts } from "./texts.js";

/** At most so many codes are on the page. */
const MOST = 2000;
/** So many locations come at a time. */
const PAGE = 100;

/** @typedef {{ code: string, kind: string, location?: string, name?: string, side?: number, path?: string, problem?: string }} Code */

const list = byId("codes");
const search = /** @type {HTMLInputElement} */ (byId("search"));
/** @type {{ code: Code, element: HTMLElement, text: string }[]} */
const items = [];

async function load() {
  try {
    let isCut = false;
    for await (const { body } of api.pages("/api/codes", { limit: PAGE, most: MOST })) {
      for (const code of body.items) add(code);
      isCut = body.nextCursor !== null;
      filter();
    }
    setText(byId("note"), isCut ? texts.partial(items.length) : "");
    byId("note").hidden = !isCut;
  } catch (error) {
    if (!askForToken(error)) setText(byId("note"), texts.failed(error instanceof Error ? error.message : String(error)));
  }
}

/** @param {Code} code */
function add(code) {
  const words = title(code);
  const drawing = code.path === undefined ? make("p", "problem", code.problem ?? "")
    : draw("svg", { viewBox: `0 0 ${code.side} ${code.side}`, role: "img", "aria-label": code.code }, draw("path", { d: code.path }));
  const element = make("li", { class: "card", data: { code: code.code } }, drawing, make("strong", {}, words), make("span", "code small quiet", code.code));
  list.append(element);
  items.push({ code, element, text: folded(`${code.location ?? ""} ${code.name ?? ""}`) });
}

/** @param {Code} code */
function title({ code, kind, location, name }) {
  const place = formatLocation({ code: location ?? "", name: name ?? "" });
  switch (kind) {
    case "undo": return texts.undo;
    case "end": return texts.end;
    case "location": return texts.location(place);
    case "destination": return texts.destination(place);
    default: return texts.operations[/** @type {keyof typeof texts.operations} */ (code.split(":")[2])] ?? code;
  }
}

/** Shows the codes of the locations that are searched for, or all codes. */
function filter() {
  const wanted = folded(search.value.trim());
  let count = 0;
  for (const { code, element, text } of items) {
    element.hidden = wanted !== "" && !(code.location !== undefined && text.includes(wanted));
    if (!element.hidden) count += 1;
  }
  setText(byId("count"), count === 0 && items.length ? texts.none : texts.count(count));
}

search.addEventListener("input", filter);
byId("bar").addEventListener("submit", (event) => event.preventDefault());
byId("print").addEventListener("click", () => globalThis.print());
load();
