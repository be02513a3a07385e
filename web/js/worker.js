// @ts-check
// Runs the engine beside the page, so that a large input never holds up
// typing. Bytes cross by way of the engine's own memory. What is compressed is
// undone by a second program, which is loaded when it is first needed.
import "../dist/wasm_exec.js";
import { load } from "./files.js";

/** @typedef {import("./engine.js").Choice} Choice @typedef {import("./engine.js").Input} Input */

/** @type {any} */
let engine;
/** @type {Promise<any> | undefined} */
let codecs;
/** @type {Input | undefined} the last one, in case that the engine has to be started again */
let last;

/** Starts a program and returns what it exports. @param {string} name @param {() => void} [ended] */
async function run(name, ended) {
  const go = new /** @type {any} */ (globalThis).Go();
  const answer = await load(`dist/${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const wasm = new Response(answer.body, { headers: { "content-type": "application/wasm" } }); // whatever the server calls it
  const { instance } = await WebAssembly.instantiateStreaming(wasm, go.importObject);
  go.run(instance).finally(ended);
  return instance.exports;
}

async function start() {
  engine = await run("kwire.wasm", () => { engine = undefined; });
  return block(engine.apis());
}

/** Copies an answer out of the engine: a pointer to its length and its bytes. A negative length is that of a refusal. @param {number} ptr */
function block(ptr) {
  const n = new DataView(engine.mem.buffer).getInt32(ptr, true);
  const answer = engine.mem.buffer.slice(ptr + 4, ptr + 4 + (n < 0 ? ~n : n));
  if (n < 0) throw new Error(new TextDecoder().decode(answer));
  return answer;
}

/** Writes bytes into the engine's memory. @param {number} ptr @param {Uint8Array} b */
function write(ptr, b) {
  new Uint8Array(engine.mem.buffer, ptr, b.length).set(b);
}

/** @param {string | Uint8Array} text the argument of the next call */
function argument(text) {
  const b = typeof text === "string" ? new TextEncoder().encode(text) : text;
  write(engine.text(b.length), b);
}

/** Gives the engine an input. A file is never in memory as a whole outside of it. @param {Input} input */
async function put({ what, name, format }) {
  if (typeof what === "string") {
    const b = new TextEncoder().encode(what);
    write(engine.input(b.length), b);
  } else {
    let ptr = engine.input(what.size);
    for (const chunks = what.stream().getReader(); ;) {
      const { value, done } = await chunks.read();
      if (done) break;
      write(ptr, value);
      ptr += value.length;
    }
  }
  for (const [text, given] of [[name, "named"], [format, "formatted"]]) {
    if (text) {
      argument(text);
      engine[/** @type {string} */ (given)]();
    }
  }
}

/** Questions by their number in wasm/ask.go. */
const ASK = ["open", "edit", "roundtrip", "how", "json", "pin", "compare", "versions", "skim", "replay", "find", "texts", "places"];

/** Those whose answer is a block, which may want something decompressed first. */
const BLOCKS = ["decode", "open", "edit", "replay"];

/** @param {{op: string, args: number[], text?: string | Uint8Array, input?: Input, choices: Choice[]}} question */
async function answer({ op, args, text, input, choices }) {
  if (input) await put(last = input);
  engine.forget();
  for (const c of choices) engine.choose(c.frame, c.side, c.key, c.version);
  if (text !== undefined) argument(text);
  const ask = (/** @type {string} */ what) => block(what === "decode" ? engine.decode() : engine.ask(ASK.indexOf(what), ...args, 0, 0, 0));
  let answer = ask(op);
  if (BLOCKS.includes(op) && await decompress(answer)) {
    const select = new Int32Array(answer, 108, 1);
    answer = ask(op === "edit" ? "decode" : op); // an edit has been made
    new Int32Array(answer, 108, 1).set(select);
  }
  return { answer, bytes: input || op === "edit" ? bytes(answer).slice().buffer : undefined };
}

/** The bytes that offsets count in, as they lie in the engine. @param {ArrayBuffer} answer */
function bytes(answer) {
  return new Uint8Array(engine.mem.buffer, engine.bytes(), new Int32Array(answer, 68, 1)[0]);
}

const MAX_PLAIN = 64 << 20;

/** Gives the engine the plain form of the compressed bytes that an answer needs. @param {ArrayBuffer} answer */
async function decompress(answer) {
  const head = new Int32Array(answer, 0, 28);
  const needs = new Int32Array(answer, head[22], head[23]);
  if (!needs.length) return false;
  let program, failure = "";
  try {
    program = await (codecs ??= run("codecs.wasm", () => { codecs = undefined; }));
  } catch (err) {
    codecs = undefined; // perhaps the next time
    failure = `the codecs could not be loaded: ${err}`;
  }
  let left = MAX_PLAIN;
  for (let i = 0; i < needs.length; i += 3) {
    const [codec, off, len] = needs.subarray(i, i + 3);
    let plain = new TextEncoder().encode(failure), failed = 1;
    if (program) {
      const ptr = program.input(len);
      new Uint8Array(program.mem.buffer, ptr, len).set(bytes(answer).subarray(off, off + len));
      const out = program.decompress(codec, left);
      const n = new DataView(program.mem.buffer).getInt32(out, true);
      failed = n < 0 ? 1 : 0;
      plain = new Uint8Array(program.mem.buffer, out + 4, n < 0 ? ~n : n);
      if (!failed) left -= n;
    }
    const to = engine.packed(len, plain.length);
    write(to, bytes(answer).subarray(off, off + len));
    write(to + len, plain);
    engine.unpacked(len, failed);
  }
  return true;
}

const ready = start();
ready.then(
  (lists) => postMessage({ lists: new TextDecoder().decode(lists) }),
  (err) => postMessage({ failed: String(err?.message ?? err) }),
);

onmessage = async ({ data }) => {
  try {
    await ready;
    if (!engine) { // it stopped: a new one
      await start();
      data.input ??= last;
    }
    const reply = await answer(data);
    postMessage(reply, { transfer: [reply.answer, ...(reply.bytes ? [reply.bytes] : [])] });
  } catch (err) {
    postMessage({ error: String(/** @type {Error} */ (err)?.message ?? err) });
  }
};
