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
export type StockState = "available" | "damaged" | "inspection" | "safety" | "incoming";

/** Roughly how much stock there is, in rooms that do not show units: `few` is at most `atMost`, `in stock` is more than `moreThan`. */
export interface Band {
  readonly name: "out" | "few" | "in stock";
  readonly atMost?: number;
  readonly moreThan?: number;
}

/**
 * What is known of a variant. An item is immutable: newer values come as another object, so `===` tells whether anything has changed.
 * Members that the room does not show are `null`.
 */
export interface Item {
  /** Identifies the item: `1/11` for a variant, `2/` for a product's default variant. */
  readonly key: string;
  readonly productId: number;
  /** `null` for a product without variants. */
  readonly variantId: number | null;
  readonly sku: string | null;
  /** The variant's name, such as `Red / M`. */
  readonly name: string | null;
  /** Units; `null` where the room shows a `band` instead, or nothing. */
  readonly stock: number | null;
  readonly band: Band | null;
  /** Whether there is stock, as the units, the band or the level say. `null` if none of them is known. */
  readonly inStock: boolean | null;
  /** Units on hand over all locations that sell, in every state, and those of them that reservations hold; `null` where the room shows no units. */
  readonly onHand: number | null;
  readonly reserved: number | null;
  /** In the server's currency, with two decimals; `null` where there is no price, or the room shows none. */
  readonly price: number | null;
  readonly status: ProductStatus | null;
  readonly level: StockLevel | null;
  /** Grows with every change of stock, price or status. Values with a lower version never overwrite this item. */
  readonly version: number;
  /** The event up to which the item holds. */
  readonly seq: number;
  /** When the server committed the last change that came as an event, by the server's clock; `null` if no change came as an event. */
  readonly changedAt: Date | null;
  /** When the values came. While `client.status` is `live` they still hold, see {@link TallywireClient.asOf}. */
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
  /** Units on hand over all locations that sell, in every state, and those of them that reservations hold. Absent in events of earlier versions. */
  onHand?: number;
  reserved?: number;
  /** Absent when only the price changed. */
  operation?: "set" | "count" | "add" | "subtract" | "transfer" | "move" | "capture" | "reserve" | "release" | "expire";
  quantity?: number;
  reason?: string;
  reference?: string;
  price?: number | null;
  /** Present when the price changed. */
  previousPrice?: number | null;
  /** Present when the price changed: whether it is the variant's own from now on, or its product's. */
  ownPrice?: boolean;
  status?: ProductStatus;
  level?: StockLevel;
  location?: string;
  locationStock?: number;
  /** Units at the location, and those of them that reservations hold. */
  locationOnHand?: number;
  locationReserved?: number;
  /** Units there that are damaged, in inspection or kept back, and units on the way there. Absent where 0. */
  locationUnavailable?: number;
  locationIncoming?: number;
  locationDamaged?: number;
  locationInspection?: number;
  locationSafety?: number;
  /** Units on hand there before a `set`. */
  previousOnHand?: number;
  /** The location at the other end of a transfer. */
  fromLocation?: string;
  toLocation?: string;
  /** Of a `count`: what was counted, what was there at that time as far as was known, the count's id, and when it was counted. */
  counted?: number;
  expected?: number;
  countId?: string;
  countedAt?: string;
  /** It happened before the location was last counted, so that it was in the count and has moved nothing. */
  absorbed?: boolean;
  /** What is on hand there below 0, because more has left than was known to be there. */
  discrepancy?: number;
  /** The states from which and to which units went. Absent for available ones, except for a `move`. */
  from?: StockState;
  to?: StockState;
  /** The level at the location, where the item has a threshold there. */
  locationLevel?: StockLevel;
  source?: string;
  movementId?: string;
  /** The reservation whose units were held, captured or given back. */
  reservationId?: string;
  /** The movement that this one takes back. */
  reverses?: string;
  occurredAt?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
  batch?: string;
  serial?: string;
  expiry?: string;
}

