/**
 * Live stock from a Tallywire server, in a page or in Node: the whole public interface of `tallywire.js`.
 *
 * Times are `Date`s of this machine's clock unless they say otherwise, durations are milliseconds.
 */

// MARK: Values

/** What a product may be. Only `active` ones are sold. */
export type ProductStatus = "draft" | "active" | "inactive" | "discontinued";

/** `low` is at or under the variant's threshold, `out` is none. */
export type StockLevel = "ok" | "low" | "out";

/** How much there is, roughly, where a room does not tell the units: `few` is at most `atMost`, `in stock` is more than `moreThan`. */
export interface Band {
  readonly name: "out" | "few" | "in stock";
  readonly atMost?: number;
  readonly moreThan?: number;
}

/**
 * What is known of a variant. It never changes: what is newer is another object, so `===` tells whether anything did.
 * Members that the room does not show are `null`.
 */
export interface Item {
  /** Names this item among all, also a product's default variant beside its variants: `1/11`, `2/`. */
  readonly key: string;
  readonly productId: number;
  /** `null` for a product without variants. */
  readonly variantId: number | null;
  readonly sku: string | null;
  /** The variant's name, such as `Red / M`. */
  readonly name: string | null;
  /** Units; `null` where the room tells a `band` instead, or nothing. */
  readonly stock: number | null;
  readonly band: Band | null;
  /** Whether there is any, told by the units, the band or the level. `null` if none of them is known. */
  readonly inStock: boolean | null;
  /** In the server's currency, two decimals; `null` where there is no price, or none is shown. */
  readonly price: number | null;
  readonly status: ProductStatus | null;
  readonly level: StockLevel | null;
  /** Grows with every change of stock, price or status. A value with a lower one never overwrites this. */
  readonly version: number;
  /** The event up to which this holds. */
  readonly seq: number;
  /** When the server committed the last change that was seen as an event, by its clock; `null` if the values came as they were. */
  readonly changedAt: Date | null;
  /** When this came. While `client.status` is `live` it still holds, see {@link TallywireClient.asOf}. */
  readonly asOf: Date;
}

// MARK: Events

/** `data` of `inventory_updated`. A room may show less: all but the first three members may be absent. */
export interface InventoryUpdate {
  productId: number;
  variantId: number | null;
  version: number;
  sku?: string;
  variantName?: string;
  /** Units, or the name of a band with `stockAtMost` or `stockMoreThan`. */
  stock?: number | Band["name"];
  stockAtMost?: number;
  stockMoreThan?: number;
  previousStock?: number;
  totalProductStock?: number;
  /** Absent when only the price changed. */
  operation?: "set" | "add" | "subtract" | "transfer";
  quantity?: number;
  reason?: string;
  reference?: string;
  price?: number | null;
  /** Present when the price changed. */
  previousPrice?: number | null;
  status?: ProductStatus;
  level?: StockLevel;
  location?: string;
  locationStock?: number;
  source?: string;
  movementId?: string;
  occurredAt?: string;
  timestamp?: string;
  batch?: string;
  serial?: string;
  expiry?: string;
}

/** `data` of `stock_alert`. */
export interface StockAlert {
  productId: number;
  variantId: number | null;
  sku?: string;
  stockLevel?: StockLevel;
  previousLevel?: StockLevel;
  stock?: number | Band["name"];
  threshold?: number;
  message?: string;
  timestamp?: string;
}

/** `data` of `product_status_changed`. */
export interface ProductStatusChange {
  productId: number;
  status: ProductStatus;
  previousStatus?: ProductStatus;
  timestamp?: string;
}

/** `data` of `catalogue_changed`; `values` are the new ones. */
export interface CatalogueChange {
  change: "created" | "updated" | "removed";
  productId?: number;
  variantId?: number | null;
  sku?: string;
  values?: Record<string, unknown>;
  timestamp?: string;
}

