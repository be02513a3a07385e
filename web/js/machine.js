// @ts-check
// The engine's program, in the page or in a worker. Bytes cross by way of its
// own memory. What is compressed is undone by a second program, which is loaded
// when it is first needed.
import { glue, load } from "./files.js";

/**
 * @typedef {import("./engine.js").Input} Input
 * @typedef {{op: string, args: number[], text?: string | Uint8Array, input?: Input, choices: import("./engine.js").Choice[]}} Question
 * @typedef {{answer: ArrayBuffer, bytes?: ArrayBuffer, ms: number}} Reply bytes are those that offsets count in, if they are others than before
 */

/** Questions by their number in wasm/ask.go. */
const ASK = ["open", "edit", "roundtrip", "how", "json", "pin", "compare", "versions", "skim", "replay", "find", "texts", "places", "packed", "drop"];

/** Those whose answer is a block, which may want something decompressed first. */
const BLOCKS = ["decode", "open", "edit", "replay"];

/** Those about what has been decompressed of their first argument, a frame. */
const OPENED = ["edit", "roundtrip", "how", "json", "pin", "compare", "texts"];

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** What has been compiled: a worker takes it over. @type {Record<string, WebAssembly.Module>} */
export const programs = {};

/** Starts a program and returns what it exports. @param {string} name @param {() => void} ended */
async function run(name, ended) {
  await glue();
  const go = new /** @type {any} */ (globalThis).Go();
  const instance = await WebAssembly.instantiate(programs[name] ??= await compile(name), go.importObject);
  go.run(instance).finally(ended);
  return instance.exports;
}

