// @ts-check
// How texts are searched in: as the HTTP API searches, so that a page finds the same.

/**
 * A text without case, marks and widths: `ärmel`, `ÄRMEL` and `Armel` have the same. Case is folded in full (`ß` is `ss`).
 *
 * @param {string} text
 */
export function folded(text) {
  // A hundred thousand rows are folded at a time, and most are ASCII.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  const plain = text.replace(/[\u3000\uff01-\uffee]/g, (wide) => wide.normalize("NFKC")).normalize("NFD").replace(/\p{M}/gu, "");
  // There is no case folding in JavaScript. Letters that are small in more than one way have one capital, and `ẞ` has `ß`.
  return plain.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFD").replace(/\p{M}/gu, "");
}
