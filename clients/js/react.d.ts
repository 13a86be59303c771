/**
 * Live stock in React 18 or later: the whole public interface of `react.js`.
 *
 * Everything is safe in strict mode and in server rendering, where nothing connects and nothing is known yet.
 */
import type { ReactElement, ReactNode } from "react";
import type {
  Band, EventType, InventoryUpdate, ProductStatus, ProductStatusChange, Status, StockAlert, TallywireClient, TallywireOptions,
} from "./tallywire.js";

export interface InventoryProviderProps extends TallywireOptions {
  children?: ReactNode;
  /** A client that is kept elsewhere. It is connected here, and not closed. Without one, the other props are the options of an own one. */
  client?: TallywireClient;
  /** What components say, where it should differ from English; see react-texts.js. */
  texts?: Partial<Texts>;
}

/** What components say. */
export interface Texts {
  notifications: string;
  dismiss: string;
  outOfStock: string;
  inactive: string;
  inStock: string;
  few: string;
  unknownStock: string;
  stale: string;
  liveUpdate: string;
  addToCart: string;
  units: (units: number) => string;
  atMost: (units: number) => string;
  moreThan: (units: number) => string;
  stockIs: (name: string, stock: number | string) => string;
  priceIs: (name: string, price: string) => string;
  levelIs: (name: string, level: string) => string;
  statusIs: (name: string, status: string) => string;
  product: (id: number) => string;
}

/**
 * Gives everything below it a client. Options count as they are at first: give another `key` for another connection.
 * `rooms` is `["ecommerce_room"]` unless it says otherwise.
 */
export function InventoryProvider(props: InventoryProviderProps): ReactElement;

/** What happened of late: the newest 50 of each, the newest first. */
export interface InventoryState {
  readonly inventoryUpdates: readonly (InventoryUpdate & { readonly seq: number })[];
  readonly stockAlerts: readonly (StockAlert & { readonly seq: number })[];
  readonly productStatusChanges: readonly (ProductStatusChange & { readonly seq: number })[];
  /** Whether everything is known and comes by itself: `status` is `live`. */
  readonly isConnected: boolean;
  readonly status: Status;
}

export interface Inventory extends InventoryState {
  clearInventoryUpdates(): void;
  clearStockAlerts(): void;
  clearProductStatusChanges(): void;
  clearAll(): void;
}

/** What happened of late, and whether there is a connection. Renders again with each event: for lists, not for single products. */
export function useInventory(): Inventory;

/** What is known of a product or variant. Values are `null` until they are known. */
export interface ProductUpdates {
  /** Units; `null` where the room tells a `band` instead. */
  readonly stock: number | null;
  readonly band: Band | null;
  readonly inStock: boolean | null;
  readonly price: number | null;
  readonly status: ProductStatus | null;
  /** Whether an event changed it since this component began to look. */
  readonly hasUpdates: boolean;
  /** When the last event changed it, by the server's clock; `null` if none was seen. */
  readonly lastUpdated: Date | null;
  /** When the values came, by this machine's clock. */
  readonly asOf: Date | null;
}

/**
 * Follows one variant, or, without `variantId`, a product: of one with variants `stock` is the sum and `price` the lowest. A component that
 * uses it renders again when this product changes, and not when others do.
 */
export function useProductUpdates(productId: number, variantId?: number | null): ProductUpdates;

/** Whether what is shown may be out of date: there has been no connection for longer than `staleAfter`, or never one. */
export function useIsStale(): boolean;

/** The client of the nearest provider. */
export function useTallywire(): TallywireClient;

export interface InventoryNotificationProps {
  /** How long a notice stays, in milliseconds. It stays while the pointer or the keyboard is on it. Default: 6000. */
  duration?: number;
  /** So many are shown at most; the oldest goes for a new one. Default: 4. */
  limit?: number;
  types?: readonly EventType[];
  /** What an item is called; its variant's name or its SKU unless this answers something. */
  nameOf?: (data: { productId: number; variantId?: number | null; sku?: string }) => string | null | undefined;
  /** An ISO 4217 code, such as `EUR`. Without it prices are numbers with two decimals. */
  currency?: string;
  /** Of numbers and times. Default: that of the browser. */
  locale?: string;
  className?: string;
}

/** Floating notices of what happens: one for each item, gone after a while or when dismissed, and told politely by screen readers. */
export function InventoryNotification(props: InventoryNotificationProps): ReactElement;

export interface ProductCardProps {
  productId: number;
  variantId?: number | null;
  title: string;
  /** Initial values, shown until the live ones are known. */
  price?: number | null;
  stock?: number | null;
  status?: ProductStatus | null;
  /** The address of a picture. */
  image?: string;
  currency?: string;
  locale?: string;
  /** Shows a button, which is disabled while the product is out of stock or not active. */
  onAddToCart?: (what: { productId: number; variantId: number | null }) => void;
  className?: string;
}

/** A product with live stock and price, and a mark with the time when they change. */
export function ProductCardWithRealTimeUpdates(props: ProductCardProps): ReactElement;
