// @ts-check
// Separates what a scanner types from what a person types, key by key, and assembles codes. It uses neither a clock nor the page.

import { beginsCode, isGTIN, LONGEST_GAP, SHORTEST_CODE, Stretch } from "./key-timing.js";

/** The shortest time between a person's last key and a scan, in milliseconds. */
const SOONEST_SCAN = 400;
/** From so many keys on, input outside of fields is a code at any pace. */
const FEWEST_SURE = 8;
export const GS = "\u001d";
const MODIFIERS = new Set(["Alt", "AltGraph", "Control", "Shift", "Meta", "CapsLock", "NumLock"]);
/** Keys whose characters the browser does not know, or not yet. */
const UNKNOWN = new Set(["Dead", "Process", "Unidentified"]);
/** Keys by which a person corrects what was typed. */
const CORRECTIONS = new Set(["Backspace", "Delete", "Escape"]);
/** The beginning of an element string. It has no other `]` than the first character. */
const ELEMENTS = /^(?:\][A-Za-z]\d|01\d{14})/;

/**
 * @typedef {object} Key
 * @property {string} key
 * @property {string} code the key's place on the keyboard, as in `KeyboardEvent.code`
 * @property {number} time milliseconds
 * @property {boolean} ctrlKey
 * @property {boolean} altKey
 * @property {boolean} metaKey
 * @property {boolean} altGraph whether AltGr is held, which Windows reports as Ctrl and Alt
 *
 * @typedef {"paused" | "late" | "slow" | "lost" | "unended"} Why why a code is not accepted: it had a pause, its end came late or not at
 *   all, its keys came so slowly that a person may have typed them, or the character of a key is not known
 *
 * @typedef {object} Outcome the effect of a key
 * @property {boolean} [begins] the key is the first of what may become a code
 * @property {boolean} [isOurs] nothing else should handle the key
 * @property {string} [typed] the text of the key, where browsers type another text or none
 * @property {string} [code] a complete code, which the key has ended
 * @property {boolean} [isBroken] the key has ended a scanner's code, and it is not known whether the code is complete
 * @property {Why} [why] why the code is broken
 * @property {number} [since] which `begins` the code came from: 0 is the last one, 1 the one before
 */

/**
 * Keys without a pause between them are a stretch. All stretches since the last Enter or Tab that may be a scanner's are one code, however long
 * the pauses between them are. The code is accepted only if it came in one stretch.
 */
export class KeyReader {
  /** @type {Stretch | null} */
  #stretch = null;
  /** What is known of earlier stretches that may belong to the same code. */
  #earlier = nothing();
  /**
   * The longest stretch before those. It was taken for a person's.
   *
   * @type {Stretch | null}
   */
  #persons = null;
  #last = -Infinity;
  #lastEnd = -Infinity;
  /** The digits that are typed while Alt is held: the number of a character, which scanners send if a layout has no key for it. */
  #number = "";
  #numberGap = 0;

  /** Whether a scanner has begun a code whose end has not come yet. */
  get isWaiting() {
    const stretch = this.#stretch;
    return stretch !== null && stretch.count + this.#earlier.count >= SHORTEST_CODE && (this.#earlier.isScanners || stretch.isScanners());
  }

  /**
   * @param {Key} key
   * @param {boolean} mayBePersons whether a person may have typed the key where the focus is
   * @returns {Outcome}
   */
  press(key, mayBePersons) {
    const gap = key.time - this.#last;
    if (MODIFIERS.has(key.key)) {
      // A scanner holds the modifier for its next key.
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
      // A person who corrects a field has seen its content.
      if (CORRECTIONS.has(key.key)) this.#forget();
      return outcome;
    }
    // Space scrolls the page and presses buttons. No code begins with a space.
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
    // GS, which separates the parts of an element string, comes as Ctrl+], also on layouts where `]` needs AltGr, or as F8. Windows reports
    // AltGr as Ctrl and Alt, so there `]` with AltGr looks the same as with Ctrl and AltGr.
    const isBracket = key === "]" || (goesOn && !altGraph && code === "BracketRight");
    if (isBracket && ctrlKey && !altKey) return GS;
    if (key === "]" && altGraph && goesOn && ELEMENTS.test(this.#stretch?.text ?? "")) return GS;
    if (key === "F8" && goesOn) return GS;
    if ((ctrlKey || altKey || metaKey) && !altGraph) return null;
    return key.length === 1 ? key : null;
  }

  /** @returns {string | null | undefined} `null` for a character that is not known, `undefined` if no number was typed */
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
   * Adds the stretch to the earlier ones.
   *
   * @param {number} gap
   * @returns {boolean} whether the next key may begin a code of its own
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
    // For scanners that end a code with two keys, such as Tab and Enter: the second must not press a button.
    const isSecond = !stretch && time - this.#lastEnd <= LONGEST_GAP;
    if (outcome.isOurs) this.#lastEnd = time;
    this.#forget();
    this.#last = time;
    return isSecond ? { isOurs: true } : outcome;
  }

  /**
   * @param {Stretch} stretch the last one
   * @param {number} gap milliseconds until the key that ended it
   * @returns {Outcome}
   */
  #judge(stretch, gap) {
    const earlier = this.#earlier;
    const count = earlier.count + stretch.count;
    if (count < SHORTEST_CODE) return {};
    const isScanners = stretch.isCode || earlier.isScanners || stretch.isScanners(gap);
    const isNobodyElses = !stretch.mayBePersons && (earlier.count === 0 || !earlier.mayBePersons);
    if (!isScanners && !(isNobodyElses && count >= FEWEST_SURE)) return {};
    // Keys that were taken for a person's may be the beginning of the code.
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
