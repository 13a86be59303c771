// A WebSocket that records its messages, for the output of failed tests.
import { WebSocket } from "./client.js";

/** @returns {{ WebSocket: any, log: string[] }} */
export function spy() {
  const log = [];
  class Spy extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => log.push(`< ${data}`));
      this.addEventListener("close", ({ code }) => log.push(`closed ${code}`));
    }
    send(data) {
      log.push(`> ${data}`);
      super.send(data);
    }
  }
  return { WebSocket: Spy, log };
}
