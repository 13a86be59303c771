// @ts-check
// The token that a device shows: what it says of itself, and where a page keeps it.

/**
 * What a token says of itself. The server decides whether it is right; a page only tells its user what it was given.
 *
 * @typedef {object} Claims
 * @property {string} role `admin`, `device` or `shop`
 * @property {string} subject who it is
 * @property {string | null} device the one device it acts for
 * @property {Date} expiresAt
 */

/** What a token looks like: three parts of base64url, as `tallywire token` prints it. */
const SHAPE = /^[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}$/;
const LONGEST = 8192;

/**
 * Whether a text is a token rather than a code of goods.
 *
 * @param {string} text
 */
export const looksLikeToken = (text) => text.length <= LONGEST && SHAPE.test(text);

/**
 * What a token says of itself.
 *
 * @param {string} token
 * @returns {Claims | null} `null` if it cannot be read
 */
export function claimsOf(token) {
  if (!looksLikeToken(token)) return null;
  try {
    const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    if (typeof claims.role !== "string" || typeof claims.exp !== "number") return null;
    return { role: claims.role, subject: String(claims.sub ?? ""), device: claims.device ?? null, expiresAt: new Date(claims.exp * 1000) };
  } catch {
    return null;
  }
}
