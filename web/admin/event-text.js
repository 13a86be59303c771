// @ts-check
// Events in words.

import { signed, text, textOr } from "./texts.js";
import { formatPrice, formatUnits } from "../shared/format.js";

/**
 * @param {any} event
 * @returns {string}
 */
export function eventText({ type, data }) {
  switch (type) {
    case "inventory_updated": return data.operation === undefined ? price(data) : moved(data);
    case "product_status_changed":
      return text("log.status", { product: String(data.productId), previous: status(data.previousStatus),
        status: status(data.status) });
    case "catalogue_changed": return data.values.previousSku === undefined ? text(`log.${data.change}`, { what: subject(data) })
      : text("log.renamed", { previous: data.values.previousSku, sku: data.sku });
    case "alert_acknowledged": return text(data.note ? "log.acknowledgedNote" : "log.acknowledged", { by: data.by,
      sku: data.location === undefined ? data.sku : `${data.sku} (${data.location})`, note: data.note ?? "" });
    case "reservation_changed": return reservation(data);
    case "count_changed": return count(data);
    // Events about the server and its devices have a message. Of a type that this page does not know, the name is shown.
    default: return data.message ?? type;
  }
}

/** @param {any} data */
function moved(data) {
  const moved = text("log.moved", {
    sku: data.sku, previous: formatUnits(data.previousStock), stock: formatUnits(data.stock), location: data.location,
    change: change(data),
  });
  const why = data.reason ? text("log.reason", { text: moved, reason: textOr(`reason.${data.reason}`, data.reason) }) : moved;
  const what = data.reverses === undefined ? why : text("log.reverses", { text: why, movement: data.reverses });
  return `${what}, ${text("log.by", { source: data.source })}`;
}

/** @param {any} data */
function change({ operation, quantity, locationStock, from, to, absorbed, counted, expected }) {
  if (absorbed) return text("change.absorbed");
  switch (operation) {
    case "count": return text("change.count", { counted: formatUnits(counted), variance: signed(counted - expected) });
    case "set": return `= ${formatUnits(locationStock)}`;
    case "transfer": return to === "incoming" ? text("change.shipped", { quantity: formatUnits(quantity) }) : "⇄";
    case "move": return text("change.move", { quantity: formatUnits(quantity), from: text(`state.${from}`), to: text(`state.${to}`) });
    case "add": case "subtract": return signed(operation === "add" ? quantity : -quantity);
    default: return textOr(`change.${operation}`, operation, { quantity: formatUnits(quantity) });
  }
}

/** @param {any} data */
function reservation({ reservationId, status, lines }) {
  const units = lines.map((/** @type {any} */ line) => `${formatUnits(line.quantity)} ${line.sku} (${line.location})`).join(", ");
  return text("log.reservation", { reservation: reservationId, status: text(`reservation.${status}`), units });
}

/** @param {any} data */
function count({ countId, location, status, lines, by }) {
  const counted = lines.map((/** @type {any} */ line) => `${formatUnits(line.counted)} ${line.sku}`).join(", ");
  const what = text(`count.${status}`, { count: lines.length });
  const whole = status === "open" && counted !== "" ? counted : what;
  return text("log.count", { name: countId, location, what: whole, by });
}

/** @param {any} data */
const price = (data) => text("log.price", { sku: data.sku, previous: formatPrice(data.previousPrice), price: formatPrice(data.price) });

/** @param {string} name */
const status = (name) => textOr(`status.${name}`, name);

/** @param {any} data */
function subject(data) {
  if (data.location !== undefined) return text("log.place", { location: data.location });
  return data.sku ?? text("log.product", { product: data.values.name ?? String(data.productId) });
}
