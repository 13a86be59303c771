// @ts-check
// Tells what a scanner types from what a person types, key by key, and puts codes together. It has no clock and no page of its own.

/** Between two keys of one code at most, in milliseconds: Bluetooth scanners pause now and then. */
const LONGEST_GAP = 120;
/** The key that ends a long code may come later than that. */
const LATEST_END = 300;
/** What goes on within this time after a pause may be the rest of a code. */
const LONGEST_PAUSE = 1_000;
/** From so many keys on a code is long: nobody types that many at a scanner's pace. */
const LONG = 8;
/** Milliseconds a key, on average: of a short code, which a person might type, and of a long one. */
const FAST = 35, SLOW = 80;
/** No gap of a short code is longer. */
const SHORT_GAP = 50;
const SHORTEST_CODE = 3;
const LONGEST_CODE = 4096;
export const GS = "\u001d";
const MODIFIERS = new Set(["Alt", "AltGraph", "Control", "Shift", "Meta", "CapsLock", "NumLock"]);

/**
 * @typedef {object} Key
 * @property {string} key
 * @property {string} code the key's place on a keyboard, as `KeyboardEvent.code` has it
 * @property {number} time milliseconds
 * @property {boolean} ctrlKey
 * @property {boolean} altKey
 * @property {boolean} metaKey
 * @property {boolean} altGraph whether AltGr is held, which Windows tells as Ctrl and Alt
 *
 * @typedef {object} Outcome what a key came to
 * @property {boolean} [begins] it is the first of what may become a code
 * @property {boolean} [isOurs] nobody else should act on it
 * @property {string} [typed] what it stands for, where browsers type something else or nothing
 * @property {string} [code] a whole code
 * @property {boolean} [isBroken] a scanner's code ended, but there was a pause in it: which part is missing is not known
 */

export class KeyReader {
  #keys = "";
  #first = 0;
  #last = -Infinity;
  #longestGap = 0;
  #isBroken = false;
  /** Digits that are typed while Alt is held: a character by its number, as scanners type what a layout has no key for. */
  #number = "";

  /**
   * @param {Key} key
   * @param {boolean} isInField whether it goes into a field, where people type too
   * @returns {Outcome}
   */
  press(key, isInField) {
    const gap = key.time - this.#last;
    if (MODIFIERS.has(key.key)) {
      // A scanner holds it for the next key.
      if (gap <= LONGEST_GAP) this.#last = key.time;
      return {};
    }
    const digit = key.altKey && !key.ctrlKey && !key.altGraph ? (/^(?:Numpad|Digit)(\d)$/.exec(key.code)?.[1] ?? /^\d$/.exec(key.key)?.[0]) : undefined;
    if (digit !== undefined) {
      this.#number = (this.#number + digit).slice(-4);
      this.#last = key.time;
      return { isOurs: true };
    }
    const numbered = this.#takeNumbered();
    const outcome = numbered === "" ? {} : { ...this.#add(numbered, gap, key.time, isInField), typed: numbered };
    if (key.key === "Enter" || key.key === "Tab") return { ...outcome, ...this.#end(numbered === "" ? gap : 0) };
    const character = this.#character(key, numbered !== "" || gap <= LONGEST_GAP);
    if (character === null) return outcome;
    const added = this.#add(character, numbered === "" ? gap : 0, key.time, isInField);
    return character === GS ? { ...outcome, ...added, isOurs: true, typed: numbered + GS } : { ...outcome, ...added };
  }

  /**
   * @param {Key} key
   * @param {boolean} goesOn
   * @returns {string | null}
   */
  #character({ key, code, ctrlKey, altKey, metaKey, altGraph }, goesOn) {
    const isTyping = goesOn && this.#keys !== "";
    // GS, which separates the parts of an element string: Ctrl+] wherever that key is, or F8.
    if (ctrlKey && !altKey && !altGraph && (key === "]" || (isTyping && code === "BracketRight"))) return GS;
    if (key === "F8" && isTyping) return GS;
    if ((ctrlKey || altKey || metaKey) && !altGraph) return null;
    return key.length === 1 ? key : null;
  }

  #takeNumbered() {
    const number = Number(this.#number);
    this.#number = "";
    return number === 29 || (number >= 32 && number < 127) ? String.fromCharCode(number) : "";
  }

  /**
   * @param {string} character
   * @param {number} gap
   * @param {number} time
   * @param {boolean} isInField
   * @returns {Outcome}
   */
  #add(character, gap, time, isInField) {
    this.#last = time;
    if (this.#keys !== "" && gap <= LONGEST_GAP && this.#keys.length < LONGEST_CODE) {
      this.#keys += character;
      this.#longestGap = Math.max(this.#longestGap, gap);
      return {};
    }
    // What a scanner began and did not end is not made a shorter code of. Outside of fields nobody else types.
    const mayGoOn = this.#keys !== "" && gap <= LONGEST_PAUSE;
    this.#isBroken = mayGoOn && (this.#isBroken || !isInField || (this.#keys.length >= SHORTEST_CODE && this.#average <= SLOW));
    this.#keys = character;
    this.#first = time;
    this.#longestGap = 0;
    return { begins: true };
  }

  /**
   * @param {number} gap
   * @returns {Outcome}
   */
  #end(gap) {
    const keys = this.#keys;
    const isLong = keys.length >= LONG;
    const isInTime = gap <= (isLong ? LATEST_END : LONGEST_GAP);
    const isScanned = keys.length >= SHORTEST_CODE && (isLong ? this.#average <= SLOW : this.#average <= FAST && this.#longestGap <= SHORT_GAP);
    const isBroken = this.#isBroken;
    this.#keys = "";
    this.#isBroken = false;
    if (!isInTime || !isScanned) return {};
    return isBroken ? { isOurs: true, isBroken } : { isOurs: true, code: keys };
  }

  /** Milliseconds a key. */
  get #average() { return this.#keys.length < 2 ? Infinity : (this.#last - this.#first) / (this.#keys.length - 1); }
}
