// @ts-check
// The page's side of the engine: questions are answered one after the other,
// in the page itself, before it is painted again, or in a worker.
import { Doc } from "./protocol.js";
import { startWorker } from "./files.js";
import { Machine, programs } from "./machine.js";

/**
 * @typedef {{frame: number, side: number, key: number, version: number}} Choice how a person wants a frame to be read
 * @typedef {{key: number, name: string, min: number, max: number}} API
 * @typedef {{what: string | Blob, name?: string, format?: string}} Input its name and its format help to recognise it
 * @typedef {import("./machine.js").Question} Question
 * @typedef {Question & {done: (answer: ArrayBuffer) => void, fail: (reason: Error) => void}} Waiting
 * @typedef {{doc: Doc | null, refused: string, select: number}} Edited the input after an edit, or why it was refused; select is
 *   the index of a node of the frame, from its first, or -1
 */

/** What edit does: see edit. */
export const EDIT = { SET: 0, WRITE: 1, REMOVE: 2, DUPLICATE: 3, REPLACE: 4, MEND: 5 };

/** Of those that wait only the newest is worth an answer; the promise of the others is never kept. */
const NEWEST = ["decode", "open"];

/** Inputs up to this length are read in the page, unless one of about that length took longer than this; and longer texts that took half of it. */
const SHORT = 300_000;
const SHORT_FILE = 64 << 10;
const SLOW_MS = 100;

export class Engine {
  /** @param {{ready: (lists: string) => void, failed: (reason: string) => void}} on */
  constructor(on) {
    /** @type {Waiting[]} the first of them is being answered */
    this.queue = [];
    /** @type {Choice[]} */
    this.choices = [];
    this.bytes = new Uint8Array();
    this.worker = startWorker(); // early, while its script can be had
    this.beside = false; // it is the worker that has the input
    /** @type {Input} the last one */ this.input = { what: "" };
    this.length = this.ms = 0; // of its text, and what took longest of it
    /** @type {Question[]} what has a packet pinned */ this.pinned = [];
    this.machine = new Machine();
    this.started = this.machine.start().then((lists) => {
      this.worker.postMessage({ programs });
      on.ready(lists);
    }).catch((err) => {
      on.failed(err.message ?? err);
      return new Promise(() => {}); // nothing is answered
    });
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

  /** Has the first question answered. */
  async next() {
    const q = this.queue[0];
    if (!q) return;
    await this.started;
    /** @type {any} */ let failure;
    let reply;
    try {
      if (q.input) await this.move(q.input);
      reply = await this.answer(q);
    } catch (err) {
      failure = err;
    }
    this.queue.shift();
    this.next();
    if (reply?.bytes) this.bytes = new Uint8Array(reply.bytes);
    if (NEWEST.includes(q.op)) {
      this.ms = Math.max(q.input ? 0 : this.ms, reply?.ms ?? 0);
      if (this.queue.some((other) => other.op === q.op)) return;
    }
    if (reply) q.done(reply.answer);
    else q.fail(failure);
  }

  /** Chooses where an input is read; a pinned packet has to be there too. @param {Input} input */
  async move(input) {
    const { what } = this.input = input, { length: last, beside } = this, length = typeof what === "string" ? what.length : what.size < SHORT_FILE ? what.size : Infinity;
    const alike = length < 2 * last && last < 2 * length; // which two long files never are
    this.length = length;
    this.beside = alike ? this.ms * (beside ? 2 : 1) > SLOW_MS : length > SHORT;
    if (this.beside) for (const q of beside ? [] : this.pinned) await this.answer(q);
    else if (this.pinned.length) this.beside = beside;
    else if (beside) this.worker.postMessage({ programs }); // which frees its memory
  }

  /** @param {Question} question @returns {Promise<import("./machine.js").Reply>} */
  answer({ op, args, text, input, choices }) {
    const { worker } = this, question = { op, args, text, input, choices };
    return this.beside ? new Promise((done, fail) => {
      worker.onmessage = ({ data }) => data.error ? fail(new Error(data.error)) : done(data);
      worker.postMessage(question);
    }) : this.machine.answer(question);
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

  /** Keeps a copy of a frame, to compare with; null forgets it. @param {import("./protocol.js").Frame | null} frame @returns {Promise<void>} */
  async pin(frame) {
    const { choices } = this, text = frame ? this.bytes.slice(frame.off, frame.off + frame.len) : undefined, index = frame ? frame.index : -1;
    this.pinned = frame ? [{ op: "decode", args: [], input: this.input, choices }, { op: "edit", args: [index, EDIT.REPLACE], text, choices },
      { op: "pin", args: [index], choices }] : [];
    await this.ask("pin", [index]);
  }

  /** Rows of "~", "+" or "-", path, old and new value, node; the first is "=", two titles and how many fields are equal. @param {number} frame */
  async compare(frame) { return rows(await this.lines("compare", frame)); }

  /** Rows of depth, name, type, versions, note and sentence; the first is the message. @param {number} side @param {number} key */
  async versions(side, key) { return rows(await this.lines("versions", side, key)); }

  /** Rows of the first error code in a response (0 none, -1 not read), how many decode problems there are, and what it is about. @param {number} from the first frame @param {number} count */
  async skim(from, count) { return rows(await this.lines("skim", from, count)); }

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
