// @ts-check
// The page's side of the engine: one question at a time, and of those that
// wait only the newest is worth an answer.
import { Doc } from "./protocol.js";

/**
 * @typedef {{frame: number, side: number, key: number, version: number}} Choice
 * @typedef {{key: number, name: string, min: number, max: number}} API
 */

export class Engine {
  /**
   * @param {{ready: (apis: API[]) => void, failed: (reason: string) => void, answered: (doc: Doc, tag: any) => void}} on
   */
  constructor(on) {
    this.on = on;
    this.id = 0;
    this.busy = false;
    /** @type {{input: Uint8Array, choices: Choice[], tag: any} | null} */
    this.waiting = null;
    this.tag = null;
    this.input = new Uint8Array();
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.message(data);
    this.worker.onerror = (e) => {
      e.preventDefault();
      this.on.failed(e.message || "the engine could not be loaded");
    };
  }

  /** @param {Uint8Array} input @param {Choice[]} choices @param {any} tag */
  decode(input, choices, tag) {
    this.waiting = { input, choices, tag };
    this.next();
  }

  next() {
    if (this.busy || !this.waiting) return;
    const { input, choices, tag } = this.waiting;
    this.waiting = null;
    this.busy = true;
    this.tag = tag;
    this.input = input;
    this.worker.postMessage({ id: ++this.id, input, choices });
  }

  /** @param {any} data */
  message(data) {
    if (data.apis !== undefined) return this.on.ready(parseAPIs(data.apis));
    if (data.failed) return this.on.failed(data.failed);
    this.busy = false;
    const tag = this.tag;
    this.next();
    if (data.error) return this.on.failed(data.error);
    if (!this.busy) this.on.answered(new Doc(data.answer, this.input), tag); // else a newer one is coming
  }
}

/** One line an api: key, name, lowest and highest version. @param {string} text @returns {API[]} */
function parseAPIs(text) {
  return text.trim().split("\n").map((line) => {
    const [key, name, min, max] = line.split("\t");
    return { key: +key, name, min: +min, max: +max };
  });
}
