// The live page: stock as the API tells it, kept up to date through the WebSocket. Text reaches the page through textContent only.

const ROOM = "admin_room";
const PAGE = 200;
const MOST_ROWS = 2000;
const MOST_EVENTS = 100;
const MOST_ALERTS = 100;

const $ = (id) => document.getElementById(id);

/** An element with a class and a text or children. */
function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.map((part) => (part instanceof Node ? part : document.createTextNode(String(part)))));
  return element;
}

// MARK: Drawing

/** What waits for the next frame: however many events came, each row is drawn once. */
const waiting = { rows: new Map(), events: [], summary: false, isScheduled: false };

function drawSoon() {
  if (waiting.isScheduled) return;
  waiting.isScheduled = true;
  requestAnimationFrame(() => {
    waiting.isScheduled = false;
    const { rows, events } = waiting;
    Object.assign(waiting, { rows: new Map(), events: [] });
    for (const [item, hasChanged] of rows) stock.draw(item, hasChanged);
    if (rows.size > 0 || waiting.summary) stock.drawSummary();
    waiting.summary = false;
    for (const event of events) showEvent(event);
  });
}

// MARK: Stock

/** What is known of each variant, by SKU, and the rows that show it. */
class Stock {
  items = new Map();
  /** Newer than what is loaded, of variants that are not there yet. */
  early = new Map();
  filter = "";
  isPartial = false;

  /** Takes a variant as the API gives it. What came by event meanwhile stays if it is newer. */
  load(product, variant, seq) {
    const known = this.items.get(variant.sku);
    if (known && known.version > variant.version) return;
    const item = known ?? { element: null };
    Object.assign(item, {
      sku: variant.sku, productId: product.id, product: product.name, name: variant.isDefault ? product.name : variant.name,
      isDefault: variant.isDefault, stock: variant.stock, price: variant.price, status: variant.status ?? product.status,
      level: variant.level, version: variant.version, seq,
      locations: new Map((variant.locations ?? []).map((place) => [place.location, place.stock])),
    });
    this.items.set(item.sku, item);
    const early = this.early.get(item.sku);
    this.early.delete(item.sku);
    if (early) this.update(early.data, early.seq);
    this.changed(item, false);
  }

  /** Applies an `inventory_updated`; says whether the variant is known. An older version than the known one changes nothing. */
  update(data, seq) {
    const item = this.items.get(data.sku);
    if (!item) {
      const isNewer = (this.early.get(data.sku)?.data.version ?? -1) < data.version;
      if (isNewer && this.early.size < MOST_ROWS) this.early.set(data.sku, { data, seq });
      return false;
    }
    if (data.version <= item.version) return true;
    Object.assign(item, {
      stock: data.stock, price: data.price, status: data.status, level: data.level, version: data.version, seq,
    });
    if (!item.isDefault) item.name = data.variantName;
    if (data.location !== undefined) item.locations.set(data.location, data.locationStock);
    this.changed(item, true);
    return true;
  }

  /** Applies a `product_status_changed`, which raises the version of each of the product's variants by one. */
  changeStatus(data, seq) {
    for (const item of this.items.values()) {
      if (item.productId !== data.productId || seq <= item.seq) continue;
      Object.assign(item, { status: data.status, version: item.version + 1, seq });
      this.changed(item, true);
    }
  }

  /** Forgets the variants that a complete load did not bring. */
  keepOnly(skus) {
    for (const [sku, item] of this.items) {
      if (skus.has(sku)) continue;
      item.element?.remove();
      this.items.delete(sku);
      waiting.rows.delete(item);
      waiting.summary = true;
    }
  }

  changed(item, isNews) {
    waiting.rows.set(item, isNews || waiting.rows.get(item) === true);
    drawSoon();
  }

  matches(item) {
    return !this.filter || `${item.product} ${item.name} ${item.sku}`.toLowerCase().includes(this.filter);
  }

  draw(item, hasChanged) {
    if (!item.element) {
      item.element = make("tr");
      $("rows").append(item.element);
    }
    const row = item.element;
    row.dataset.level = item.level;
    row.dataset.status = item.status;
    row.hidden = !this.matches(item);
    const title = make("td", "", make("div", "", item.name));
    if (!item.isDefault) title.append(make("div", "product", item.product));
    const places = make("div", "places");
    for (const [code, units] of item.locations) places.append(make("span", "place", `${code} `, make("b", "", units)));
    row.replaceChildren(
      title,
      make("td", "sku", item.sku),
      make("td", "number", make("span", "units", item.stock)),
      make("td", "", places),
      make("td", "number", item.price === null || item.price === undefined ? "–" : item.price.toFixed(2)),
      make("td", "", make("span", `badge ${item.status}`, item.status)));
    if (hasChanged) {
      row.classList.remove("changed");
      void row.offsetWidth; // Starts the animation anew.
      row.classList.add("changed");
    }
  }

