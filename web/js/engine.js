// @ts-check
// The page's side of the engine, which runs in a worker: questions are answered
// one after the other.
import { Doc } from "./protocol.js";
import { startWorker } from "./files.js";

/**
 * @typedef {{frame: number, side: number, key: number, version: number}} Choice how a person wants a frame to be read
 * @typedef {{key: number, name: string, min: number, max: number}} API
 * @typedef {{what: string | Blob, name?: string, format?: string}} Input its name and its format help to recognise it
 * @typedef {{op: string, args: number[], text?: string | Uint8Array, input?: Input, choices: Choice[],
 *   done: (answer: ArrayBuffer) => void, fail: (reason: Error) => void}} Question
 * @typedef {{doc: Doc | null, refused: string, select: number}} Edited the input after an edit, or why it was refused; select is
 *   the index of a node of the frame, from its first, or -1
 */

/** What edit does: see edit. */
export const EDIT = { SET: 0, WRITE: 1, REMOVE: 2, DUPLICATE: 3, REPLACE: 4, MEND: 5 };

/** Of those that wait only the newest is worth an answer; the promise of the others is never kept. */
const NEWEST = ["decode", "open"];

export class Engine {
  /** @param {{ready: (lists: string) => void, failed: (reason: string) => void}} on */
  constructor(on) {
    /** @type {Question[]} the first of them is being answered */
    this.queue = [];
    /** @type {Choice[]} */
    this.choices = [];
    this.bytes = new Uint8Array();
    this.worker = startWorker();
    this.worker.onmessage = ({ data }) => {
      if (data.lists !== undefined) on.ready(data.lists);
      else if (data.failed) on.failed(data.failed);
      else this.answered(data);
    };
    this.worker.onerror = (e) => {
      e.preventDefault();
      on.failed(e.message || "the engine could not be loaded");
    };
  }

  /**
   * Calls an export of the engine.
   * @param {string} op @param {number[]} [args] @param {{text?: string | Uint8Array, input?: Input}} [more] text is the call's other argument
   * @returns {Promise<ArrayBuffer>}
   */
  ask(op, args = [], more = {}) {
    return new Promise((done, fail) => {
      let { text, input } = more;
      if (NEWEST.includes(op)) {
        const old = this.queue.findIndex((q, i) => i && q.op === op);
        const dropped = old > 0 ? this.queue.splice(old, 1)[0] : undefined;
        input ??= dropped?.input;
      }
      this.queue.push({ op, args, text, input, choices: this.choices, done, fail });
      if (this.queue.length === 1) this.next();
    });
  }

  next() {
    const q = this.queue[0];
    if (q) this.worker.postMessage({ op: q.op, args: q.args, text: q.text, input: q.input, choices: q.choices });
  }

  /** @param {{answer?: ArrayBuffer, bytes?: ArrayBuffer, error?: string}} data */
  answered({ answer, bytes, error }) {
    const q = /** @type {Question} */ (this.queue.shift());
    this.next();
    if (bytes) this.bytes = new Uint8Array(bytes);
    if (NEWEST.includes(q.op) && this.queue.some((other) => other.op === q.op)) return;
    if (answer) q.done(answer);
    else q.fail(new Error(error));
  }

  /** Reads an input, or the one before again with other choices. @param {Input} [input] */
  async decode(input) { return new Doc(await this.ask("decode", [], { input }), this.bytes); }

  /** Reads one frame that was listed without its fields. @param {number} frame */
  async open(frame) { return new Doc(await this.ask("open", [frame]), this.bytes); }

  /** @param {string} name @param {...number} args */
  async lines(name, ...args) { return new TextDecoder().decode(await this.ask(name, args)); }

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
    const doc = new Doc(await this.ask("edit", [frame, op, a, b], { text: what }), this.bytes);
    return { doc: doc.refused ? null : doc, refused: doc.refused, select: doc.select };
  }

  /** The texts of nodes (from the frame's first, ascending) that came bare: five each. @param {number} frame @param {number[]} nodes */
  async texts(frame, nodes) {
    const answer = await this.ask("texts", [frame], { text: new Uint8Array(Int32Array.from(nodes).buffer) });
    return new TextDecoder().decode(answer).split("\0");
  }

  /** Where bytes stand in the text: the first, the last, and the one behind them or -1. @param {number} first @param {number} end */
  async places(first, end) { return new Int32Array(await this.ask("places", [first, end])); }

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

  /** Two ints for each frame: the first error code in a response (0 none, -1 not read), and how many decode problems it has. @param {number} from the first frame @param {number} count */
  async skim(from, count) { return new Int32Array(await this.ask("skim", [from, count])); }

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

/** What the engine says when it is ready. @param {string} text @returns {{apis: API[], formats: string[], errors: Map<number, string>}} */
export function parseLists(text) {
  const [apis, formats, errors] = text.split("\n\n").map(rows);
  return {
    apis: apis.map(([key, name, min, max]) => ({ key: +key, name, min: +min, max: +max })),
    formats: formats.map(([name]) => name),
    errors: new Map(errors.map(([code, name]) => [+code, name])),
  };
}
