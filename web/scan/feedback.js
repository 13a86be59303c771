// @ts-check
// Sounds and vibrations that tell what became of a scan, without looking.

/** Tones as [hertz, seconds from the start, seconds long], and the pattern of the vibration, in milliseconds. */
const SIGNS = {
  applied: { tones: [[1175, 0, 0.07], [1568, 0.08, 0.09]], shake: [35] },
  waiting: { tones: [[784, 0, 0.11]], shake: [25, 60, 25] },
  duplicate: { tones: [[988, 0, 0.06], [988, 0.1, 0.06]], shake: [25, 40, 25] },
  refused: { tones: [[196, 0, 0.22], [156, 0.26, 0.34]], shake: [220, 90, 220] },
};

/** Sound and vibration. */
export class Feedback {
  isLoud = true;
  /** @type {AudioContext | null} */
  #audio = null;

  /** Browsers allow sounds only after the user has touched the page: call this when that happens. */
  wake() {
    if (!this.isLoud || !globalThis.AudioContext) return;
    this.#audio ??= new AudioContext();
    if (this.#audio.state === "suspended") this.#audio.resume().catch(() => undefined);
  }

  /** @param {keyof typeof SIGNS} fate */
  give(fate) {
    const { tones, shake } = SIGNS[fate];
    if (/** @type {any} */ (navigator).userActivation?.hasBeenActive !== false) navigator.vibrate?.(shake);
    const audio = this.#audio;
    if (!this.isLoud || audio?.state !== "running") return;
    for (const [pitch, start, length] of tones) {
      const tone = new OscillatorNode(audio, { type: fate === "refused" ? "square" : "sine", frequency: pitch });
      // Without fading in and out it would click.
      const volume = new GainNode(audio, { gain: 0 });
      const from = audio.currentTime + start;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(fate === "refused" ? 0.12 : 0.25, from + 0.008);
      volume.gain.setValueAtTime(fate === "refused" ? 0.12 : 0.25, from + length - 0.02);
      volume.gain.linearRampToValueAtTime(0, from + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + length);
    }
  }
}