/** @param {string} name */
async function compile(name) {
  const answer = await load(`dist/${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return WebAssembly.compileStreaming(new Response(answer.body, { headers: { "content-type": "application/wasm" } })); // whatever the server calls it
}

export class Machine {
  /** @type {any} */ engine;
  /** @type {Promise<any> | undefined} */ codecs;
  /** @type {Input | undefined} the last one, in case that the engine has to be started again */ last;
  /** The engine has forgotten what was decompressed for answers to the last input. */ dropped = false;

  /** Starts the engine. @returns {Promise<string>} see parseLists */
  async start() {
    this.engine = await run("kwire.wasm", () => { this.engine = undefined; });
    return decoder.decode(this.block(this.engine.apis()));
  }

  /** Answers a question, of a text within the same task. @param {Question} question @returns {Promise<Reply>} */
  async answer(question) {
    try {
      return await this.reply(question);
    } catch (err) {
      if (err instanceof WebAssembly.RuntimeError || err instanceof RangeError) this.engine = undefined; // out of memory or of stack: it cannot go on
      throw err;
    }
  }

  /** @param {Question} question @returns {Promise<Reply>} */
  async reply({ op, args, text, input, choices }) {
    if (!this.engine) { // it stopped: a new one
      await this.start();
      input ??= this.last;
    }
    if (input) await this.put(this.last = input);
    const { engine } = this, began = performance.now();
    engine.forget();
    for (const c of choices) engine.choose(c.frame, c.side, c.key, c.version);
    if (op === "find") await this.unpack();
    const open = () => this.ask("open", args[0]);
    if (this.dropped && OPENED.includes(op)) await this.whole(open(), open);
    if (text !== undefined) this.argument(text);
    let answer = this.ask(op, ...args);
    if (BLOCKS.includes(op)) answer = await this.whole(answer, () => op === "edit" ? this.ask("decode") : this.ask(op, ...args)); // an edit has been made
    return { answer, bytes: input || op === "edit" ? this.bytes(answer).slice().buffer : undefined, ms: performance.now() - began };
  }

  /** Calls the engine. @param {string} what @param {...number} args */
  ask(what, ...args) {
    const { engine } = this;
    return this.block(what === "decode" ? engine.decode() : engine.ask(ASK.indexOf(what), ...args, 0, 0, 0, 0));
  }

  /** Copies an answer out of the engine: a pointer to its length and its bytes. A negative length is that of a refusal. @param {number} ptr */
  block(ptr) {
    const { buffer } = this.engine.mem, n = new DataView(buffer).getInt32(ptr, true);
    const answer = buffer.slice(ptr + 4, ptr + 4 + (n < 0 ? ~n : n));
    if (n < 0) throw new Error(decoder.decode(answer));
    return answer;
  }

  /** Writes bytes into the engine's memory. @param {number} ptr @param {Uint8Array} b */
  write(ptr, b) { new Uint8Array(this.engine.mem.buffer, ptr, b.length).set(b); }

  /** @param {string | Uint8Array} text the argument of the next call */
  argument(text) {
    const b = typeof text === "string" ? encoder.encode(text) : text;
    this.write(this.engine.text(b.length), b);
  }

  /** Gives the engine an input. A file is never in memory as a whole outside of it. @param {Input} input */
  async put({ what, name, format }) {
    const { engine } = this;
    this.dropped = false;
    if (typeof what === "string") {
      const ptr = engine.input(what.length), { read } = encoder.encodeInto(what, new Uint8Array(engine.mem.buffer, ptr, what.length));
      if (read < what.length) { // it is longer as UTF-8
        const b = encoder.encode(what);
        this.write(engine.input(b.length), b);
      }
    } else {
      let ptr = engine.input(what.size);
      for (const chunks = what.stream().getReader(); ;) {
        const { value, done } = await chunks.read();
        if (done) break;
        this.write(ptr, value);
        ptr += value.length;
      }
    }
    for (const [text, given] of [[name, "named"], [format, "formatted"]]) {
      if (text) {
        this.argument(text);
        engine[/** @type {string} */ (given)]();
      }
    }
  }

  /** The bytes that offsets count in, as they lie in the engine. @param {ArrayBuffer} answer */
  bytes(answer) { return new Uint8Array(this.engine.mem.buffer, this.engine.bytes(), new Int32Array(answer, 68, 1)[0]); }

  /** Has what is compressed decompressed, as far as there is room, so that it can be searched. */
  async unpack() {
    let done;
    while ((done = await this.decompress(this.ask("packed"), true)));
    if (done === false) this.ask("packed", 1);
  }

  /** A block with all that it needs decompressed. @param {ArrayBuffer} answer @param {() => ArrayBuffer} again asks for it @returns {Promise<ArrayBuffer>} */
  async whole(answer, again) {
    const select = new Int32Array(answer, 108, 1);
    let done = await this.decompress(answer);
    if (done === false) {
      this.ask("drop");
      this.dropped = true;
      done = await this.decompress(answer = again(), false, true);
    }
    if (done) answer = again();
    new Int32Array(answer, 108, 1).set(select);
    return answer;
  }

  /**
   * Gives the engine the plain form of the compressed bytes that an answer needs.
   * @param {ArrayBuffer} answer @param {boolean} [search] there will be another time @param {boolean} [last] what has no room has none
   * @returns {Promise<boolean | null>} null: nothing is needed, or it cannot be had now; false: not all has room
   */
  async decompress(answer, search, last) {
    const { engine } = this, head = new Int32Array(answer, 0, 28), needs = new Int32Array(answer, head[22], head[23]);
    if (!needs.length) return null;
    let program, failure = "";
    try {
      program = await (this.codecs ??= run("codecs.wasm", () => { this.codecs = undefined; }));
    } catch (err) {
      this.codecs = undefined; // perhaps the next time
      if (search) return null;
      failure = `the codecs could not be loaded: ${err}`;
    }
    for (let i = 0; i < needs.length; i += 3) {
      const [codec, off, len] = needs.subarray(i, i + 3), packed = () => this.bytes(answer).subarray(off, off + len); // memory may move
      let plain = encoder.encode(failure), failed = 1;
      if (program) {
        const ptr = program.input(len), room = engine.room();
        new Uint8Array(program.mem.buffer, ptr, len).set(packed());
        const out = program.decompress(codec, room), n = new DataView(program.mem.buffer).getInt32(out, true);
        if (n === -1 && !last) return false;
        plain = n === -1 ? encoder.encode(`more than ${room} bytes when decompressed`) : new Uint8Array(program.mem.buffer, out + 4, n < 0 ? ~n : n);
        failed = n < 0 ? 1 : 0;
      }
      const to = engine.packed(len, plain.length);
      this.write(to, packed());
      this.write(to + len, plain);
      engine.unpacked(len, failed);
    }
    return true;
  }
}
