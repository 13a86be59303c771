// @ts-check
// Folding of texts for searches, as the HTTP API does it, so that pages find the same items.

/**
 * Returns a text without differences of case, marks and width: `ärmel`, `ÄRMEL` and `Armel` give the same. Case folding is full (`ß` gives `ss`).
 *
 * @param {string} text
 */
export function folded(text) {
  // The admin page folds up to a hundred thousand texts at a time, most of them ASCII.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  const plain = text.replace(/[\u3000\uff01-\uffee]/g, (wide) => wide.normalize("NFKC")).normalize("NFD").replace(/\p{M}/gu, "");
  // JavaScript has no case folding. Through the capital, letters with several small forms become one, and `ẞ` becomes `ß`.
  return plain.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFD").replace(/\p{M}/gu, "");
}
