// @ts-check
// The token that a person or a device shows, as a page reads it.

import { claimsOf } from "../sdk/jwt.js";

/**
 * What a token says. The server decides whether the token is valid; a page only tells its user whose token it is.
 *
 * @typedef {object} Claims
 * @property {string} role `admin`, `device` or `shop`
 * @property {string} subject the user's or device's name
 * @property {string | null} device the one device that the token is for
 * @property {Date} expiresAt
 */

/** What a token looks like: three parts of base64url, as `tallywire token` prints it. */
const SHAPE = /^[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}$/;
const LONGEST = 8192;

/**
 * Whether a text is a token rather than a barcode.
 *
 * @param {string} text
 */
export const looksLikeToken = (text) => text.length <= LONGEST && SHAPE.test(text);

/**
 * Returns what a token says, or `null` if it is not a token of Tallywire.
 *
 * @param {string} token
 * @returns {Claims | null}
 */
export function tokenClaims(token) {
  const claims = looksLikeToken(token) ? claimsOf(token) : null;
  if (typeof claims?.role !== "string" || typeof claims.exp !== "number") return null;
  return { role: claims.role, subject: String(claims.sub ?? ""), device: claims.device ?? null, expiresAt: new Date(claims.exp * 1000) };
}
