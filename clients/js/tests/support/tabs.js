// Tabs in one process: the part of Web Locks that the client uses. Node has a BroadcastChannel of its own.

/** Locks by name, each with the queue of requests that wait for it. */
export class FakeLocks {
  /** @type {Map<string, (() => void)[]>} */
  queues = new Map();

  request(name, { signal } = {}, action) {
    const queue = this.queues.get(name) ?? [];
    this.queues.set(name, queue);
    return new Promise((resolve, reject) => {
      const run = async () => {
        try {
          resolve(await action({ name }));
        } catch (error) {
          reject(error);
        } finally {
          queue.shift();
          queue[0]?.();
        }
      };
      if (signal?.aborted) return reject(signal.reason);
      queue.push(run);
      signal?.addEventListener("abort", () => {
        const index = queue.indexOf(run);
        if (index > 0) {
          queue.splice(index, 1);
          reject(signal.reason);
        }
      });
      if (queue.length === 1) setTimeout(run);
    });
  }
}

/** Installs the locks for one test. */
export function browserLocks(test) {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { locks: new FakeLocks() }, configurable: true });
  test.after(() => {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete globalThis.navigator;
  });
}
