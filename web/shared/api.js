// @ts-check
// The HTTP API of the pages that only read: shop and shelf displays.

import { API } from "../sdk/api.js";
import { TabToken } from "./tab-token.js";

/** The token that was typed into this tab, on servers that let nobody read without one. */
export const token = new TabToken("tallywire-token");

/** The API, with that token. */
export const api = new API({ token: token.value });
