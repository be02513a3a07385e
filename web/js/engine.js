// @ts-check
// The page's side of the engine. Of inputs that wait only the newest is worth
// an answer; questions about what is shown are answered in their order.
import { Doc } from "./protocol.js";

/**
 * @typedef {{frame: number, side: number, key: number, version: number}} Choice
 * @typedef {{key: number, name: string, min: number, max: number}} API
 * @typedef {{doc: Doc | null, refused: string, select: number}} Edited the input after an edit, or why it was refused; select is
 *   the index of a node of the frame, from its first, or -1
 * @typedef {{error: number, problems: number}} Skimmed the first error code in a response (0 none, -1 not read), and how many
 *   decode problems a frame has
 */

/** What edit does: see edit. */
export const EDIT = { SET: 0, WRITE: 1, REMOVE: 2, DUPLICATE: 3, REPLACE: 4, MEND: 5 };

export class Engine {
  /**
   * @param {{ready: (apis: API[]) => void, failed: (reason: string) => void, answered: (doc: Doc, tag: any) => void}} on
   */
  constructor(on) {
    this.on = on;
    this.id = 0;
    this.busy = false;
    /** @type {{input: Uint8Array | null, name: string, choices: Choice[], tag: any} | null} */
    this.waiting = null;
    this.tag = null;
    /** @type {Uint8Array | null} */
    this.input = null;
    /** The bytes that the newest answer is about. */
    this.bytes = new Uint8Array();
    /** @type {Map<number, {done: (data: any) => void, failed: (err: Error) => void}>} */
    this.asked = new Map();
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.message(data);
    this.worker.onerror = (e) => {
      e.preventDefault();
      this.on.failed(e.message || "the engine could not be loaded");
    };
  }

  /**
   * @param {Uint8Array | null} input null: the one before, with its edits, read by other choices
   * @param {Choice[]} choices @param {any} tag @param {string} [name] of the file that was dropped
   */
  decode(input, choices, tag, name = "") {
    const before = input ? null : this.waiting;
    this.waiting = { input: input ?? before?.input ?? null, name: before?.name ?? name, choices, tag };
    this.next();
  }

  next() {
    if (this.busy || !this.waiting) return;
    const { input, name, choices, tag } = this.waiting;
    this.waiting = null;
    this.busy = true;
    this.tag = tag;
    this.input = input;
    this.worker.postMessage({ id: ++this.id, input, name, choices });
  }

  /** @param {any} data */
  message(data) {
    if (data.apis !== undefined) return this.on.ready(parseAPIs(data.apis));
    const asked = this.asked.get(data.id);
    if (asked) {
      this.asked.delete(data.id);
      return data.error ? asked.failed(new Error(data.error)) : asked.done(data.answer);
    }
    if (data.failed) return this.on.failed(data.failed);
    this.busy = false;
    const tag = this.tag;
    if (!data.error) this.bytes = Doc.bytesOf(data.answer, this.input ?? this.bytes);
    this.next();
    if (data.error) return this.on.failed(data.error);
    if (!this.busy) this.on.answered(new Doc(data.answer, this.bytes), tag); // else a newer one is coming
  }

  /**
   * @param {string} name what the engine exports @param {number[]} args @param {string | Uint8Array} [text] its argument
   * @returns {Promise<ArrayBuffer>}
   */
  ask(name, args, text) {
    const id = ++this.id;
    this.worker.postMessage({ id, ask: name, args, text: typeof text === "string" ? new TextEncoder().encode(text) : text });
    return new Promise((done, failed) => this.asked.set(id, { done, failed }));
  }

  /** @param {string} name @param {...number} args */
  async lines(name, ...args) { return new TextDecoder().decode(await this.ask(name, args)); }

  /** A Doc of one frame alone, for a frame that was listed without its fields. @param {number} frame */
  async open(frame) { return new Doc(await this.ask("open", [frame]), this.bytes); }

  /**
   * Changes the bytes of a frame:
   *   SET        node a (from the frame's first) gets the value `what`, as the page prints it; lengths, counts, sizes and CRCs follow
   *   WRITE      b bytes from byte a of the frame on are replaced by the bytes `what`; nothing follows
   *   REMOVE     the element, tagged field, record or header a goes
   *   DUPLICATE  it is there twice
   *   REPLACE    the frame's bytes are `what`
   *   MEND       the frame is encoded again from its values
   * @param {number} frame @param {number} op of EDIT @param {number} [a] @param {number} [b] @param {string | Uint8Array} [what]
   * @returns {Promise<Edited>}
   */
  async edit(frame, op, a = 0, b = 0, what = "") {
    const answer = await this.ask("edit", [frame, op, a, b], what);
    const refused = new Doc(answer, this.bytes).refused;
    if (refused) return { doc: null, refused, select: -1 };
    this.bytes = Doc.bytesOf(answer, this.bytes);
    const doc = new Doc(answer, this.bytes);
    return { doc, refused, select: doc.select };
  }

  /** -1: the values make these bytes again; -2: cannot be said; else the first byte that differs. @param {number} frame @returns {Promise<number>} */
  async roundTrip(frame) { return new Int32Array(await this.ask("roundtrip", [frame]))[0]; }

  /** How the bytes of a node (from the frame's first) make its value: titles and texts. @param {number} frame @param {number} node */
  async how(frame, node) { return rows(await this.lines("how", frame, node)); }

  /** The message in the form of Kafka's JSON converters. @param {number} frame @returns {Promise<string>} */
  json(frame) { return this.lines("json", frame); }

  /** Keeps a copy of a frame, to compare with; -1 forgets it. @param {number} frame @returns {Promise<void>} */
  async pin(frame) { await this.ask("pin", [frame]); }

  /** Rows of "~", "+" or "-", path, old and new value, node; the first is "=", two titles and how many fields are equal. @param {number} frame */
  async compare(frame) { return rows(await this.lines("compare", frame)); }

  /** Rows of depth, name, type, versions, note and sentence; the first is the message. @param {number} side @param {number} key */
  async versions(side, key) { return rows(await this.lines("versions", side, key)); }

  /** @param {number} from the first frame @param {number} count @returns {Promise<Skimmed[]>} */
  async skim(from, count) {
    const ints = new Int32Array(await this.ask("skim", [from, count]));
    return Array.from({ length: ints.length / 2 }, (_, i) => ({ error: ints[2 * i], problems: ints[2 * i + 1] }));
  }

  /** The cluster's state after an offset, of a metadata log. @param {number} frame @param {bigint | number} offset @returns {Promise<Doc>} */
  async replay(frame, offset) {
    const at = BigInt(offset);
    return new Doc(await this.ask("replay", [frame, Number(BigInt.asIntN(32, at)), Number(at >> 32n)]), this.bytes);
  }
}

/** Lines of cells between tabs. @param {string} text @returns {string[][]} */
function rows(text) {
  return text.split("\n").filter(Boolean).map((line) => line.split("\t"));
}

/** One line an api: key, name, lowest and highest version. @param {string} text @returns {API[]} */
function parseAPIs(text) {
  return rows(text).map(([key, name, min, max]) => ({ key: +key, name, min: +min, max: +max }));
}
