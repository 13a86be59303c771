// @ts-check
// Elements for pages. Text reaches a page through text nodes and attributes alone, never as markup.

/** @typedef {Node | string | number | null | undefined | false} Content What an element may contain; `null`, `undefined` and `false` are left out. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns a new element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag its name
 * @param {string | Record<string, unknown>} [about] its class, or its attributes: `true` sets one without a value, `false`, `null` and
 *   `undefined` leave it out; `on` is a table of listeners, `data` one of data attributes
 * @param {...Content} content its content; texts become text nodes
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, about = {}, ...content) {
  return dress(document.createElement(tag), about, content);
}

/**
 * Returns a new element of a drawing.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag its name
 * @param {string | Record<string, unknown>} [about] as in {@link make}
 * @param {...Content} content
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(tag, about = {}, ...content) {
  return dress(/** @type {SVGElementTagNameMap[Tag]} */ (document.createElementNS(SVG, tag)), about, content);
}

/**
 * Returns an input below its label.
 *
 * @param {string} label
 * @param {HTMLElement} input with an id
 * @param {...Content} more what stands below the input
 */
export function field(label, input, ...more) {
  return make("div", "field", make("label", { for: input.id }, label), input, ...more);
}

/**
 * Returns a choice of a `<select>`.
 *
 * @param {string} value may be empty
 * @param {string} label
 * @param {boolean} [isDisabled]
 */
export function option(value, label, isDisabled = false) {
  return make("option", { value, disabled: isDisabled }, label);
}

/**
 * Returns the element of the page with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 * @throws {Error} if the page has none, which is a programming error
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`this page has no element “${id}”`);
  return element;
}

/**
 * Sets a text if it has changed: writing the same text again would cost a layout. The text node is kept, because a new one costs more.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const node = element.firstChild;
  if (node instanceof Text && node === element.lastChild) {
    if (node.data !== text) node.data = text;
  } else if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @template {HTMLElement | SVGElement} T
 * @param {T} element
 * @param {string | Record<string, unknown>} about
 * @param {Content[]} content
 * @returns {T}
 */
function dress(element, about, content) {
  const attributes = typeof about === "string" ? { class: about } : about;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") listen(element, /** @type {Record<string, EventListener>} */ (value));
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) throw new Error(`“${name}” would be a script in an attribute; use on: { … }`);
    else if (value === true) element.setAttribute(name, "");
    // A class may be computed and be empty. For other attributes the empty value has a meaning, as in `alt=""`.
    else if (name === "class" && value === "") continue;
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const part of content) {
    if (part === null || part === undefined || part === false) continue;
    element.append(part instanceof Node ? part : document.createTextNode(String(part)));
  }
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, EventListener>} listeners
 */
function listen(element, listeners) {
  for (const [type, listener] of Object.entries(listeners)) element.addEventListener(type, listener);
}