/** `data` of what happens around the stock; what it has depends on the type, see docs/HTTP.md. */
export interface OperationalNotice {
  message?: string;
  status?: string;
  timestamp?: string;
  [member: string]: unknown;
}

/** `data` of `alert_acknowledged`: `by` has acknowledged the alert of event `alertSeq`. */
export interface AlertAcknowledgement {
  productId: number;
  variantId: number | null;
  sku?: string;
  stockLevel?: StockLevel;
  alertSeq?: number;
  by?: string;
  note?: string;
  message?: string;
  timestamp?: string;
}

/** Each type of event and its `data`. */
export interface EventData {
  inventory_updated: InventoryUpdate;
  stock_alert: StockAlert;
  product_status_changed: ProductStatusChange;
  catalogue_changed: CatalogueChange;
  alert_acknowledged: AlertAcknowledgement;
  device_offline: OperationalNotice;
  device_online: OperationalNotice;
  display_stale: OperationalNotice;
  display_current: OperationalNotice;
  serial_repeated: OperationalNotice;
  scan_set_aside: OperationalNotice;
}

export type EventType = keyof EventData;

/** An event as it came. */
export type TallywireEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly type: K;
    /** The event's number in the journal. Rooms leave out types, so there are gaps that mean nothing. */
    readonly seq: number;
    /** When it was committed, ISO 8601, by the server's clock. */
    readonly timestamp: string;
    readonly data: EventData[K];
    /** So many earlier changes of the variant were merged into this one, because this client read more slowly than they came. */
    readonly conflated?: number;
  };
}[T];

// MARK: State of the connection

/**
 * - `idle`: {@link TallywireClient.connect} was not called yet.
 * - `connecting`: a connection is being made.
 * - `recovering`: it is there; what was missed is coming. What is shown may be old.
 * - `live`: everything is known and comes by itself.
 * - `waiting`: not connected; the next attempt is at `retryAt`.
 * - `offline`: the same, and the browser says that there is no network. An attempt follows as soon as there is one.
 * - `closed`: {@link TallywireClient.close} was called. `connect` begins anew.
 */
export type Status = "idle" | "connecting" | "recovering" | "live" | "waiting" | "offline" | "closed";

/**
 * How events come. `sse` is what is left where WebSockets are blocked: it is for the role `admin` on a server with tokens, has no
 * rooms (the client chooses from all events), and needs the HTTP API to be readable from the page.
 */
export type Transport = "websocket" | "sse";

/** The state of the client, as `status` events tell it. */
export interface Snapshot {
  readonly status: Status;
  /** When the next attempt is, while `waiting` or `offline`. */
  readonly retryAt: Date | null;
  /** Up to when everything shown is known to be true; `null` before the first values. */
  readonly asOf: Date | null;
  /** Whether what is shown may be older than `staleAfter` allows, or nothing is known yet. */
  readonly isStale: boolean;
  readonly transport: Transport | null;
  readonly lastError: TallywireError | null;
  /** With `shared`: whether this tab holds the connection for the others. Without it: `true`. */
  readonly isLeader: boolean;
}

/**
 * What went wrong. `code` is stable: the server's (`forbidden`, `unknown_room`, `unauthenticated`, `too_many_rooms`, `too_many_tracked`,
 * `too_many_items`, `rate_limited`, `invalid_message`, …) or the client's: `closed`, `disconnected`, `no_answer`, `server_overloaded`,
 * `token_failed` (the token callback threw), `listener_failed` (a listener threw), `unavailable` (no transport can be used here).
 */
export class TallywireError extends Error {
  readonly name: "TallywireError";
  readonly code: string;
  /** The room that it is about. */
  readonly room: string | null;
  readonly cause?: unknown;
  constructor(code: string, message: string, details?: { room?: string; cause?: unknown });
}

// MARK: Options

/** A token, or what gets one: called before each connection that needs one, before the last one expires, and after it was refused. */
export type TokenSource = string | (() => string | null | Promise<string | null>);

