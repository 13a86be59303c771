// A TCP proxy between client and server that can close, stall and refuse connections.
import { connect, createServer } from "node:net";

export class Proxy {
  /** @type {Set<{ client: import("node:net").Socket, server: import("node:net").Socket }>} */
  links = new Set();
  refuses = false;
  /** The number of connections so far. */
  count = 0;

  /**
   * @param {import("node:test").TestContext} test
   * @param {{ port: number }} server
   */
  static async start(test, server) {
    const proxy = new Proxy();
    proxy.server = createServer((client) => proxy.#accept(client, server.port));
    await new Promise((resolve) => proxy.server.listen(0, "127.0.0.1", () => resolve(undefined)));
    test.after(() => proxy.end());
    proxy.port = /** @type {import("node:net").AddressInfo} */ (proxy.server.address()).port;
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    return proxy;
  }

  #accept(client, port) {
    if (this.refuses) return client.destroy();
    this.count += 1;
    const server = connect(port, "127.0.0.1");
    const link = { client, server };
    this.links.add(link);
    for (const [from, to] of [[client, server], [server, client]]) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.links.delete(link);
      });
    }
  }

  /** Ends every connection without a closing handshake. */
  cut() {
    for (const { client, server } of this.links) {
      client.destroy();
      server.destroy();
    }
  }

  /** Passes nothing more on the open connections, without ending them: they are dead on one side. */
  freeze() {
    for (const { client, server } of this.links) {
      client.unpipe(server);
      server.unpipe(client);
      client.pause();
      server.pause();
    }
  }

  end() {
    this.cut();
    this.server.close();
  }
}
