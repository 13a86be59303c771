import { Timer } from "./clock.js";
import { TallywireError } from "./errors.js";
import { Session } from "./session.js";
import { Wake } from "./wake.js";

/**
 * @typedef {import("./session.js").SessionOwner} SessionOwner
 * @typedef {import("./tallywire.js").Transport} Transport
 * @typedef {(token: string | null, events: import("./websocket.js").LinkEvents) => import("./session.js").Channel} OpenLink
 * @typedef {object} ConnectionParts
 * @property {import("./options.js").Options} options
 * @property {import("./follows.js").Follows} follows
 * @property {import("./token.js").Tokens} tokens
 * @property {import("./condition.js").Condition} condition
 * @property {() => string | null} epoch
 * @property {(message: import("./replica.js").Message) => void} receive
 * @property {(error: TallywireError) => void} report
 * @property {(room: string, error: TallywireError) => void} refused
 * @property {(ids: import("./session.js").Ids, error: TallywireError) => void} untracked
 * @property {() => Promise<boolean>} isReachable whether the server answers over HTTP
 * @property {() => void} settled called whenever everything that is followed may be known
 */

/** A connection that was live for so long is a success: the next failure begins with short pauses again. */
const STABLE = 10_000;
/** After something happened that makes a connection doubtful, it has to answer within this. */
const WAKE_TIMEOUT = 2_000;
const TOKEN_EXPIRED = 4001;
const REASONS = new Map([[1013, "server_overloaded"], [TOKEN_EXPIRED, "unauthenticated"], [4003, "forbidden"]]);

/**
 * Keeps a session going: connects, and comes back after a random pause that grows with each failure.
 */
export class Connection {
  /** @type {Session | null} */
  session = null;
  /** @type {import("./session.js").Channel | null} */
  #link = null;
  #isRunning = false;
  #failures = 0;
  /** Links of the preferred transport in a row that did not open. */
  #unopened = 0;
  #liveSince = Infinity;
  /** Counts attempts, so that what is late for one does not touch the next. */
  #attempt = 0;
  #retry;
  #timeout;
  #wake;

