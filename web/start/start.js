// @ts-check
// Says how the server is, for as long as the page is looked at.

import { byId, setText } from "../shared/dom.js";
import { formatUnits } from "../shared/format.js";

const PAUSE = 3000;

const texts = {
  /** @param {string} version @param {string} seq */
  ready: (version, seq) => `Version ${version} is ready, at event ${seq}`,
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
    const answer = await (await fetch("/health/ready", { cache: "no-store" })).json();
    if (answer.status !== "ready") return texts.notReady(answer.detail ?? "");
    return [texts.ready(answer.version, formatUnits(answer.seq)), ...(answer.warnings ?? [])].join(". ");
  } catch {
    return texts.away;
  }
}

document.addEventListener("visibilitychange", async () => setText(byId("server"), await state()));
look();
