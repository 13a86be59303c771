import { createContext, createElement, useContext, useEffect, useMemo, useState } from "react";
import { TallywireClient } from "./client.js";
import { InventoryStore } from "./react-store.js";
import { texts as english } from "./react-texts.js";

/**
 * @typedef {{ client: import("./tallywire.js").TallywireClient, store: InventoryStore, texts: import("./react.js").Texts }} Inventory
 */

/** Its value stays the same while its provider is mounted, so that reading it causes no rendering. */
const Context = createContext(/** @type {Inventory | null} */ (null));
Context.displayName = "Inventory";

/** @param {import("./react.js").InventoryProviderProps} props */
export function InventoryProvider({ children, client: given, texts, ...options }) {
  // Only the options of the first rendering count. For another connection, render another provider (with another `key`).
  const [client] = useState(() => given ?? new TallywireClient({ rooms: ["ecommerce_room"], ...options }));
  const [store] = useState(() => new InventoryStore(client));
  useEffect(() => {
    const end = store.start();
    client.connect().catch(() => {
      // The client was closed before it was live, as the cleanup of this effect does.
    });
    return () => {
      end();
      if (!given) client.close();
    };
  }, [client, store, given]);
  const value = useMemo(() => ({ client, store, texts: { ...english, ...texts } }), [client, store, texts]);
  return createElement(Context.Provider, { value }, children);
}

/** Returns what the nearest provider provides. Throws outside of a provider. */
export function useProvided() {
  const provided = useContext(Context);
  if (!provided) throw new Error("this has to be within an <InventoryProvider>");
  return provided;
}
