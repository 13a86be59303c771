// @ts-check
// Tells what a scanner types from what a person types, key by key, and puts codes together. It has no clock and no page of its own.

import { beginsCode, isGTIN, LONGEST_GAP, SHORTEST_CODE, Stretch } from "./key-timing.js";

/** Nobody types a key and starts a scanner sooner, in milliseconds. */
const SOONEST_SCAN = 400;
/** So many keys where nobody types are a code, at whatever pace. */
const FEWEST_SURE = 8;
export const GS = "\u001d";
const MODIFIERS = new Set(["Alt", "AltGraph", "Control", "Shift", "Meta", "CapsLock", "NumLock"]);
/** Keys of signs that the browser does not know, or not yet. */
const UNKNOWN = new Set(["Dead", "Process", "Unidentified"]);
/** Keys by which a person takes back what was typed. */
const CORRECTIONS = new Set(["Backspace", "Delete", "Escape"]);
/** How an element string begins. It has no `]` but the first. */
const ELEMENTS = /^(?:\][A-Za-z]\d|01\d{14})/;

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
 * @typedef {"paused" | "late" | "slow" | "lost" | "unended"} Why why a code is not taken: there was a pause in it, its end came late or not
 *   at all, its keys came so slowly that a person may have typed them, or it has a key whose sign is not known
 *
 * @typedef {object} Outcome what a key came to
 * @property {boolean} [begins] it is the first of what may become a code
 * @property {boolean} [isOurs] nobody else should act on it
 * @property {string} [typed] what it stands for, where browsers type something else or nothing
 * @property {string} [code] a whole code
 * @property {boolean} [isBroken] a scanner's code ended, and it is not known whether all of it came
 * @property {Why} [why] why it is broken
 * @property {number} [since] which `begins` the code came from: 0 is the last one, 1 the one before
 */

/**
 * Keys without a pause between them are a stretch. All stretches since the last Enter or Tab that may be a scanner's are one code, however
 * long the pauses between them: it is taken if it came in one stretch, and not at all otherwise.
 */
export class KeyReader {
  /** @type {Stretch | null} */
  #stretch = null;
  /** What is known of the stretches before it that may be of the same code. */
  #earlier = nothing();
  /**
   * The longest stretch of what came before those and is thought a person's.
   *
   * @type {Stretch | null}
   */
  #persons = null;
  #last = -Infinity;
  #lastEnd = -Infinity;
  /** Digits that are typed while Alt is held: a character by its number, as scanners type what a layout has no key for. */
  #number = "";
  #numberGap = 0;

  /** Whether a scanner began a code whose end has not come yet. */
  get isWaiting() {
    const stretch = this.#stretch;
    return stretch !== null && stretch.count + this.#earlier.count >= SHORTEST_CODE && (this.#earlier.isScanners || stretch.isScanners());
  }

