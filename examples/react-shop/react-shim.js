// Makes a module of the script that sets `React`: what `import … from "react"` gets here.
const { React } = window;
export default React;
export const {
  Component, Fragment, StrictMode, Suspense, createContext, createElement, forwardRef, memo, useCallback, useContext, useEffect, useId,
  useLayoutEffect, useMemo, useReducer, useRef, useState, useSyncExternalStore,
} = React;