/** `data` of `stock_alert`: levels and threshold are those of the scope, and `stock` is the item's, of all locations. */
export interface StockAlert {
  productId: number;
  variantId: number | null;
  sku?: string;
  /** `location` if the units at one location crossed its threshold; missing in events of earlier versions, which are of the total. */
  scope?: "total" | "location";
  /** With the scope `location`: which one, and the units that are available there. With `discrepancy`: which one. */
  location?: string;
  locationStock?: number;
  stockLevel?: StockLevel;
  previousLevel?: StockLevel;
  stock?: number | Band["name"];
  threshold?: number;
  message?: string;
  /** What is on hand at the location below 0. */
  discrepancy?: number;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `product_status_changed`. */
export interface ProductStatusChange {
  productId: number;
  status: ProductStatus;
  previousStatus?: ProductStatus;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/**
 * `data` of `catalogue_changed`; `values` are the new ones. A variant with another SKU has it in `sku` and in `values.sku`, and the SKU that it had
 * before in `values.previousSku`.
 */
export interface CatalogueChange {
  change: "created" | "updated" | "removed";
  location?: string;
  productId?: number;
  variantId?: number | null;
  sku?: string;
  values?: Record<string, unknown>;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of events about devices, displays and serial numbers: what all of them have. */
export interface OperationalNotice {
  message?: string;
  status?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
  [member: string]: unknown;
}

/** `data` of `device_offline` and `device_online`. */
export interface DeviceNotice extends OperationalNotice {
  device?: string;
  source?: string;
  status?: "offline" | "online";
  /** When the device was last heard; `null` if it never was. */
  lastSeen?: string | null;
  reason?: string;
  message?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `display_stale` and `display_current`. */
export interface DisplayNotice extends OperationalNotice {
  sku?: string;
  location?: string;
  sink?: string;
  status?: "stale" | "current";
  wantedVersion?: number;
  /** The last version that the display confirmed; `null` if it never confirmed one. */
  shownVersion?: number | null;
  message?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `serial_repeated`. */
export interface SerialNotice extends OperationalNotice {
  productId?: number;
  variantId?: number | null;
  sku?: string;
  serial?: string;
  operation?: "add" | "subtract" | "capture";
  /** The event that counted the serial number before. */
  previousSeq?: number;
  source?: string;
  movementId?: string;
  message?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `scan_set_aside`. */
export interface SetAsideNotice extends OperationalNotice {
  device?: string;
  source?: string;
  topic?: string;
  file?: string;
  message?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `alert_acknowledged`: `by` has acknowledged the alert of event `alertSeq`. */
export interface AlertAcknowledgement {
  productId: number;
  variantId: number | null;
  sku?: string;
  stockLevel?: StockLevel;
  /** The location of an alert of one location. */
  location?: string;
  alertSeq?: number;
  by?: string;
  note?: string;
  message?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** `data` of `reservation_changed`: the whole reservation after the event. */
export interface ReservationChange {
  reservationId: string;
  /** `held` while it is open; otherwise how it ended. */
  status?: "held" | "captured" | "released" | "expired";
  reference?: string;
  expiresAt?: string;
  lines?: ReservationLine[];
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** The units of one variant that a reservation holds at one location, and what became of them. */
export interface ReservationLine {
  sku: string;
  variantId: number | null;
  productId: number;
  location: string;
  /** Units that were held at first. */
  quantity: number;
  captured: number;
  released: number;
  /** Held units that are not on hand. */
  short: number;
}

/** `data` of `count_changed`: the lines that changed while the count is open, and all lines after that. */
export interface CountChange {
  countId: string;
  location?: string;
  status?: "open" | "closed" | "posted" | "void";
  /** Whether a movement counted where no count was open. `countId` is then the movement's id. */
  atOnce?: boolean;
  /** Of a count that was opened: what it is about. */
  skus?: string[];
  prefix?: string;
  blind?: boolean;
  tolerance?: number;
  missing?: "keep" | "zero";
  lines?: CountLine[];
  by?: string;
  movementId?: string;
  /** The movement whose units were taken out of the count again. */
  reverses?: string;
  /** The `traceparent` of the request that caused the event, if it had one. */
  trace?: string;
  timestamp?: string;
}

/** What a count has of one variant. */
export interface CountLine {
  sku: string;
  variantId: number | null;
  productId: number;
  counted: number;
  countedAt: string;
  /** Units that the event added, less than 0 for units that it took away. */
  quantity?: number;
  /** How many reports add up to `counted`. */
  parts?: number;
  previousCountedAt?: string;
  /** Whether the event replaced what was counted before. */
  recount?: boolean;
  /** Whether the count has no line of the variant any more. */
  removed?: boolean;
  /** Units that were on hand at `countedAt`, and `counted` less that. */
  expected?: number;
  variance?: number;
  /** Whether a later count of the variant was posted already. */
  absorbed?: boolean;
}

/** Each type of event and its `data`. */
export interface EventData {
  inventory_updated: InventoryUpdate;
  stock_alert: StockAlert;
  product_status_changed: ProductStatusChange;
  catalogue_changed: CatalogueChange;
  alert_acknowledged: AlertAcknowledgement;
  device_offline: DeviceNotice;
  device_online: DeviceNotice;
  display_stale: DisplayNotice;
  display_current: DisplayNotice;
  serial_repeated: SerialNotice;
  scan_set_aside: SetAsideNotice;
  reservation_changed: ReservationChange;
  count_changed: CountChange;
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
    /** The number of earlier changes of the variant that were merged into this event, because this client read too slowly. */
    readonly conflated?: number;
  };
}[T];

// MARK: State of the connection

/**
 * - `idle`: {@link TallywireClient.connect} was not called yet.
 * - `connecting`: the client is connecting.
 * - `recovering`: the client is connected, and missed events are coming. What is shown may be old.
 * - `live`: everything is known, and changes come by themselves.
 * - `waiting`: not connected; the next attempt is at `retryAt`.
 * - `offline`: like `waiting`, and the browser says that there is no network. An attempt follows as soon as there is a network.
 * - `closed`: {@link TallywireClient.close} was called. `connect` connects again.
 */
export type Status = "idle" | "connecting" | "recovering" | "live" | "waiting" | "offline" | "closed";

/**
 * How events come. `sse` is the fallback where WebSockets are blocked. On a server with tokens only the role `admin` may use it. It has no
 * rooms: the client chooses from all events. The page must be allowed to read the HTTP API.
 */
export type Transport = "websocket" | "sse";

/** The state of the client, which listeners of `status` get. */
export interface Snapshot {
  readonly status: Status;
  /** When the next attempt is, while `waiting` or `offline`. */
  readonly retryAt: Date | null;
  /** The time up to which everything shown is known to be true; `null` before the first values. */
  readonly asOf: Date | null;
  /** Whether what is shown may be older than `staleAfter` allows, or nothing is known yet. */
  readonly isStale: boolean;
  readonly transport: Transport | null;
  /** The address of the HTTP API of the node that the client is connected to, or tries: `https://stock.example`. Empty if none is known. */
  readonly server: string;
  /** The name of that node, while the client is connected; `null` from a server that is by itself. */
  readonly node: string | null;
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
  /** The room of the error, if it is about one. */
  readonly room: string | null;
  readonly cause?: unknown;
  constructor(code: string, message: string, details?: { room?: string; cause?: unknown });
}

// MARK: Options

/** A token, or a function that gets one. The function is called before each connection that needs a token, before the last token expires, and after a token was refused. */
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

/** A source of time and chance, which tests replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(timer: any): void;
  /** Returns a number from 0 up to, but not including, 1, by which pauses are chosen. */
  random(): number;
}

export interface TallywireOptions {
  /**
   * The server's WebSocket, `wss://stock.example/ws`; `http:` and `https:` are taken too, also of a server: `https://example.com/stock/`. Left out: of the server that this module came from.
   *
   * Several addresses, at most 16, are those of the nodes of one cluster. The client tries the first one first. When a connection fails, is
   * lost or is refused it goes on at the next one at once, from where it was. A pause follows once all have failed.
   */
  url?: string | URL | readonly (string | URL)[];
  /** The rooms to be in, on every connection. Without a room, and with nothing tracked, the client gets what the server broadcasts. */
  rooms?: readonly string[];
  /** Whether the values of all items of a room come first. Default: `true`. */
  snapshot?: boolean;
  /** The products and variants that are tracked from the beginning. */
  track?: Follow;
  /** Sent within the connection, never in its address. */
  token?: TokenSource;
  /** The transports, in the order of preference. From a later one the client returns to the first when that works again. Default: `["websocket", "sse"]`. */
  transports?: readonly Transport[];
  /** After so many WebSockets in a row that did not open, the client tries the next transport. Default: 3. */
  fallbackAfter?: number;
  /**
   * One connection for all tabs of this origin that have the same `url`, `rooms` and `identity`. One tab holds the connection, and another
   * takes over when that tab is closed. Without Web Locks or BroadcastChannel each tab has a connection of its own. Default: `false`.
   */
  shared?: boolean;
  /** Whom the token is for. Only tabs of the same identity share a connection. Default: `sub` and `role` of `token`, if that is a text. */
  identity?: string;
  /** `isStale` becomes true so many milliseconds after the connection was lost. Default: 5000. */
  staleAfter?: number;
  /** The pause after the n-th failure (of all addresses) is random, between 0 and the smaller of `maxDelay` and `minDelay * 2 ** n`. Defaults: 500 and 30000. */
  minDelay?: number;
  maxDelay?: number;
  /** The timeout of an attempt to connect. Default: 10000. */
  connectTimeout?: number;
  /** After a `pingInterval` without a message the client sends a ping. If no answer comes within this time, the connection is dead. Default: 5000. */
  pongTimeout?: number;
  /** At most so many items are kept. Others are left out, and `error` says `too_many_items`. Default: 200000, the most that the server sends. */
  maxItems?: number;
  /** The class of WebSockets, for Node before 22, which has none. */
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
  /** Whether the values of the room's items come first. Default: the client's `snapshot`. */
  snapshot?: boolean;
  /** Everything up to here is known already, from an HTTP answer's `Tallywire-Epoch` and `Tallywire-Seq` for instance. */
  since?: Position;
}

/** A position in a journal. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface Joined {
  readonly room: string;
  /** Everything up to this event is in the items, or was delivered as an event. */
  readonly seq: number;
  /** Whether everything since the last position came as events; `null` if there was no position. */
  readonly recovered: boolean | null;
}

// MARK: Listeners

/** The items that changed together, by a page of a snapshot or by an event. */
export interface ItemChanges {
  readonly changed: readonly Item[];
  readonly removed: readonly Item[];
}

/** The arguments of listeners, by name, apart from those for one type of event. */
export interface Notices {
  /** Every event, of whatever type. */
  event: TallywireEvent;
  /** Items changed or were removed. This comes after the event that caused it. */
  items: ItemChanges;
  /** `status`, `isStale`, `transport`, `server`, `node`, `retryAt`, `lastError` or `isLeader` changed. */
  status: Snapshot;
  /** Something went wrong. The client continues by itself where it can. */
  error: TallywireError;
  /** All values of a room have come: at first, or after the client was disconnected for too long (`isPartial`: only those that changed). */
  snapshot: { readonly room: string | null; readonly seq: number; readonly isPartial: boolean };
  /** The journal is another one, so all items were removed. The new values come by themselves. */
  reset: { readonly epoch: string; readonly previousEpoch: string };
  /** The client left a room because the token does not allow it any more. It joins again with a token that does. */
  left: { readonly room: string; readonly code: string };
}

/** A listener for events of one type. */
export type EventListener<T extends EventType> = (data: EventData[T], event: TallywireEvent<T>) => void;
export type NoticeListener<K extends keyof Notices> = (notice: Notices[K]) => void;

// MARK: Client

/**
 * A client of one Tallywire server, which may have several nodes. It reconnects by itself, gets the events that it missed, and keeps the newest values of each item.
 *
 * Each event is delivered at most once, and in the order of the journal. The one exception: a room that is joined beside others may bring
 * events that are older than those of the others. Listeners are called one after the other, in the order in which they were added. A
 * listener that throws does not keep the others from being called: `error` says `listener_failed`.
 */
export class TallywireClient {
  /** Creates a client that is not connected yet. Throws a `TypeError` for an invalid option. */
  constructor(options?: TallywireOptions);

