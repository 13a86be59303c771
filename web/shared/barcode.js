// @ts-check
// Barcodes, encoded and drawn: EAN-13, UPC-A and EAN-8 (GS1 General Specifications, section 5.2) and Code 128 (ISO/IEC 15417).

import { draw } from "./dom.js";

/**
 * A symbol: its modules, dark ones as `1`, without the quiet zones.
 *
 * @typedef {object} Symbol
 * @property {"EAN-13" | "UPC-A" | "EAN-8" | "Code 128"} symbology
 * @property {string} modules
 * @property {string} text the text below it, for people
 * @property {number} quiet the quiet zone on each side, in modules
 * @property {number[][]} guards the ranges of modules that reach below the others
 */

/** The left halves of digits with odd parity; even parity is the right half read backwards, which is the left one inverted. */
const ODD = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"];
const RIGHT = ODD.map((bits) => [...bits].map((bit) => (bit === "0" ? "1" : "0")).join(""));
const EVEN = RIGHT.map((bits) => [...bits].reverse().join(""));
/** Which of the six left digits of an EAN-13 have even parity, by its first digit. */
const PARITIES = ["OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"];

/** The widths of bars and spaces of each value of Code 128; 103 to 105 begin a symbol, 106 ends it. */
const CODE_128 = [
  "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212",
  "221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221",
  "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221",
  "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
  "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131",
  "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131",
  "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",
  "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
  "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242",
  "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
  "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
  "113141", "114131", "311141", "411131", "211412", "211214", "211232",
  "2331112",
];

/**
 * Returns the check digit of a GTIN.
 *
 * @param {string} digits all but the last
 */
export function checkDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10;
}

/**
 * Returns the symbol for a code on goods: EAN-13, UPC-A or EAN-8.
 *
 * @param {string} code 8, 12 or 13 digits, or 14 that begin with a 0
 * @returns {Symbol | null} `null` for any other code, and for a wrong check digit
 */
export function encodeGTIN(code) {
  const digits = code.length === 14 && code.startsWith("0") ? code.slice(1) : code;
  if (!/^(\d{8}|\d{12,13})$/.test(digits) || checkDigit(digits.slice(0, -1)) !== Number(digits.at(-1))) return null;
  if (digits.length === 8) {
    const left = [...digits.slice(0, 4)].map((digit) => ODD[Number(digit)]).join("");
    const right = [...digits.slice(4)].map((digit) => RIGHT[Number(digit)]).join("");
    const guards = [[0, 3], [31, 36], [64, 67]];
    return { symbology: "EAN-8", modules: `101${left}01010${right}101`, text: digits, quiet: 7, guards };
  }
  const [first, ...others] = digits.padStart(13, "0");
  const parity = PARITIES[Number(first)];
  const left = others.slice(0, 6).map((digit, place) => (parity[place] === "O" ? ODD : EVEN)[Number(digit)]).join("");
  const right = others.slice(6).map((digit) => RIGHT[Number(digit)]).join("");
  const symbology = first === "0" ? "UPC-A" : "EAN-13";
  const text = first === "0" ? others.join("") : digits;
  return { symbology, modules: `101${left}01010${right}101`, text, quiet: 11, guards: [[0, 3], [45, 50], [92, 95]] };
}

/**
 * Returns a text as Code 128, in code set B.
 *
 * @param {string} text 1 to 40 printable ASCII characters: longer ones are too wide for a label
 * @returns {Symbol | null} `null` if it cannot be encoded
 */
export function encodeCode128(text) {
  if (!/^[ -~]{1,40}$/.test(text)) return null;
  const values = [...text].map((character) => character.charCodeAt(0) - 32);
  const check = values.reduce((sum, value, place) => sum + value * (place + 1), 104) % 103;
  const widths = [104, ...values, check, 106].map((value) => CODE_128[value]).join("");
  const modules = [...widths].map((width, place) => (place % 2 === 0 ? "1" : "0").repeat(Number(width))).join("");
  return { symbology: "Code 128", modules, text, quiet: 10, guards: [] };
}

/**
 * Returns the symbol on an item's label: the first of its codes for one unit that can be printed as EAN or UPC, else its SKU as Code 128.
 *
 * @param {readonly (string | { code: string, units?: number })[]} barcodes as the API gives them
 * @param {string} sku
 * @returns {Symbol | null} `null` if neither can be encoded
 */
export function symbolOf(barcodes, sku) {
  for (const barcode of barcodes) {
    const { code, units = 1 } = typeof barcode === "string" ? { code: barcode } : barcode;
    const symbol = units === 1 ? encodeGTIN(code) : null;
    if (symbol) return symbol;
  }
  return encodeCode128(sku);
}

/**
 * Returns a drawing of a symbol. It is dark on light whatever the page's colours are, because scanners need that. A module is one unit wide.
 *
 * @param {Symbol} symbol
 * @param {number} [height] of the bars, in modules
 * @returns {SVGSVGElement}
 */
export function drawSymbol(symbol, height = 40) {
  const { modules, quiet, guards, text, symbology } = symbol;
  const width = modules.length + 2 * quiet;
  const isGuard = (/** @type {number} */ at) => guards.some(([from, to]) => at >= from && at < to);
  const bars = [...modules.matchAll(/1+/g)].map(({ 0: bar, index = 0 }) =>
    `M${quiet + index} 0h${bar.length}v${height + (isGuard(index) ? 5 : 0)}h-${bar.length}z`);
  return draw("svg", { class: "barcode", viewBox: `0 -3 ${width} ${height + 19}`, role: "img", "aria-label": `${symbology} ${text}` },
    draw("rect", { x: 0, y: -3, width, height: height + 19, fill: "#fff" }),
    draw("path", { d: bars.join(""), fill: "#000", "shape-rendering": "crispEdges" }),
    draw("text", { x: width / 2, y: height + 12.5, "text-anchor": "middle", "font-size": 9, fill: "#000", textLength: digitsWidth(symbol),
      lengthAdjust: "spacing" }, text));
}

/**
 * Returns the width of the text: digits of codes on goods are spread below the bars, other texts have their own width.
 *
 * @param {Symbol} symbol
 */
function digitsWidth({ symbology, modules }) {
  return symbology === "Code 128" ? undefined : modules.length - 10;
}