/** The part of the `WebSocket` interface that is used. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** Where time comes from; tests put another one in. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(timer: any): void;
  /** From 0 up to and without 1: what pauses are chosen by. */
  random(): number;
}

export interface TallywireOptions {
  /** The server's WebSocket, `wss://stock.example/ws`; `http:` and `https:` are taken too. Left out: of the server that this module came from. */
  url?: string | URL;
  /** Joined whenever there is a connection. With none, and nothing tracked, what the server broadcasts comes. */
  rooms?: readonly string[];
  /** Whether rooms begin with the values of all their items. Default: `true`. */
  snapshot?: boolean;
  /** What is tracked from the beginning. */
  track?: Follow;
  /** Sent within the connection, never in its address. */
  token?: TokenSource;
  /** Tried in this order; from a later one it goes back to the first when that works again. Default: `["websocket", "sse"]`. */
  transports?: readonly Transport[];
  /** After so many WebSockets in a row that did not open, the next transport is tried. Default: 3. */
  fallbackAfter?: number;
  /**
   * One connection for all tabs of this origin that have the same `url`, `rooms` and `identity`: one tab holds it, and another takes over
   * when that one goes. Without Web Locks or BroadcastChannel each tab has its own. Default: `false`.
   */
  shared?: boolean;
  /** Who the token is for. Tabs share a connection only with those of the same identity. Default: `sub` and `role` of a token that is a text. */
  identity?: string;
  /** `isStale` becomes true so long after the connection was lost. Default: 5000. */
  staleAfter?: number;
  /** The pause after the n-th failure is random, between 0 and the smaller of `maxDelay` and `minDelay * 2 ** n`. Defaults: 500 and 30000. */
  minDelay?: number;
  maxDelay?: number;
  /** A connection that is not made after so long is given up. Default: 10000. */
  connectTimeout?: number;
  /** A server that was silent for its `pingInterval` is asked; without an answer for so long the connection is dead. Default: 5000. */
  pongTimeout?: number;
  /** Items that are kept at most. More are not folded, and `error` says `too_many_items`. Default: 200000, as many as the server sends. */
  maxItems?: number;
  /** For Node before 22, which has none. */
  WebSocket?: new (url: string, protocols?: string | string[]) => WebSocketLike;
  fetch?: typeof fetch;
  clock?: Clock;
}

/** Products and variants by id. */
export interface Follow {
  products?: readonly number[];
  variants?: readonly number[];
}

export interface JoinOptions {
  /** Whether the room's values come first. Default: the client's `snapshot`. */
  snapshot?: boolean;
  /** Everything up to here is known already, from an HTTP answer's `Tallywire-Epoch` and `Tallywire-Seq` for instance. */
  since?: Position;
}

/** A place in a journal. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface Joined {
  readonly room: string;
  /** Everything up to this event is in the items, or was told. */
  readonly seq: number;
  /** Whether everything since the last position came as events; `null` if there was no position. */
  readonly recovered: boolean | null;
}

// MARK: What can be listened to

/** What happened to items at once: a snapshot's page, or an event. */
export interface ItemChanges {
  readonly changed: readonly Item[];
  readonly removed: readonly Item[];
}

/** What listeners are called with that are not of one type of event, by name. */
export interface Notices {
  /** Every event, of whatever type. */
  event: TallywireEvent;
  /** Items changed or went, after the event that did it. */
  items: ItemChanges;
  /** `status`, `isStale`, `transport`, `retryAt`, `lastError` or `isLeader` changed. */
  status: Snapshot;
  /** Something went wrong. The client goes on by itself where it can. */
  error: TallywireError;
  /** All values of a room are there: at first, or (`isPartial`: those that changed) after it was away for too long. */
  snapshot: { readonly room: string | null; readonly seq: number; readonly isPartial: boolean };
  /** What was known is void: the journal is another one. Items are empty now; values follow by themselves. */
  reset: { readonly epoch: string; readonly previousEpoch: string };
  /** A room was left because the token does not allow it any more. It is joined again when another one does. */
  left: { readonly room: string; readonly code: string };
}