  /**
   * Connects, and stays connected. The promise resolves when the client is `live` for the first time, however long that takes. It is
   * rejected only if `close` is called before, so a page need not wait for it. Another call changes nothing.
   */
  connect(): Promise<void>;

  /** Ends the connection. Promises that wait are rejected with `closed`. The items stay, and are stale. */
  close(): void;

  /**
   * Joins a room and stays in it, over all connections. The promise resolves when the room's values have come. If the server refuses the
   * room, the promise is rejected with the server's `code`, and the room is not tried again. May be called before `connect`.
   */
  join(room: string, options?: JoinOptions): Promise<Joined>;

  /** Leaves a room. Items that nothing else follows are forgotten. */
  leave(room: string): Promise<void>;

  /** Follows products and variants by id, whether they exist or not. The promise resolves when their values have come. */
  track(what: Follow): Promise<void>;

  untrack(what: Follow): Promise<void>;

  /** Calls `listener` for each event of this name from now on. Returns a function that ends this. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  on<K extends keyof Notices>(name: K, listener: NoticeListener<K>): () => void;
  /** Calls `listener` for the next event of this name only. */
  once<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  once<K extends keyof Notices>(name: K, listener: NoticeListener<K>): () => void;
  off<T extends EventType>(type: T, listener: EventListener<T>): void;
  off<K extends keyof Notices>(name: K, listener: NoticeListener<K>): void;

