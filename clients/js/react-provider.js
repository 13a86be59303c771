import { createContext, createElement, useContext, useEffect, useMemo, useState } from "react";
import { TallywireClient } from "./client.js";
import { InventoryStore } from "./react-store.js";
import { texts as english } from "./react-texts.js";

/**
 * @typedef {{ client: import("./tallywire.js").TallywireClient, store: InventoryStore, texts: import("./react.js").Texts }} Inventory
 */

/** Never changes while its provider is mounted, so that reading it renders nothing again. */
const Context = createContext(/** @type {Inventory | null} */ (null));
Context.displayName = "Inventory";

/** @param {import("./react.js").InventoryProviderProps} props */
export function InventoryProvider({ children, client: given, texts, ...options }) {
  // What is given at first counts: another connection is another provider (give it a `key`).
  const [client] = useState(() => given ?? new TallywireClient({ rooms: ["ecommerce_room"], ...options }));
  const [store] = useState(() => new InventoryStore(client));
  useEffect(() => {
    const end = store.start();
    client.connect().catch(() => {
      // It was closed before it was live, which is what the end of this effect does.
    });
    return () => {
      end();
      if (!given) client.close();
    };
  }, [client, store, given]);
  const value = useMemo(() => ({ client, store, texts: { ...english, ...texts } }), [client, store, texts]);
  return createElement(Context.Provider, { value }, children);
}

/** What the nearest provider gives. Throws outside of one. */
export function useProvided() {
  const provided = useContext(Context);
  if (!provided) throw new Error("this has to be within an <InventoryProvider>");
  return provided;
}
