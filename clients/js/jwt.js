/**
 * Returns the claims of a JSON Web Token (RFC 7519), or `null` for a text that is no such token. The signature is not verified: the
 * server does that.
 * @param {string} token
 * @returns {Record<string, any> | null}
 */
export function claimsOf(token) {
  try {
    const bytes = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0))));
  } catch {
    return null;
  }
}
