// @ts-check
// The phone scanner: takes codes from the camera, the keyboard and keyboard-wedge scanners, queues them, and shows what became of them.

import { API, randomID } from "../sdk/api.js";
import { Problem } from "../sdk/errors.js";
import { byId, make, option, setText } from "../shared/dom.js";
import { formatLocation, formatUnits } from "../shared/format.js";
import { looksLikeToken, tokenClaims } from "../shared/token-claims.js";
import { keepShell } from "./app-shell.js";
import { Camera } from "./camera.js";
import { controlCode, FORMS } from "./control-code.js";
import { Feedback } from "./feedback.js";
import { looksLikeOtherLayout } from "./keyboard-layout.js";
import { listenToWedge } from "./wedge.js";
import { MOST_WAITING, Queue } from "./queue.js";
import { canUndo, doneBy, readable, refusalRow, scanRow } from "./scan-rows.js";
import { ScanMode } from "./scan-mode.js";
import { Sender } from "./sender.js";
import { texts } from "./texts.js";

/** @typedef {import("./queue.js").Scan} Scan */

const OPERATIONS = /** @type {const} */ (["subtract", "add", "count", "transfer"]);
const MOST_SHOWN = 50;
const LONGEST_CODE = 256;
const MOST_UNITS = 1_000_000_000;
/** A sound tells what became of a scan if the answer comes within so many milliseconds. Later, the sound for waiting has been played already. */
const SOON = 5000;
/** `TW:UNDO` takes a scan back for so many milliseconds. The button has no limit, since it says which scan it is. */
const UNDO = 60_000;

const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (byId(id));

const queue = await Queue.open();
const mode = new ScanMode(queue);
const feedback = new Feedback();
const camera = new Camera(/** @type {HTMLVideoElement} */ (byId("video")), (code) => take(code));
const api = new API();
const sender = new Sender(queue, api, {
  changed: showState,
  answered: async (scans) => {
    tell(scans);
    await showScans();
  },
});
/** @typedef {typeof OPERATIONS[number]} Operation */
let operation = /** @type {Operation} */ (OPERATIONS[0]);
let applied = 0;

// MARK: Scans

/**
 * Takes a code: a token, or the code of an item. Once a scan is shown as waiting, it is on disk.
 *
 * @param {string} text
 */
async function take(text) {
  feedback.wake();
  // Scanners may send white space around a code. GS, which separates the parts of a code, is kept.
  const code = text.replace(/^[\s\u0000]+|[ \t\r\n\u0000]+$/g, "");
  if (!code) return;
  if (looksLikeToken(code)) return takeToken(code);
  if (await mode.endIfIdle(Date.now())) showMode();
  const control = controlCode(code);
  if (control) return takeControl(control, code);
  const mistake = await problemWith(code);
  if (mistake) {
    // The code stays in its field, so that the user can add what is missing, such as the quantity of a count.
    fill("code", code.slice(0, LONGEST_CODE));
    showVerdict("refused", mistake, code);
    feedback.give("refused");
    return;
  }
  const scan = { id: randomID(), code, ...what(), quantity: quantity(), at: Date.now() };
  try {
    await queue.add(scan);
    if (!mode.isEmpty) await mode.use(scan.at);
  } catch {
    showVerdict("refused", texts.lost, code);
    feedback.give("refused");
    return;
  }
  fill("code", "");
  fill("quantity", what().operation === "count" ? "" : "1");
  const waiting = await queue.countWaiting();
  if (sender.state === "away" || sender.state === "token" || !navigator.onLine) {
    showVerdict("waiting", texts.kept(waiting), code);
    feedback.give("waiting");
  } else {
    showVerdict("waiting", texts.connection.sending, code);
  }
  await showScans();
  sender.go();
}

/**
 * What a scan does, and where: as control codes say, else as the fields do.
 *
 * @returns {{ operation: Operation, location: string, to?: string, reservation?: string }}
 */
function what() {
  const { reservation, ...codes } = mode.mode;
  const done = codes.operation ?? operation;
  return {
    operation: done, location: codes.location ?? select("location").value,
    ...(reservation === undefined ? done === "transfer" ? { to: codes.to ?? select("to").value } : {} : { reservation }),
  };
}

