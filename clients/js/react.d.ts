/**
 * Live stock in React 18 or later: the whole public interface of `react.js`.
 *
 * Everything works in strict mode and in server rendering. In server rendering nothing connects, and no values are known.
 */
import type { ReactElement, ReactNode } from "react";
import type {
  Band, EventType, InventoryUpdate, ProductStatus, ProductStatusChange, Status, StockAlert, TallywireClient, TallywireOptions,
} from "./tallywire.js";

export interface InventoryProviderProps extends TallywireOptions {
  children?: ReactNode;
  /** A client that the page owns. The provider connects it and does not close it. Without one, the other props are the options of the provider's own client. */
  client?: TallywireClient;
  /** Texts that replace the English ones of react-texts.js. */
  texts?: Partial<Texts>;
}

/** The texts of the components. */
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
 * Provides a client to all components below. The options of the first rendering count; another `key` makes another connection.
 * The default of `rooms` is `["ecommerce_room"]`.
 */
export function InventoryProvider(props: InventoryProviderProps): ReactElement;

/** The latest events: the newest 50 of each type, the newest first. */
export interface InventoryState {
  readonly inventoryUpdates: readonly (InventoryUpdate & { readonly seq: number })[];
  readonly stockAlerts: readonly (StockAlert & { readonly seq: number })[];
  readonly productStatusChanges: readonly (ProductStatusChange & { readonly seq: number })[];
  /** Whether `status` is `live`: everything is known, and changes come by themselves. */
  readonly isConnected: boolean;
  readonly status: Status;
}

export interface Inventory extends InventoryState {
  clearInventoryUpdates(): void;
  clearStockAlerts(): void;
  clearProductStatusChanges(): void;
  clearAll(): void;
}

/** Returns the latest events and the state of the connection. The component renders again with each event: use it for lists, not for single products. */
export function useInventory(): Inventory;

/** What is known of a product or variant. Values are `null` until they are known. */
export interface ProductUpdates {
  /** Units; `null` where the room shows a `band` instead. */
  readonly stock: number | null;
  readonly band: Band | null;
  readonly inStock: boolean | null;
  /** Units on hand in every state, and those of them that reservations hold; `null` where the room does not show them. */
  readonly onHand: number | null;
  readonly reserved: number | null;
  readonly price: number | null;
  readonly status: ProductStatus | null;
  /** Whether an event has changed the product since the component was mounted. */
  readonly hasUpdates: boolean;
  /** The time of the last event that changed the product, by the server's clock; `null` if none came. */
  readonly lastUpdated: Date | null;
  /** When the values came, by this machine's clock. */
  readonly asOf: Date | null;
}

/**
 * Follows one variant, or, without `variantId`, a product. For a product with variants `stock`, `onHand` and `reserved` are sums, and `price` is the
 * lowest price. The component renders again when this product changes, and not when others do.
 */
export function useProductUpdates(productId: number, variantId?: number | null): ProductUpdates;

/** Whether what is shown may be out of date: there has been no connection for longer than `staleAfter`, or never one. */
export function useIsStale(): boolean;

/** The client of the nearest provider. */
export function useTallywire(): TallywireClient;

export interface InventoryNotificationProps {
  /** How long a notice is shown, in milliseconds. It stays while the pointer or the focus is on it. Default: 6000. */
  duration?: number;
  /** At most so many notices are shown; a new one replaces the oldest. Default: 4. */
  limit?: number;
  types?: readonly EventType[];
  /** Returns the name of an item. Without a result, the variant's name or the SKU is shown. */
  nameOf?: (data: { productId: number; variantId?: number | null; sku?: string }) => string | null | undefined;
  /** An ISO 4217 code, such as `EUR`. Without it prices are numbers with two decimals. */
  currency?: string;
  /** The locale of numbers and times. Default: that of the browser. */
  locale?: string;
  className?: string;
}

/** Floating notices of events, one for each item. They disappear after a while or when dismissed, and screen readers announce them politely. */
export function InventoryNotification(props: InventoryNotificationProps): ReactElement;

export interface ProductCardProps {
  productId: number;
  variantId?: number | null;
  title: string;
  /** Initial values, shown until the live ones are known. */
  price?: number | null;
  stock?: number | null;
  status?: ProductStatus | null;
  /** The address of an image. */
  image?: string;
  currency?: string;
  locale?: string;
  /** Shows a button, which is disabled while the product is out of stock or not active. */
  onAddToCart?: (what: { productId: number; variantId: number | null }) => void;
  className?: string;
}

/** A product with live stock and price, and a mark with the time when they change. */
export function ProductCardWithRealTimeUpdates(props: ProductCardProps): ReactElement;
