// Waiting for a condition, with a deadline instead of a fixed pause.
/**
 * Waits until `condition` returns a truthy value, and returns that value.
 * @param {string} what
 * @param {() => any} condition
 * @param {number} [deadline] milliseconds
 */
export async function eventually(what, condition, deadline = 20_000) {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`this did not happen within ${deadline} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