/** @param {string} code @returns {Promise<string | null>} */
async function problemWith(code) {
  const { operation, location, to, reservation } = what();
  if (code.length > LONGEST_CODE && !code.includes("\u001d") && !code.startsWith("]")) return texts.tooLong;
  if (looksLikeOtherLayout(code)) return texts.otherLayout;
  if (!location) {
    select("location").focus();
    return select("location").options.length > 1 ? texts.locationFirst : texts.noLocation;
  }
  if (operation === "count" && reservation === undefined && input("quantity").value.trim() === "") {
    input("quantity").focus();
    return texts.countFirst;
  }
  const units = quantity();
  if (!Number.isInteger(units) || units < (operation === "count" ? 0 : 1) || units > MOST_UNITS) return texts.badQuantity;
  if (operation === "transfer" && reservation === undefined && ["", location].includes(to ?? "")) return texts.sameLocation;
  if ((await queue.countWaiting()) >= MOST_WAITING) return texts.full;
  return null;
}

/**
 * Puts a value into a field. If the field has the focus, the value is selected, so that the next input replaces it.
 *
 * @param {string} id
 * @param {string} value
 */
function fill(id, value) {
  input(id).value = value;
  if (document.activeElement === input(id)) input(id).select();
}

function quantity() {
  const text = input("quantity").value.trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : NaN;
}

// MARK: Control codes

/**
 * @param {import("./control-code.js").ControlCode} control
 * @param {string} code
 */
async function takeControl(control, code) {
  fill("code", "");
  if (control.kind === "undo") return undoLast();
  const isPlace = control.kind === "location" || control.kind === "destination";
  const isMissing = isPlace && !Array.from(select("location").options).some(({ value }) => value === control.name);
  if (control.kind === "unknown" || isMissing) {
    showVerdict("refused", isMissing && "name" in control ? texts.mode.noLocation(control.name) : texts.mode.unknown(FORMS), code);
    return feedback.give("refused");
  }
  try {
    await mode.take(control, Date.now());
  } catch {
    showVerdict("refused", texts.lost, code);
    return feedback.give("refused");
  }
  showMode();
  showVerdict("ready", mode.isEmpty ? texts.mode.ended : texts.mode.words(mode.mode), code);
  feedback.give("applied");
}

function showMode() {
  byId("mode").hidden = mode.isEmpty;
  setText(byId("mode-words"), texts.mode.words(mode.mode));
  // A count by the fields begins without a quantity; every other scan counts one.
  input("quantity").value = what().operation === "count" && mode.mode.reservation === undefined ? "" : "1";
}

/** The fields are used by hand: they say again what is done. */
function endMode() {
  if (!mode.isEmpty) takeControl({ kind: "end" }, "TW:END");
}

/** Takes back the last scan, if it is not too old. */
async function undoLast() {
  const [last] = await queue.newest(1);
  if (last?.fate === "waiting" && Date.now() - last.at < UNDO) return refuseUndo(texts.notRecorded);
  if (!last || !canUndo(last) || Date.now() - last.at >= UNDO) return refuseUndo(texts.nothingToUndo);
  return undo(last);
}

/** @param {Scan} scan */
async function undo(scan) {
  try {
    // The key is the scan's own, so that another try after a lost answer is a repeat.
    await api.call(`/api/movements/${encodeURIComponent(scan.id)}/reversal`, { method: "POST", body: {}, key: `undo-${scan.id}` });
  } catch (error) {
    if (error instanceof Problem && error.mayBeDone) return refuseUndo(texts.undoUnanswered);
    return refuseUndo(texts.undoFailed(error instanceof Error ? error.message : String(error)));
  }
  await queue.settle([{ ...scan, undone: true }]);
  showVerdict("duplicate", texts.undone, scan.sku ?? scan.code);
  feedback.give("applied");
  await showScans();
}

/** @param {string} reason */
function refuseUndo(reason) {
  showVerdict("refused", reason);
  feedback.give("refused");
}

// MARK: Display