  /**
   * @param {ConnectionParts} parts
   * @param {Map<Transport, OpenLink>} transports in the order of preference
   */
  constructor(parts, transports) {
    this.parts = parts;
    this.transports = transports;
    const { clock } = parts.options;
    this.clock = clock;
    this.#retry = new Timer(clock);
    this.#timeout = new Timer(clock);
    this.#wake = new Wake(clock, () => this.awake());
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

  /** Connects anew at once, if it should be connected. */
  restart() {
    if (!this.#isRunning) return;
    this.#drop();
    this.#open();
  }

  /** Something happened: a connection has to show that it is alive, and who waits need not. */
  awake() {
    if (this.session) this.session.check(WAKE_TIMEOUT);
    else if (this.#retry.isSet && !Wake.isOffline) this.restart();
  }

  // MARK: What is followed

  /** Whether the values of what is tracked are there. */
  get hasTracked() {
    return this.session?.hasTracked ?? false;
  }

  /** Whether all has come that was there when it was asked for. */
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

  /** Whether there is a connection that answers. */
  async check() {
    return (await this.session?.check(this.parts.options.pongTimeout)) ?? false;
  }

  // MARK: One connection

  async #open() {
    const { parts, clock } = this;
    const attempt = ++this.#attempt;
    this.#retry.stop();
    const [transport, open] = this.#choose();
    parts.condition.set({ status: "connecting", transport });
    this.#timeout.set(parts.options.connectTimeout, () => {
      const message = `no connection within ${parts.options.connectTimeout} ms`;
      this.#ended(attempt, { code: 1006, reason: message, error: new TallywireError("no_answer", message) });
    });
    try {
      const token = await parts.tokens.get();
      if (attempt !== this.#attempt) return;
      const link = open(token, {
        received: (message) => {
          if (attempt === this.#attempt) this.session?.receive(message);
        },
        closed: (end) => this.#ended(attempt, end),
      });
      this.#link = link;
      this.#liveSince = Infinity;
      this.session = new Session(link, this.#owner(attempt, clock), token);
    } catch (cause) {
      const error = cause instanceof TallywireError
        ? cause : new TallywireError("unavailable", `${transport} cannot be used: ${cause}`, { cause });
      parts.report(error);
      this.#ended(attempt, { code: 1006, reason: error.message, error });
    }
  }

  /** The transport to try: the preferred one, and each time when that has not opened too often in a row, the next of the others. */
  #choose() {
    const all = [...this.transports];
    const { fallbackAfter } = this.parts.options;
    const beyond = this.#unopened - fallbackAfter;
    return all[beyond < 0 ? 0 : (beyond + 1) % all.length];
  }

  get #isPreferred() {
    return this.parts.condition.state.transport === [...this.transports.keys()][0];
  }

  /**
   * @param {number} attempt
   * @param {import("./tallywire.js").Clock} clock
   * @returns {SessionOwner}
   */
  #owner(attempt, clock) {
    const { options, follows, tokens, condition, epoch, receive, report, refused, untracked, settled } = this.parts;
    return {
      follows, clock, tokens, epoch, receive, report, refused, untracked,
      pongTimeout: options.pongTimeout,
      welcomed: (interval) => {
        this.#timeout.stop();
        if (this.#isPreferred) this.#unopened = 0;
        condition.pulse = interval + options.pongTimeout;
        condition.set({ status: "recovering" });
      },
      heard: () => condition.heard(),
      caughtUp: () => {
        if (this.#liveSince === Infinity) this.#liveSince = clock.now();
        if (condition.state.status !== "live") condition.set({ status: "live" });
        settled();
      },
      progressed: settled,
      fail: (error) => {
        if (attempt === this.#attempt) this.#ended(attempt, { code: error.code === "unauthenticated" ? TOKEN_EXPIRED : 1006, reason: error.message, error });
      },
    };
  }

  /** Lets go of the connection there is. */
  #drop() {
    this.#attempt += 1;
    this.#timeout.stop();
    this.session?.end();
    this.#link?.close();
    this.session = null;
    this.#link = null;
  }

  /**
   * @param {number} attempt
   * @param {import("./websocket.js").LinkEnd} end
   */
  #ended(attempt, { code, reason, retryAfter, error }) {
    if (attempt !== this.#attempt) return;
    const { parts, clock } = this;
    const hasOpened = parts.condition.state.status !== "connecting";
    // What another transport brought ends with a try of the preferred one.
    if (!this.#isPreferred) this.#unopened += 1;
    else if (!hasOpened && this.transports.size > 1) this.#suspect();
    const isStable = clock.now() - this.#liveSince >= STABLE;
    const hint = this.session?.comeBackAfter ?? retryAfter;
    this.#drop();
    this.#liveSince = Infinity;
    if (isStable) this.#failures = 0;
    const lastError = error ?? new TallywireError(REASONS.get(code) ?? "disconnected", reason || `the connection ended (${code})`);
    let pause = hint ?? this.#pause();
    if (code === TOKEN_EXPIRED) {
      parts.tokens.discard();
      // Another token may be had at once; if that one does not do either, there is no hurry.
      if (parts.tokens.canRenew && (isStable || this.#failures === 0)) pause = 0;
    }
    this.#failures += 1;
    const status = Wake.isOffline ? "offline" : "waiting";
    parts.condition.set({ status, retryAt: new Date(clock.now() + pause), lastError });
    this.#retry.set(pause, () => this.#open());
  }

  /** A transport that does not open while the server can be reached is blocked; one of a server that is down is not. */
  async #suspect() {
    const isReached = await this.parts.isReachable();
    this.#unopened = isReached ? this.#unopened + 1 : 0;
  }

  /** A random pause, from nothing to a limit that doubles: so that not all who lost a server come back at once. */
  #pause() {
    const { minDelay, maxDelay } = this.parts.options;
    return this.clock.random() * Math.min(maxDelay, minDelay * 2 ** Math.min(this.#failures, 30));
  }
}
