// @ts-check
// Runs the engine beside the page, so that a large input never holds up
// typing. Bytes cross by way of the engine's own memory. What is compressed is
// undone by a second program, which is loaded when it is first needed.
import "../dist/wasm_exec.js";

/** @type {any} */
let engine;
/** @type {Promise<any> | undefined} */
let codecs;

/** Starts a program and returns what it exports. @param {string} name @param {() => void} [ended] */
async function run(name, ended) {
  const go = new /** @type {any} */ (globalThis).Go();
  const answer = await fetch(new URL(`../dist/${name}`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  let module;
  try {
    module = await WebAssembly.instantiateStreaming(answer.clone(), go.importObject);
  } catch { // a server without the right type for wasm
    module = await WebAssembly.instantiate(await answer.arrayBuffer(), go.importObject);
  }
  go.run(module.instance).finally(ended);
  return module.instance.exports;
}

async function start() {
  engine = await run("kwire.wasm", () => { engine = undefined; });
  return block(engine.apis());
}

/** Copies an answer out of the engine: a pointer to its length and its bytes. @param {number} ptr */
function block(ptr) {
  const len = new DataView(engine.mem.buffer).getInt32(ptr, true);
  const answer = engine.mem.buffer.slice(ptr + 4, ptr + 4 + (len < 0 ? -1 - len : len));
  if (len < 0) throw new Error(new TextDecoder().decode(answer)); // the reason why there is none
  return answer;
}

/** Gives the engine the argument of its next call. @param {Uint8Array} text */
function give(text) {
  const ptr = engine.text(text.length);
  new Uint8Array(engine.mem.buffer, ptr, text.length).set(text);
}

/** @typedef {{frame: number, side: number, key: number, version: number}} Choice */

/** @param {Uint8Array | null} input null: the one before @param {string} name of its file @param {Choice[]} choices */
async function decode(input, name, choices) {
  if (input) {
    const ptr = engine.input(input.length);
    new Uint8Array(engine.mem.buffer, ptr, input.length).set(input);
    if (name) {
      give(new TextEncoder().encode(name));
      engine.named();
    }
  }
  engine.forget();
  for (const c of choices) engine.choose(c.frame, c.side, c.key, c.version);
  const answer = block(engine.decode());
  const [own, off, len] = bytesIn(answer);
  if (input) bytes = own ? input : new Uint8Array(answer, off, len).slice();
  return (await decompress(answer)) ? block(engine.decode()) : answer;
}

/** Questions by their number in wasm/ask.go. */
const ASK = ["open", "edit", "roundtrip", "how", "json", "pin", "compare", "versions", "skim", "replay"];

/** Those whose answer is a block of nodes. */
const BLOCKS = ["open", "edit", "replay"];

/** @param {string} name @param {number[]} args @param {Uint8Array} [text] */
async function ask(name, args, text) {
  if (text) give(text);
  const question = () => block(engine.ask(ASK.indexOf(name), ...args, 0, 0, 0));
  const answer = question();
  if (!BLOCKS.includes(name)) return answer;
  const [own, off, len] = bytesIn(answer);
  if (!own) bytes = new Uint8Array(answer, off, len).slice();
  if (!await decompress(answer)) return answer;
  if (name !== "edit") return question();
  const again = block(engine.decode()); // the edit is made
  new Int32Array(again)[27] = new Int32Array(answer)[27]; // the node to select
  return again;
}

/** The bytes that offsets count in: the input, or what its text stands for. @type {Uint8Array | undefined} */
let bytes;

/** Where a block has them, if it does not leave them out. @param {ArrayBuffer} answer */
function bytesIn(answer) {
  const head = new Int32Array(answer, 0, 28);
  return [head[18], head[16], head[17]];
}

const MAX_PLAIN = 64 << 20;

/** Gives the engine the compressed bytes that an answer needs. @param {ArrayBuffer} answer */
async function decompress(answer) {
  const head = new Int32Array(answer, 0, 28);
  const needs = new Int32Array(answer, head[22], head[23]);
  if (!needs.length || !bytes) return false;
  let program, failure = "";
  try {
    program = await (codecs ??= run("codecs.wasm", () => { codecs = undefined; }));
  } catch (err) {
    codecs = undefined; // perhaps the next time
    failure = `the codecs could not be loaded: ${err}`;
  }
  let left = MAX_PLAIN;
  for (let i = 0; i < needs.length && engine; i += 3) {
    const [codec, off, len] = needs.subarray(i, i + 3);
    const packed = bytes.subarray(off, off + len);
    let plain = new TextEncoder().encode(failure), failed = 1;
    if (program) {
      const ptr = program.input(len);
      new Uint8Array(program.mem.buffer, ptr, len).set(packed);
      const out = program.decompress(codec, left);
      const n = new DataView(program.mem.buffer).getInt32(out, true);
      failed = n < 0 ? 1 : 0;
      plain = new Uint8Array(program.mem.buffer, out + 4, n < 0 ? -1 - n : n);
      if (!failed) left -= n;
    }
    const to = engine.packed(len, plain.length);
    const room = new Uint8Array(engine.mem.buffer, to, len + plain.length);
    room.set(packed);
    room.set(plain, len);
    engine.unpacked(len, failed);
  }
  return true;
}

const ready = start();
ready.then(
  (apis) => postMessage({ apis: new TextDecoder().decode(apis) }),
  (err) => postMessage({ failed: String(err?.message ?? err) }),
);

/** Questions are answered one after the other. @type {Promise<any>} */
let last = ready.catch(() => {});
onmessage = ({ data }) => { last = last.then(() => answer(data)); };

/** @param {any} q */
async function answer(q) {
  try {
    await ready;
    if (!engine) await start(); // the engine stopped: a new one
    const answer = q.ask ? await ask(q.ask, q.args, q.text) : await decode(q.input, q.name, q.choices);
    postMessage({ id: q.id, answer }, { transfer: [answer] });
  } catch (err) {
    postMessage({ id: q.id, error: String(/** @type {any} */ (err)?.message ?? err) });
  }
}