/** @param {Scan[]} scans */
function tell(scans) {
  applied += scans.filter((scan) => scan.fate === "applied").length;
  const newest = scans[scans.length - 1];
  const worst = scans.find((scan) => scan.fate === "refused") ?? newest;
  if (worst.fate === "refused" || Date.now() - newest.at < SOON) feedback.give(/** @type {any} */ (worst.fate));
  if (newest.fate === "refused") showVerdict("refused", newest.reason ?? "", newest.code);
  else {
    const place = newest.counted === undefined
      ? texts.stockAt(newest.sku ?? newest.code, newest.to ?? newest.location, formatUnits(newest.locationStock))
      : texts.countedSoFar(newest.sku ?? newest.code, newest.location, formatUnits(newest.counted));
    showVerdict(newest.fate, `${texts.fates[newest.fate]} ${newest.fate === "applied" ? doneBy(newest) : ""}`, place);
  }
}

/**
 * @param {string} fate
 * @param {string} headline
 * @param {string} [detail]
 */
function showVerdict(fate, headline, detail = "") {
  const verdict = byId("verdict");
  verdict.dataset.fate = fate;
  verdict.replaceChildren(make("strong", {}, headline), make("span", { class: "code" }, readable(detail)));
}

async function showScans() {
  const [scans, refused, waiting] = await Promise.all([queue.newest(MOST_SHOWN), queue.refused(), queue.countWaiting()]);
  byId("scans").replaceChildren(...scans.map((scan, index) => scanRow(scan, index === 0 ? undo : null)));
  byId("no-scans").hidden = scans.length > 0;
  byId("refusals").hidden = refused.length === 0;
  byId("refused").replaceChildren(...refused.slice(0, MOST_SHOWN).map((scan) => refusalRow(scan, () => dismiss([scan]))));
  byId("all-seen").hidden = refused.length < 2;
  setText(byId("waiting"), formatUnits(waiting));
  setText(byId("applied"), formatUnits(applied));
  showState(waiting);
}

/** @param {Scan[]} scans */
async function dismiss(scans) {
  await queue.dismiss(scans);
  await showScans();
}

/** @param {number} [known] how many scans wait, if the caller knows */
async function showState(known) {
  const waiting = known ?? (await queue.countWaiting());
  const badge = byId("connection");
  const words = texts.connection;
  const isAway = sender.state === "away" || !navigator.onLine;
  badge.dataset.state = sender.state === "token" ? "refused" : isAway ? "offline" : "live";
  setText(badge, sender.state === "token" ? words.token : isAway ? words.away(waiting) : sender.state === "sending" ? words.sending : words.online);
  const wantsToken = sender.state === "token";
  if (wantsToken && byId("device").hidden) {
    byId("device").hidden = false;
    setText(byId("device-error"), api.token ? texts.token.refused : "");
  } else if (!wantsToken && sender.state !== "away") {
    byId("device").hidden = true;
  }
  byId("leave").hidden = !api.token;
}

// MARK: Token

/** @param {string} token */
async function takeToken(token) {
  const claims = tokenClaims(token);
  const mistake = !claims ? texts.token.unreadable
    : claims.role !== "device" ? texts.token.wrongRole(claims.role)
    : claims.expiresAt.getTime() < Date.now() ? texts.token.expired : null;
  input("token").value = "";
  input("code").value = "";
  if (mistake || !claims) {
    setText(byId("device-error"), mistake ?? "");
    showVerdict("refused", mistake ?? "");
    feedback.give("refused");
    return;
  }
  api.token = token;
  await queue.set("token", token);
  byId("device").hidden = true;
  showVerdict("ready", texts.token.taken(claims.device ?? claims.subject));
  sender.go();
  await loadLocations();
  await showState();
}

// MARK: Operation and locations

/** @param {Operation} chosen */
function choose(chosen) {
  operation = chosen;
  for (const button of byId("operations").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.operation === chosen));
  byId("to-field").hidden = chosen !== "transfer";
  input("quantity").value = chosen === "count" ? "" : "1";
  queue.set("operation", chosen);
}

/** @param {Operation} chosen */
function chooseByHand(chosen) {
  endMode();
  choose(chosen);
}