/** What is called with an event of one type. */
export type EventListener<T extends EventType> = (data: EventData[T], event: TallywireEvent<T>) => void;
export type NoticeListener<K extends keyof Notices> = (notice: Notices[K]) => void;

// MARK: Client

/**
 * A client of one Tallywire server. It connects and comes back by itself, gets what it missed, and keeps the newest value of each item.
 *
 * It is told each event once at most, in the order of the journal (a room that is joined beside others may bring events that are older
 * than what the others brought), and listeners run one after the other in the order in which they were
 * added. One that throws does not keep the others from running: `error` says `listener_failed`.
 */
export class TallywireClient {
  /** Nothing is connected yet. Throws a `TypeError` for an option that cannot be. */
  constructor(options?: TallywireOptions);

  /**
   * Connects, and stays connected. Resolves when the client is `live` for the first time, however long that takes, and rejects only when
   * `close` is called before; so a page need not wait for it. Calling it again changes nothing.
   */
  connect(): Promise<void>;

  /** Ends the connection. What waits for an answer is rejected with `closed`; items stay as they are, and are stale. */
  close(): void;

  /**
   * Joins a room and stays in it, over all connections. Resolves when its values are there. Rejects with the server's `code` if the server
   * does not let this client in, and is then not tried again. May be called before `connect`.
   */
  join(room: string, options?: JoinOptions): Promise<Joined>;

  /** Leaves a room. Items that nothing else follows are forgotten. */
  leave(room: string): Promise<void>;

  /** Follows products and variants by id, whether they exist or not. Resolves when their values are there. */
  track(what: Follow): Promise<void>;

  untrack(what: Follow): Promise<void>;

  /** Calls `listener` for each event of this name from now on. What it answers ends that. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  on<K extends keyof Notices>(name: K, listener: NoticeListener<K>): () => void;
  /** The same for the next one only. */
  once<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  once<K extends keyof Notices>(name: K, listener: NoticeListener<K>): () => void;
  off<T extends EventType>(type: T, listener: EventListener<T>): void;
  off<K extends keyof Notices>(name: K, listener: NoticeListener<K>): void;

  /** What is known of a variant, or of a product without variants (`variantId` left out or `null`). */
  item(productId: number, variantId?: number | null): Item | undefined;
  /** All that is known, in the order in which it came. */
  items(): Item[];
  /** Calls `listener` whenever this item changes, with `undefined` when it is gone. What it answers ends that. */
  onItem(productId: number, variantId: number | null | undefined, listener: (item: Item | undefined) => void): () => void;

  /** What is known of a product's variants, or of its one default variant. */
  itemsOf(productId: number): Item[];
  /** Calls `listener` whenever one of a product's items changes or goes. What it answers ends that. */
  onProduct(productId: number, listener: (items: Item[]) => void): () => void;

  /** Takes another token, or another source of them, and uses it at once. `null` is nobody. */
  setToken(token: TokenSource | null): void;

  /** Asks the server now whether the connection is alive; `false` if it was not, and is being made anew. */
  check(): Promise<boolean>;

  /** Everything up to here is known in this room: to join with `since` later, in another page. */
  position(room: string): Position | null;

  readonly status: Status;
  readonly retryAt: Date | null;
  readonly asOf: Date | null;
  readonly isStale: boolean;
  readonly lastError: TallywireError | null;
  readonly transport: Transport | null;
  readonly isLeader: boolean;
  /** All of the above at one moment, the same object as long as nothing changes. */
  readonly state: Snapshot;
  /** The journal's identity, once known. */
  readonly epoch: string | null;
  /** Rooms that this client is in or wants to be in. */
  readonly rooms: readonly string[];
  /** Where the server is, as `https://stock.example`, for calls of its HTTP API. */
  readonly server: string;
}
