// @ts-check
// The texts of the page of codes, for translation.

export const texts = {
  undo: "Undo the last scan",
  end: "End: scan as usual",
  operations: {
    count: "Next scans: count",
    add: "Next scans: add",
    subtract: "Next scans: remove",
    transfer: "Next scans: transfer",
  },
  /** @param {string} place */
  location: (place) => `Next scans: at ${place}`,
  /** @param {string} place */
  destination: (place) => `Next scans: transfer to ${place}`,
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 code" : `${count.toLocaleString()} codes`),
  none: "No location matches.",
  /** @param {number} count */
  partial: (count) => `These are the first ${count.toLocaleString()} codes. Filter by location to see others.`,
  /** @param {string} reason */
  failed: (reason) => `Loading failed: ${reason}`,
};
