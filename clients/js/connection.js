import { Addresses } from "./addresses.js";
import { Backoff } from "./backoff.js";
import { Timer } from "./clock.js";
import { ConnectionAttempt, TOKEN_EXPIRED } from "./connection-attempt.js";
import { TallywireError } from "./errors.js";
import { Failback } from "./failback.js";
import { serverOf } from "./options.js";
import { TransportChoice } from "./transport-choice.js";
import { WakeDetector } from "./wake-detector.js";

/**
 * @typedef {import("./tallywire.js").Transport} Transport
 * @typedef {(token: string | null, events: import("./websocket.js").LinkEvents) => import("./session.js").Channel} OpenLink
 * @typedef {object} ConnectionParts
 * @property {import("./options.js").Options} options
 * @property {import("./follows.js").Follows} follows
 * @property {import("./token.js").Tokens} tokens
 * @property {import("./client-state.js").ClientState} clientState
 * @property {() => string | null} epoch
 * @property {(message: import("./replica.js").Message) => void} receive
 * @property {(error: TallywireError) => void} report
 * @property {(room: string, error: TallywireError) => void} refused
 * @property {(ids: import("./session.js").Ids, error: TallywireError) => void} untracked
 * @property {(url: string) => Promise<boolean>} isReachable whether the node with this address answers over HTTP
 * @property {() => void} settled called whenever all values of what is followed may be there
 */

/** After an event that makes a connection doubtful, such as a change of network, the server has to answer within so many milliseconds. */
const WAKE_TIMEOUT = 2_000;
const REASONS = new Map([[1013, "server_overloaded"], [TOKEN_EXPIRED, "unauthenticated"], [4003, "forbidden"]]);

/**
 * Connects, and reconnects: at once to the next address, and once all addresses have failed after a random pause that grows with each such
 * round.
 */
export class Connection {
  /** @type {ConnectionAttempt | null} */
  #attempt = null;
  #isRunning = false;
  #addresses;
  #transportChoice;
  #backoff;
  #retry;
  #wake;
  #failback;

  /**
   * @param {ConnectionParts} parts
   * @param {Map<Transport, import("./transports.js").OpenAt>} transports in the order of preference
   */
  constructor(parts, transports) {
    this.parts = parts;
    this.transports = transports;
    const { clock, fallbackAfter, connectTimeout } = parts.options;
    this.#addresses = new Addresses(parts.options.urls);
    this.#transportChoice = new TransportChoice([...transports.keys()], fallbackAfter, parts.isReachable);
    this.#backoff = new Backoff(parts.options);
    this.#retry = new Timer(clock);
    this.#wake = new WakeDetector(clock, () => this.awake());
    this.#failback = new Failback(clock, connectTimeout, (events) => this.#opener(this.#transportChoice.first)(this.session?.token ?? null, events),
      (link, welcome) => this.#takeOver(link, welcome));
  }