  drawSummary() {
    let units = 0;
    const alerts = [];
    for (const item of this.items.values()) {
      units += item.stock;
      if (item.level !== "ok") alerts.push(item);
    }
    const count = (level) => alerts.filter((item) => item.level === level).length;
    $("variants").textContent = this.items.size.toLocaleString();
    $("units").textContent = units.toLocaleString();
    $("low").textContent = count("low").toLocaleString();
    $("out").textContent = count("out").toLocaleString();
    const order = (item) => (item.level === "out" ? 0 : 1);
    alerts.sort((a, b) => order(a) - order(b) || b.seq - a.seq || a.sku.localeCompare(b.sku));
    const place = (item) => [...(item.isDefault ? [] : [`${item.product} · `]), make("span", "sku", item.sku)];
    $("alerts").replaceChildren(...alerts.slice(0, MOST_ALERTS).map((item) => {
      const text = item.level === "out" ? "out of stock" : `${item.stock} left`;
      return make("li", "", make("span", "", item.name), make("span", `badge ${item.level}`, text), make("span", "more", ...place(item)));
    }));
    $("no-alerts").hidden = alerts.length > 0;
    const note = $("note");
    note.hidden = this.items.size > 0 && !this.isPartial;
    note.textContent = this.items.size === 0 ? "There are no products yet." : `The first ${this.items.size.toLocaleString()} variants are shown.`;
  }

  setFilter(text) {
    this.filter = text.trim().toLowerCase();
    for (const item of this.items.values()) {
      if (item.element) item.element.hidden = !this.matches(item);
    }
  }
}

// MARK: Events

const stock = new Stock();

/** What an event says, in a few words: a title, a badge and a line more. */
function describe({ type, data }) {
  switch (type) {
    case "inventory_updated": {
      const item = stock.items.get(data.sku);
      const title = item && !item.isDefault ? `${item.product}, ${data.variantName}` : data.variantName;
      if (data.operation === undefined) {
        return [title, ["", `${data.previousPrice ?? "–"} → ${data.price ?? "–"}`], `${data.sku} · price`];
      }
      const difference = data.stock - data.previousStock;
      const change = `${difference > 0 ? "+" : ""}${difference} → ${data.stock}`.replace("-", "−");
      const more = [data.sku, data.operation, data.location, data.reason, data.source].filter(Boolean).join(" · ");
      return [title, [data.level, change], more];
    }
    case "stock_alert": return [data.message, [data.stockLevel, data.stockLevel], `${data.sku} · alert`];
    case "product_status_changed": {
      const item = [...stock.items.values()].find((item) => item.productId === data.productId);
      return [item?.product ?? `Product ${data.productId}`, [data.status, data.status], `was ${data.previousStatus}`];
    }
    default: return [data.message ?? type, ["", data.status ?? ""], data.source ?? data.sink ?? ""];
  }
}

function showEvent(event) {
  const [title, [kind, badge], more] = describe(event);
  const time = make("time", "time", new Date(event.timestamp).toLocaleTimeString());
  time.dateTime = event.timestamp;
  const list = $("events");
  list.prepend(make("li", "", make("span", "", title), make("span", `badge ${kind}`, badge), make("span", "more", time, ` · ${more}`)));
  while (list.childElementCount > MOST_EVENTS) list.lastElementChild.remove();
  $("no-events").hidden = true;
}

function take(event) {
  $("seq").textContent = event.seq.toLocaleString();
  if (event.type === "inventory_updated" && !stock.update(event.data, event.seq)) loadProduct(event.data.productId);
  if (event.type === "product_status_changed") stock.changeStatus(event.data, event.seq);
  waiting.events.push(event);
  if (waiting.events.length > MOST_EVENTS) waiting.events.shift();
  drawSoon();
}

// MARK: Token

/**
 * The token that the page shows to the server, kept for this tab and as long as it is open. It is typed in, or comes in the address as
 * `#token=…`, which browsers do not send and which is taken off at once.
 */
const access = {
  get token() { return sessionStorage.getItem("token"); },
  set token(value) {
    if (value) sessionStorage.setItem("token", value); else sessionStorage.removeItem("token");
    $("sign-out").hidden = !value;
  },
  get headers() { return this.token ? { Authorization: `Bearer ${this.token}` } : {}; },
  /** Browsers set no headers for a WebSocket, but subprotocols: one with the token, and one that the server can answer with. */
  get protocols() { return this.token ? ["tallywire", `bearer.${this.token}`] : ["tallywire"]; },

  begin() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      history.replaceState(null, "", location.pathname + location.search);
      this.token = given.trim();
    }
    $("sign-out").hidden = !this.token;
  },

  /** Asks for a token, or for another one. */
  ask(note) {
    this.token = null;
    $("sign-in-note").textContent = note;
    $("sign-in").hidden = false;
  },

  /** Whether the server takes the token; what cannot be found out counts as yes. */
  async isGood() {
    try {
      return (await fetch("/api/locations?limit=1", { headers: this.headers })).status !== 401;
    } catch {
      return true;
    }
  },
};

// MARK: Loading

let loading = null;

