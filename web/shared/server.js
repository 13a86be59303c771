// @ts-check
// Reading the server's HTTP API, with a token where it wants one.

const TOKEN = "tallywire-token";
const PAGE = 1000;

/** What the server refused, by its stable code. */
export class Refusal extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** The token that was typed into this tab. It goes with the tab: it is kept nowhere else, and never in an address. */
export const token = {
  /** @returns {string | null} */
  get: () => sessionStorage.getItem(TOKEN),
  /** @param {string | null} value */
  set: (value) => (value === null ? sessionStorage.removeItem(TOKEN) : sessionStorage.setItem(TOKEN, value)),
};

/**
 * Reads from the API.
 *
 * @param {string} path such as `/api/products`
 * @returns {Promise<{ body: any, seq: number, epoch: string }>} the answer, and the place in the journal that it holds at
 * @throws {Refusal} for an answer that is a problem; `unreachable` if there is none
 */
export async function read(path) {
  const known = token.get();
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { credentials: "omit", headers: known ? { Authorization: `Bearer ${known}` } : {} });
  } catch (error) {
    throw new Refusal("unreachable", String(error));
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.code ?? "unreachable", body.detail ?? `status ${response.status}`);
  return { body, seq: Number(response.headers.get("Tallywire-Seq")), epoch: response.headers.get("Tallywire-Epoch") ?? "" };
}

/**
 * Reads a list to its end.
 *
 * @param {string} path with its query, if it has one
 * @param {number} most items; what is more is left out
 * @returns {Promise<{ items: any[], seq: number, epoch: string, isWhole: boolean }>} `seq` is that of the first page: what happened while
 *   the others were read comes again as events
 */
export async function readAll(path, most) {
  /** @type {any[]} */
  const items = [];
  let seq = 0;
  let epoch = "";
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {string} */
    const query = String(new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) }));
    const page = await read(`${path}${path.includes("?") ? "&" : "?"}${query}`);
    if (!cursor) ({ seq, epoch } = page);
    items.push(...page.body.items);
    cursor = page.body.nextCursor;
  } while (cursor && items.length < most);
  return { items: items.slice(0, most), seq, epoch, isWhole: !cursor && items.length <= most };
}

/**
 * Does work once soon, however often it is asked for, and again if it fails because the server is away.
 *
 * @param {() => Promise<void>} work
 * @param {number} pause between two times, in milliseconds
 * @returns {() => void} asks for it
 */
export function soon(work, pause) {
  let isRunning = false;
  let isWanted = false;
  let last = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const run = async () => {
    timer = undefined;
    isRunning = true;
    isWanted = false;
    last = performance.now();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      isWanted = true;
    } finally {
      isRunning = false;
      if (isWanted) ask();
    }
  };
  const ask = () => {
    isWanted = true;
    if (isRunning || timer !== undefined) return;
    timer = setTimeout(run, Math.max(0, last + pause - performance.now()));
  };
  return ask;
}
