// @ts-check
// Scanners send keys, not characters. If the computer uses another keyboard layout than the scanner, digits come as other characters.

/** The characters on the keys of digits: without Shift on keyboards where digits need it, and with Shift on the others. */
const DIGIT_ROWS = [
  // French, Belgian, Czech, Slovak, Lithuanian
  "&é\"'(-è_çà", "&é\"'(§è!çà", "+ěščřžýáíé", "+ľščťžýáíé", "ąčęėįšųū",
  // American, Brazilian, British, Canadian
  "!@#$%^&*()", "!@#$%¨&*()", "!\"£$%^&*()", "!\"/$%?&*()",
  // German, Spanish, Italian, Swedish; Portuguese, Danish, Norwegian and Spanish of Latin America
  "!\"§$%&/()=", "!\"·$%&/()=", "!\"£$%&/()=", "!\"#¤%&/()=", "!\"#$%&/()=",
  // Swiss, Turkish, Hungarian, Dutch, Russian, Japanese
  "+\"*ç%&/()=", "!'^+%&/()=", "'\"+!%/=()§", "!\"#$%&_()'", "!\"№;%:?*()", "!\"#$%&'()",
].map((row) => new Set(row));
/** From so many characters on, such a code is no accident. */
const FEWEST = 6;
const FEWEST_DIFFERENT = 3;

/**
 * Whether a code looks like digits of another keyboard layout, or with Caps Lock.
 *
 * @param {string} code
 */
export function looksLikeOtherLayout(code) {
  const characters = [...code];
  if (characters.length < FEWEST || new Set(characters).size < FEWEST_DIFFERENT) return false;
  return DIGIT_ROWS.some((row) => characters.every((character) => row.has(character)));
}
