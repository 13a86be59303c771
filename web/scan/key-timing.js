// @ts-check
// The timing of keys, which tells a scanner from a person.

import { checkDigit } from "../shared/barcode.js";

/** The longest gap between two keys that is no pause, in milliseconds. Bluetooth scanners have delays of that size now and then. */
export const LONGEST_GAP = 120;
/** From so many keys on a code is long: no person types that many at a scanner's pace. */
const LONG = 8;
/** The longest average time for a key, in milliseconds: in a short code, which a person might type, and in a long one. */
const FAST = 35, SLOW = 80;
/** The longest gap within a short code, in milliseconds. */
const SHORT_GAP = 50;
/** From so many keys on no person types at a slow scanner's pace. */
const FEWEST_SLOW = 5;
/** A scanner's pace is steady: at the beginning a key takes at most so many times as long as later. */
const SAME_PACE = 1.5;
export const SHORTEST_CODE = 3;
const LONGEST_CODE = 4096;
/** The longest gap before the key that ends a long code, in milliseconds. */
const LATEST_END = 300;

/** Keys that came without a pause between them. */
export class Stretch {
  text = "";
  count = 0;
  /** Whether the character of a key is not known. */
  isLossy = false;
  /** Whether a person might have typed each of the keys. */
  mayBePersons = true;
  #first = 0;
  #last = 0;
  #longestGap = 0;
  #shortestGap = Infinity;

  /**
   * @param {string | null} character `null` if it is not known
   * @param {number} time
   * @param {boolean} mayBePersons
   */
  add(character, time, mayBePersons) {
    if (this.count === 0) {
      this.#first = time;
    } else {
      this.#longestGap = Math.max(this.#longestGap, time - this.#last);
      this.#shortestGap = Math.min(this.#shortestGap, time - this.#last);
    }
    this.#last = time;
    this.count += 1;
    this.mayBePersons &&= mayBePersons;
    if (character === null || this.text.length === LONGEST_CODE) this.isLossy = true;
    else this.text += character;
  }

  /** The average time for a key, in milliseconds. */
  get pace() { return this.count < 2 ? Infinity : (this.#last - this.#first) / (this.count - 1); }

  /** Whether the stretch is a code by itself. */
  get isCode() {
    if (this.text === "" || this.count < SHORTEST_CODE) return false;
    return this.count >= LONG ? this.pace <= SLOW : this.#isFast;
  }

  /**
   * Whether a scanner typed the stretch, and not a person.
   *
   * @param {number} [end] milliseconds until the key that ended it
   */
  isScanners(end = Infinity) {
    if (this.text === "") return false;
    const hasEnd = end <= LONGEST_GAP;
    const count = this.count + (hasEnd ? 1 : 0);
    const pace = count < 2 ? Infinity : (this.#last - this.#first + (hasEnd ? end : 0)) / (count - 1);
    if (!this.mayBePersons) return pace <= SLOW;
    if (this.count >= LONG || (count >= FEWEST_SLOW && pace <= SLOW)) return true;
    return count >= SHORTEST_CODE && pace <= FAST && Math.max(this.#longestGap, hasEnd ? end : 0) <= SHORT_GAP;
  }

  /** Whether the stretch may be the beginning of a code: no person types there, or two of its keys came faster than a person's. */
  get mayBegin() {
    if (!this.mayBePersons) return true;
    return this.isScanners() || (this.text !== "" && this.pace <= SLOW && this.#shortestGap <= FAST);
  }

  /**
   * Whether these keys, which a fast person may have typed, have the pace of the code that followed.
   *
   * @param {Stretch} next
   */
  hasPaceOf(next) { return this.text !== "" && this.pace <= Math.min(SLOW, next.pace * SAME_PACE); }

  /** @param {number} end milliseconds until the key that ended it */
  isLate(end) { return end > (this.count >= LONG ? LATEST_END : LONGEST_GAP); }

  get #isFast() { return this.pace <= FAST && this.#longestGap <= SHORT_GAP; }
}

/**
 * Whether a text can only be the beginning of a code: a symbology identifier is never elsewhere.
 *
 * @param {string} text
 */
export const beginsCode = (text) => /^\][A-Za-z]\d/.test(text);

/**
 * Whether a text is a complete GTIN with a right check digit. GTINs of eight digits do not count: they are too often the beginning of another code.
 *
 * @param {string} text
 */
export const isGTIN = (text) => /^\d{12,14}$/.test(text) && checkDigit(text.slice(0, -1)) === Number(text.at(-1));