  /**
   * @param {Key} key
   * @param {boolean} mayBePersons whether people may type it too where it goes
   * @returns {Outcome}
   */
  press(key, mayBePersons) {
    const gap = key.time - this.#last;
    if (MODIFIERS.has(key.key)) {
      // A scanner holds it for the next key.
      if (gap <= LONGEST_GAP) this.#last = key.time;
      return {};
    }
    const digit = key.altKey && !key.ctrlKey && !key.altGraph ? (/^(?:Numpad|Digit)(\d)$/.exec(key.code)?.[1] ?? /^\d$/.exec(key.key)?.[0]) : undefined;
    if (digit !== undefined) {
      if (this.#number === "") this.#numberGap = gap;
      this.#number = (this.#number + digit).slice(-4);
      this.#last = key.time;
      return { isOurs: true };
    }
    const numbered = this.#takeNumbered();
    const outcome = numbered === undefined ? {} : { ...this.#add(numbered, this.#numberGap, this.#last, mayBePersons), ...(numbered && { typed: numbered }) };
    if (key.key === "Enter" || key.key === "Tab") return { ...outcome, ...this.#end(gap, key.time) };
    const goesOn = this.#stretch !== null && gap <= LONGEST_GAP;
    const character = this.#character(key, goesOn);
    if (character === null) {
      if (goesOn || UNKNOWN.has(key.key)) return { ...outcome, ...this.#add(null, gap, key.time, mayBePersons) };
      // Who corrects a field has seen what was in it.
      if (CORRECTIONS.has(key.key)) this.#forget();
      return outcome;
    }
    // Space scrolls the page and presses buttons. No code begins with it.
    if (character === " " && !mayBePersons && this.#stretch === null) return outcome;
    const added = this.#add(character, gap, key.time, mayBePersons);
    return character === GS ? { ...outcome, ...added, isOurs: true, typed: (numbered ?? "") + GS } : { ...outcome, ...added };
  }

  /**
   * @param {Key} key
   * @param {boolean} goesOn
   * @returns {string | null}
   */
  #character({ key, code, ctrlKey, altKey, metaKey, altGraph }, goesOn) {
    // GS, which separates the parts of an element string: Ctrl+] wherever that key is, also where it needs AltGr, or F8. Where Windows
    // tells AltGr as Ctrl and Alt, `]` with AltGr looks the same as with Ctrl and AltGr.
    const isBracket = key === "]" || (goesOn && !altGraph && code === "BracketRight");
    if (isBracket && ctrlKey && !altKey) return GS;
    if (key === "]" && altGraph && goesOn && ELEMENTS.test(this.#stretch?.text ?? "")) return GS;
    if (key === "F8" && goesOn) return GS;
    if ((ctrlKey || altKey || metaKey) && !altGraph) return null;
    return key.length === 1 ? key : null;
  }

  /** @returns {string | null | undefined} `null` for a character that is not known, `undefined` where none was typed */
  #takeNumbered() {
    if (this.#number === "") return undefined;
    const number = Number(this.#number);
    this.#number = "";
    return number === 29 || (number >= 32 && number < 127) ? String.fromCharCode(number) : null;
  }

  /**
   * @param {string | null} character
   * @param {number} gap
   * @param {number} time
   * @param {boolean} mayBePersons
   * @returns {Outcome}
   */
  #add(character, gap, time, mayBePersons) {
    this.#last = time;
    if (this.#stretch && gap <= LONGEST_GAP) {
      this.#stretch.add(character, time, mayBePersons);
      return {};
    }
    const begins = this.#pause(gap);
    this.#stretch = new Stretch();
    this.#stretch.add(character, time, mayBePersons);
    return begins ? { begins } : {};
  }

  /**
   * Puts the stretch to those that came earlier.
   *
   * @param {number} gap
   * @returns {boolean} whether what follows may be a code of its own
   */
  #pause(gap) {
    const stretch = this.#stretch;
    if (!stretch) return true;
    const earlier = this.#earlier;
    earlier.mayBegin ||= stretch.mayBegin;
    if (!earlier.longest || stretch.count > earlier.longest.count) earlier.longest = stretch;
    if (gap > SOONEST_SCAN && !earlier.mayBegin) {
      this.#persons = earlier.longest;
      this.#earlier = nothing();
      return true;
    }
    earlier.count += stretch.count;
    earlier.isScanners ||= stretch.isScanners();
    earlier.isLossy ||= stretch.isLossy;
    earlier.areWhole &&= isGTIN(stretch.text);
    earlier.mayBePersons &&= stretch.mayBePersons;
    return false;
  }

  /**
   * @param {number} gap
   * @param {number} time
   * @returns {Outcome}
   */
  #end(gap, time) {
    const stretch = this.#stretch;
    const outcome = stretch ? this.#judge(stretch, gap) : {};
    // Scanners that end with two keys, such as Tab and Enter, press no button with the second.
    const isSecond = !stretch && time - this.#lastEnd <= LONGEST_GAP;
    if (outcome.isOurs) this.#lastEnd = time;
    this.#forget();
    this.#last = time;
    return isSecond ? { isOurs: true } : outcome;
  }

  /**
   * @param {Stretch} stretch the last one
   * @param {number} gap until its end
   * @returns {Outcome}
   */
  #judge(stretch, gap) {
    const earlier = this.#earlier;
    const count = earlier.count + stretch.count;
    if (count < SHORTEST_CODE) return {};
    const isScanners = stretch.isCode || earlier.isScanners || stretch.isScanners(gap);
    const isNobodyElses = !stretch.mayBePersons && (earlier.count === 0 || !earlier.mayBePersons);
    if (!isScanners && !(isNobodyElses && count >= FEWEST_SURE)) return {};
    // What was thought a person's may be the code's beginning.
    const isLonger = earlier.count === 0 && stretch.isCode && this.#persons?.hasPaceOf(stretch) === true;
    /** @param {Why} why @returns {Outcome} */
    const broken = (why) => ({ isOurs: true, isBroken: true, why, since: isLonger ? 1 : 0 });
    const isWhole = stretch.isCode && (beginsCode(stretch.text) || (earlier.areWhole && isGTIN(stretch.text) && !isLonger));
    if (stretch.isLossy || (earlier.isLossy && !isWhole)) return broken(stretch.isCode || earlier.count > 0 ? "lost" : "slow");
    if (isScanners && !isWhole && (isLonger || earlier.count > 0)) return broken("paused");
    if (!stretch.isCode) return broken("slow");
    return stretch.isLate(gap) ? broken("late") : { isOurs: true, code: stretch.text };
  }

  #forget() {
    this.#stretch = null;
    this.#earlier = nothing();
    this.#persons = null;
  }
}

function nothing() {
  return { longest: /** @type {Stretch | null} */ (null), count: 0, mayBegin: false, isScanners: false, isLossy: false, areWhole: true, mayBePersons: true };
}
