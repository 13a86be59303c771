/**
 * Live stock in React 18 or later: `import { InventoryProvider } from "/sdk/react.js"`. React itself comes from the page, as "react".
 *
 * The whole interface is described in react.d.ts, and docs/WEB.md shows its use. Styles are in react.css.
 */
export { ProductCardWithRealTimeUpdates } from "./react-card.js";
export { useInventory, useIsStale, useProductUpdates, useTallywire } from "./react-hooks.js";
export { InventoryNotification } from "./react-notification.js";
export { InventoryProvider } from "./react-provider.js";