async function loadLocations() {
  try {
    const { body } = await api.get("/api/locations?limit=1000");
    await queue.set("locations", body.items.map((/** @type {{ code: string, name: string }} */ { code, name }) => ({ code, name })));
    await showLocations();
  } catch (error) {
    // Without a token the server refuses everything. The sender would find that out with the first scan only.
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) byId("device").hidden = false;
    // In any other case the locations that were read last are still there to choose from.
  }
}

async function showLocations() {
  /** @type {{ code: string, name: string }[]} */
  const locations = (await queue.setting("locations")) ?? [];
  for (const [id, setting] of [["location", "location"], ["to", "to"]]) {
    const list = select(id);
    const chosen = list.value || (await queue.setting(setting));
    const choices = locations.map((location) => option(location.code, formatLocation(location)));
    // With several locations none is preselected: a scan at the wrong location is hard to find later.
    if (locations.length !== 1) choices.unshift(option("", texts.chooseLocation, true));
    list.replaceChildren(...choices);
    list.value = locations.some(({ code }) => code === chosen) ? chosen : locations.length === 1 ? locations[0].code : "";
  }
}

// MARK: Start

function listen() {
  byId("operations").replaceChildren(...OPERATIONS.map((name) =>
    make("button", { type: "button", data: { operation: name }, "aria-pressed": "false", on: { click: () => chooseByHand(name) } }, texts.operations[name])));
  byId("scan").addEventListener("submit", (event) => {
    event.preventDefault();
    take(input("code").value);
  });
  input("quantity").addEventListener("focus", () => input("quantity").select());
  for (const id of ["location", "to"]) select(id).addEventListener("change", () => {
    endMode();
    queue.set(id, select(id).value);
  });
  byId("all-seen").addEventListener("click", async () => dismiss(await queue.refused()));
  byId("device").addEventListener("submit", (event) => {
    event.preventDefault();
    takeToken(input("token").value.trim());
  });
  byId("leave").addEventListener("click", async () => {
    api.token = null;
    await queue.set("token", undefined);
    await showState();
  });
  byId("mode-end").addEventListener("click", endMode);
  setInterval(async () => (await mode.endIfIdle(Date.now())) && showMode(), 30_000);
  byId("sound").addEventListener("click", () => setSound(!feedback.isLoud));
  byId("camera-button").addEventListener("click", toggleCamera);
  byId("torch").addEventListener("click", async () => {
    const isOn = byId("torch").getAttribute("aria-pressed") !== "true";
    await camera.setTorch(isOn);
    byId("torch").setAttribute("aria-pressed", String(isOn));
  });
  addEventListener("pointerdown", () => feedback.wake());
  addEventListener("keydown", () => feedback.wake());
  addEventListener("online", () => showState());
  addEventListener("offline", () => showState());
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && camera.isOn && toggleCamera());
  listenToWedge(input("code"), take, (why) => {
    showVerdict("refused", texts.broken[why]);
    feedback.give("refused");
  });
}

async function toggleCamera() {
  if (camera.isOn) camera.stop();
  else {
    try {
      await camera.start();
    } catch (error) {
      camera.stop();
      showVerdict("refused", error instanceof DOMException && error.name === "NotAllowedError" ? texts.camera.refused : texts.camera.none);
    }
  }
  byId("camera").hidden = !camera.isOn;
  byId("camera-button").setAttribute("aria-pressed", String(camera.isOn));
  byId("torch").hidden = !camera.hasTorch;
}

/** @param {boolean} isLoud */
async function setSound(isLoud) {
  feedback.isLoud = isLoud;
  byId("sound").setAttribute("aria-pressed", String(isLoud));
  await queue.set("isLoud", isLoud);
}

listen();
await setSound((await queue.setting("isLoud")) ?? true);
api.token = (await queue.setting("token")) ?? null;
const remembered = await queue.setting("operation");
choose(OPERATIONS.includes(remembered) ? remembered : OPERATIONS[0]);
await showLocations();
await mode.load();
await mode.endIfIdle(Date.now());
showMode();
showVerdict("ready", texts.ready);
await showScans();
byId("camera-button").hidden = !(await Camera.isThere());
// On a phone, focusing the field would open the keyboard on the screen.
if (matchMedia("(pointer: fine)").matches) input("code").focus();
document.documentElement.dataset.ready = "true";
sender.go();
await loadLocations();
await keepShell();
