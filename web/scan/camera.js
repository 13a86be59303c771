// @ts-check
// Codes from the camera, through the browser's own BarcodeDetector. Browsers without it get no camera button; no library is loaded.

/** A code is taken again when it was out of sight for so many milliseconds. */
const OUT_OF_SIGHT = 1200;
const PAUSE = 90;
const WANTED = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "itf", "data_matrix", "qr_code", "code_39"];

/** The camera as a scanner. */
export class Camera {
  #video;
  #take;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {any} */
  #detector = null;
  /** The time at which each code was seen last. @type {Map<string, number>} */
  #seen = new Map();
  /** @type {any} */
  #wakeLock = null;

  /**
   * @param {HTMLVideoElement} video shows the picture
   * @param {(code: string) => void} take
   */
  constructor(video, take) {
    this.#video = video;
    this.#take = take;
  }

  /** Whether this browser can read codes from pictures, and lets this page use a camera. */
  static async isThere() {
    const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
    if (!Detector || !navigator.mediaDevices?.getUserMedia) return false;
    try {
      return (await Detector.getSupportedFormats()).some((/** @type {string} */ format) => WANTED.includes(format));
    } catch {
      return false;
    }
  }

  get isOn() {
    return this.#stream !== null;
  }

  /**
   * Switches the camera on.
   *
   * @throws {DOMException} `NotAllowedError` if the user or the system refuses, `NotFoundError` if there is no camera
   */
  async start() {
    const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
    const supported = await Detector.getSupportedFormats();
    this.#detector = new Detector({ formats: WANTED.filter((format) => supported.includes(format)) });
    this.#stream = await navigator.mediaDevices.getUserMedia({
      audio: false, video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#wakeLock = await /** @type {any} */ (navigator).wakeLock?.request("screen").catch(() => null);
    this.#look(this.#stream);
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#seen.clear();
    this.#wakeLock?.release();
    this.#wakeLock = null;
  }

  /** Whether the camera has a light. */
  get hasTorch() {
    const track = this.#stream?.getVideoTracks()[0];
    return /** @type {any} */ (track?.getCapabilities?.())?.torch === true;
  }

  /** @param {boolean} isOn */
  async setTorch(isOn) {
    await this.#stream?.getVideoTracks()[0]?.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: isOn }] }));
  }

  /**
   * Reads codes again and again, as long as this stream is in use.
   *
   * @param {MediaStream} stream
   */
  async #look(stream) {
    while (this.#stream === stream) {
      if (document.visibilityState === "visible" && this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        try {
          for (const { rawValue } of await this.#detector.detect(this.#video)) this.#notice(rawValue);
        } catch {
          // This picture cannot be read; the next one may.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** @param {string} code */
  #notice(code) {
    if (!code || !this.isOn) return;
    const now = performance.now();
    const last = this.#seen.get(code);
    for (const [other, time] of this.#seen) if (now - time > OUT_OF_SIGHT) this.#seen.delete(other);
    this.#seen.set(code, now);
    if (last === undefined || now - last > OUT_OF_SIGHT) this.#take(code);
  }
}