  /** Returns what is known of a variant, or of a product without variants (`variantId` left out or `null`). */
  item(productId: number, variantId?: number | null): Item | undefined;
  /** Returns all items, in the order in which they came. */
  items(): Item[];
  /** Calls `listener` whenever this item changes, with `undefined` when it was removed. Returns a function that ends this. */
  onItem(productId: number, variantId: number | null | undefined, listener: (item: Item | undefined) => void): () => void;

  /** Returns the items of a product's variants, or of its default variant. */
  itemsOf(productId: number): Item[];
  /** Calls `listener` whenever one of a product's items changes or is removed. Returns a function that ends this. */
  onProduct(productId: number, listener: (items: Item[]) => void): () => void;

  /** Uses another token, or another source of tokens, from now on. `null` stands for no token. */
  setToken(token: TokenSource | null): void;

  /** Returns whether the server answers on the connection. If it does not, the client reconnects. */
  check(): Promise<boolean>;

  /** Returns the position up to which everything of this room is known, for a later `join` with `since`, in another page for instance. */
  position(room: string): Position | null;

  readonly status: Status;
  readonly retryAt: Date | null;
  readonly asOf: Date | null;
  readonly isStale: boolean;
  readonly lastError: TallywireError | null;
  readonly transport: Transport | null;
  readonly isLeader: boolean;
  /** The members above as one object, which stays the same as long as nothing changes. */
  readonly state: Snapshot;
  /** The journal's identity, once known. */
  readonly epoch: string | null;
  /** Rooms that this client is in or wants to be in. */
  readonly rooms: readonly string[];
  readonly server: string;
  readonly node: string | null;
}