async function get(path) {
  const response = await fetch(path, { headers: { Accept: "application/json", ...access.headers } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return { body: await response.json(), seq: Number(response.headers.get("Tallywire-Seq") ?? 0) };
}

/** Loads all products, page by page. A newer call ends an older one. */
async function loadAll() {
  const mine = (loading = Symbol());
  const seen = new Set();
  let cursor = null;
  do {
    const { body, seq } = await get(`/api/products?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    if (loading !== mine) return;
    for (const product of body.items) {
      for (const variant of product.variants) {
        seen.add(variant.sku);
        stock.load(product, variant, seq);
      }
    }
    cursor = body.nextCursor;
  } while (cursor && seen.size < MOST_ROWS);
  stock.isPartial = Boolean(cursor);
  if (!cursor) stock.keepOnly(seen);
  loading = null;
  waiting.summary = true;
  drawSoon();
  for (const { data } of stock.early.values()) loadProduct(data.productId);
}

const requested = new Set();

/** Loads one product that an event was the first to tell of. */
async function loadProduct(id) {
  if (loading || requested.has(id) || stock.items.size >= MOST_ROWS) return;
  requested.add(id);
  try {
    const { body, seq } = await get(`/api/products/${id}`);
    for (const variant of body.variants) stock.load(body, variant, seq);
  } catch (error) {
    console.warn(error);
  } finally {
    requested.delete(id);
  }
}

// MARK: Connection

/** The WebSocket, which comes back by itself: after an exponential pause with full jitter, so that not all clients come at once. */
class Connection {
  attempts = 0;
  socket = null;
  timer = 0;
  watch = 0;
  isLive = false;

  open() {
    clearTimeout(this.timer);
    this.isLive = false;
    this.show("connecting", "connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(`${scheme}//${location.host}/ws?room=${ROOM}`, access.protocols));
    let wasOpen = false;
    socket.onopen = () => { wasOpen = true; };
    socket.onmessage = (message) => {
      if (socket !== this.socket) return;
      this.heard();
      this.receive(JSON.parse(message.data), socket);
    };
    socket.onclose = async ({ code }) => {
      if (socket !== this.socket) return;
      if (code === 4001) access.ask("The token has expired. Sign in with a new one.");
      // A refused handshake does not say why.
      else if (!wasOpen && access.token && !(await access.isGood())) access.ask("The server does not take this token.");
      if (socket === this.socket) this.retry();
    };
  }

  receive(message, socket) {
    switch (message.type) {
      case "welcome":
        this.interval = message.pingInterval;
        this.heard();
        $("seq").textContent = message.seq.toLocaleString();
        break;
      case "joined":
        $("sign-in").hidden = true;
        this.begin(socket, "live");
        break;
      case "error":
        console.warn(`${message.code}: ${message.message}`);
        if (message.code === "unauthenticated") {
          access.ask("This server asks everybody for a token.");
          this.show("waiting", "sign in");
          break;
        }
        if (message.code === "forbidden") $("sign-in").hidden = false;
        // A server without this room sends what it broadcasts to whoever is in no room: all but the alerts.
        if (!this.isLive) this.begin(socket, "live, without alerts");
        break;
      case "pong": case "left": case "authenticated": case "going_away": break;
      default: take(message);
    }
  }

  /** Everything is read anew, also what has not moved since; events that come meanwhile count by version. */
  begin(socket, text) {
    this.attempts = 0;
    this.isLive = true;
    this.show("live", text);
    loadAll().catch((error) => {
      console.warn(error);
      if (this.socket === socket) this.giveUp();
    });
  }

  /** Asks a server that was silent for long whether it is there, and gives it up if it is not. */
  heard() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.socket?.readyState !== WebSocket.OPEN) return;
      this.socket.send(JSON.stringify({ type: "ping" }));
      this.watch = setTimeout(() => this.giveUp(), 10_000);
    }, this.interval ?? 25_000);
  }

  giveUp() {
    const socket = this.socket;
    this.retry();
    socket?.close();
  }

  retry() {
    clearTimeout(this.watch);
    this.socket = null;
    const most = Math.min(30_000, 500 * 2 ** this.attempts);
    this.attempts += 1;
    const pause = Math.random() * most;
    this.show("waiting", pause < 1000 ? "reconnecting" : `reconnecting in ${Math.ceil(pause / 1000)} s`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), pause);
  }

  /** Connects anew at once, as somebody else. */
  again() {
    const socket = this.socket;
    this.attempts = 0;
    this.socket = null;
    clearTimeout(this.watch);
    socket?.close();
    this.open();
  }

  show(state, text) {
    $("connection").dataset.state = state;
    $("state").textContent = text;
  }
}

const connection = new Connection();
addEventListener("online", () => {
  if (!connection.socket) connection.open();
});
$("filter").addEventListener("input", (event) => stock.setFilter(event.target.value));
$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  access.token = $("token").value.trim();
  $("token").value = "";
  $("sign-in").hidden = true;
  connection.again();
});
$("sign-out").addEventListener("click", () => {
  access.token = null;
  connection.again();
});
access.begin();
connection.open();
