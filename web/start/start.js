// @ts-check
// Shows the state of the server, as long as the page is visible.

import { API } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { byId, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

const PAUSE = 3000;
const api = new API();

const texts = {
  /** @param {string} version @param {string} seq */
  ready: (version, seq) => `Version ${version} is ready. Last event: ${seq}`,
  away: "The server cannot be reached",
  /** @param {string} detail */
  notReady: (detail) => `The server is not ready: ${detail}`,
};

async function look() {
  if (document.visibilityState === "visible") setText(byId("server"), await state());
  setTimeout(look, PAUSE);
}

async function state() {
  try {
    const { body } = await api.get("/health/ready");
    return [texts.ready(body.version, formatUnits(body.seq)), ...(body.warnings ?? [])].join(". ");
  } catch (error) {
    return error instanceof Problem && error.code !== "disconnected" ? texts.notReady(error.message) : texts.away;
  }
}

document.addEventListener("visibilitychange", async () => setText(byId("server"), await state()));
look();