  get session() {
    return this.#attempt?.session ?? null;
  }

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#wake.start();
    this.#open();
  }

  stop() {
    this.#isRunning = false;
    this.#wake.stop();
    this.#drop();
    this.#retry.stop();
  }

  /** Reconnects at once, if the connection was started. */
  restart() {
    if (!this.#isRunning) return;
    this.#drop();
    this.#open();
  }

  /** The network or the page is back: checks the connection if there is one, and otherwise ends the pause before the next attempt. */
  awake() {
    if (this.session) this.session.check(WAKE_TIMEOUT);
    else if (this.#retry.isSet && !WakeDetector.isOffline) this.restart();
  }

  // MARK: What is followed

  /** Whether the values of all tracked items have come. */
  get hasTracked() {
    return this.session?.hasTracked ?? false;
  }

  /** Whether every event and value has come that the journal had when it was asked for. */
  get isCaughtUp() {
    return this.session?.isCaughtUp ?? false;
  }

  /** @param {import("./room.js").Room} room */
  join(room) {
    this.session?.join(room);
  }

  /**
   * @param {string} room
   * @returns {Promise<void>}
   */
  leave(room) {
    return new Promise((resolve) => this.session ? this.session.leave(room, resolve) : resolve());
  }

  /** @param {import("./session.js").Ids} ids */
  track(ids) {
    this.session?.track(ids);
  }

  /**
   * @param {import("./session.js").Ids} ids
   * @returns {Promise<void>}
   */
  untrack(ids) {
    return new Promise((resolve) => this.session ? this.session.untrack(ids, resolve) : resolve());
  }

  /** Returns whether the server answers on the connection. */
  async check() {
    return (await this.session?.check(this.parts.options.pongTimeout)) ?? false;
  }

  // MARK: One connection

  #open() {
    this.#retry.stop();
    const transport = this.#transportChoice.next;
    this.parts.clientState.set({ status: "connecting", transport, server: serverOf(this.#addresses.current), node: null });
    this.#attemptWith(transport).open(this.#opener(transport));
  }

  /**
   * Returns what opens a link to the current address.
   * @param {Transport} name
   * @returns {OpenLink}
   */
  #opener(name) {
    const open = /** @type {import("./transports.js").OpenAt} */ (this.transports.get(name));
    const url = this.#addresses.current;
    return (token, events) => open(url, token, events);
  }

  /** @param {Transport} transport */
  #attemptWith(transport) {
    return this.#attempt = new ConnectionAttempt(this.parts, transport, {
      welcomed: () => {
        this.#transportChoice.opened(transport);
        if (transport !== this.#transportChoice.first) this.#failback.start();
      },
      ended: (attempt, end) => this.#ended(attempt, end),
    });
  }

  /**
   * Moves the client to a link of the preferred transport. Its rooms are joined there from their positions, so no event is missed.
   * @param {import("./session.js").Channel} link
   * @param {import("./replica.js").Message} welcome
   * @returns {import("./websocket.js").LinkEvents | null} `null` if the client cannot move now
   */
  #takeOver(link, welcome) {
    // A client without a room has no position, so it would miss the events in between.
    if (this.parts.follows.isBroadcast) return null;
    const token = this.session?.token ?? null;
    this.#drop();
    const attempt = this.#attemptWith(this.#transportChoice.first);
    attempt.adopt(link, token, welcome);
    return attempt.events;
  }

  /** Closes the connection, if there is one. */
  #drop() {
    this.#failback.stop();
    this.#attempt?.drop();
    this.#attempt = null;
  }

  /**
   * @param {ConnectionAttempt} attempt
   * @param {import("./websocket.js").LinkEnd} end
   */
  #ended(attempt, { code, reason, retryAfter, error }) {
    const { clientState, tokens, options: { clock } } = this.parts;
    this.#transportChoice.ended(attempt.transport, attempt.hasOpened, this.#addresses.current);
    if (attempt.wasStable) {
      this.#backoff.succeeded();
      this.#addresses.succeeded();
    }
    const isFirst = this.#backoff.isFresh;
    let pause = this.#pauseAfter(attempt.session?.comeBackAfter ?? retryAfter ?? null);
    this.#drop();
    if (code === TOKEN_EXPIRED) {
      tokens.discard();
      // A new token is asked for at once. If the server refuses that one too, the usual pause follows.
      if (tokens.canRenew && isFirst) pause = 0;
    }
    const status = WakeDetector.isOffline ? "offline" : "waiting";
    const lastError = error ?? new TallywireError(REASONS.get(code) ?? "disconnected", reason || `the connection ended (${code})`);
    clientState.set({ status, retryAt: new Date(clock.now() + pause), lastError });
    this.#retry.set(pause, () => this.#open());
  }

  /**
   * Goes to the next address. Returns the milliseconds to wait before it is tried.
   * @param {number | null} asked the pause that the server asked for
   */
  #pauseAfter(asked) {
    const next = this.#addresses.failed(asked);
    if (!next.isRoundOver) return 0;
    const own = this.#backoff.failed();
    return next.asked ?? own;
  }
}
