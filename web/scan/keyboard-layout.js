// @ts-check
// Scanners type keys, not characters: where the computer's keyboard has another layout than the scanner, digits come as other signs.

/** What the row of digits gives on keyboards where digits need Shift, and what it gives with Shift where they do not. */
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
/** So many signs are no code by chance. */
const FEWEST = 6;
const FEWEST_DIFFERENT = 3;

/**
 * Whether a code looks as if its digits had been typed on another keyboard layout, or with Caps Lock.
 *
 * @param {string} code
 */
export function looksLikeOtherLayout(code) {
  const signs = [...code];
  if (signs.length < FEWEST || new Set(signs).size < FEWEST_DIFFERENT) return false;
  return DIGIT_ROWS.some((row) => signs.every((sign) => row.has(sign)));
}
