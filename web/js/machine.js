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
const ASK = ["open", "edit", "roundtrip", "how", "json", "pin", "compare", "versions", "skim", "replay", "find", "texts", "places"];

/** Those whose answer is a block, which may want something decompressed first. */
const BLOCKS = ["decode", "open", "edit", "replay"];

const MAX_PLAIN = 64 << 20;

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
    if (text !== undefined) this.argument(text);
    const ask = (/** @type {string} */ what) => this.block(what === "decode" ? engine.decode() : engine.ask(ASK.indexOf(what), ...args, 0, 0, 0));
    let answer = ask(op);
    if (BLOCKS.includes(op) && await this.decompress(answer)) {
      const select = new Int32Array(answer, 108, 1);
      answer = ask(op === "edit" ? "decode" : op); // an edit has been made
      new Int32Array(answer, 108, 1).set(select);
    }
    return { answer, bytes: input || op === "edit" ? this.bytes(answer).slice().buffer : undefined, ms: performance.now() - began };
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

  /** Gives the engine the plain form of the compressed bytes that an answer needs. @param {ArrayBuffer} answer */
  async decompress(answer) {
    const { engine } = this, head = new Int32Array(answer, 0, 28), needs = new Int32Array(answer, head[22], head[23]);
    if (!needs.length) return false;
    let program, failure = "";
    try {
      program = await (this.codecs ??= run("codecs.wasm", () => { this.codecs = undefined; }));
    } catch (err) {
      this.codecs = undefined; // perhaps the next time
      failure = `the codecs could not be loaded: ${err}`;
    }
    for (let i = 0, left = MAX_PLAIN; i < needs.length; i += 3) {
      const [codec, off, len] = needs.subarray(i, i + 3);
      let plain = encoder.encode(failure), failed = 1;
      if (program) {
        const ptr = program.input(len);
        new Uint8Array(program.mem.buffer, ptr, len).set(this.bytes(answer).subarray(off, off + len));
        const out = program.decompress(codec, left);
        const n = new DataView(program.mem.buffer).getInt32(out, true);
        plain = new Uint8Array(program.mem.buffer, out + 4, n < 0 ? ~n : n);
        failed = n < 0 ? 1 : 0;
        if (!failed) left -= n;
      }
      const to = engine.packed(len, plain.length);
      this.write(to, this.bytes(answer).subarray(off, off + len));
      this.write(to + len, plain);
      engine.unpacked(len, failed);
    }
    return true;
  }
}
