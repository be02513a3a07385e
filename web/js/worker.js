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
  return engine.mem.buffer.slice(ptr + 4, ptr + 4 + len);
}

/** @typedef {{frame: number, side: number, key: number, version: number}} Choice */

/** @param {Uint8Array | null} input null: the one before @param {Choice[]} choices @param {number} [frame] the one frame wanted */
async function decode(input, choices, frame) {
  if (input) {
    const ptr = engine.input(input.length);
    new Uint8Array(engine.mem.buffer, ptr, input.length).set(input);
    bytes = undefined;
  }
  const ask = () => {
    engine.forget();
    for (const c of choices) engine.choose(c.frame, c.side, c.key, c.version);
    return block(frame === undefined ? engine.decode() : engine.open(frame));
  };
  let answer = ask();
  remember(answer, input);
  if (await decompress(answer)) answer = ask();
  return answer;
}

/** The bytes that offsets count in: the input, or what its text stands for. @type {Uint8Array | undefined} */
let bytes;

/** @param {ArrayBuffer} answer @param {Uint8Array | null} input */
function remember(answer, input) {
  const head = new Int32Array(answer, 0, 28);
  if (bytes) return;
  bytes = head[18] && input ? input : new Uint8Array(answer, head[16], head[17]).slice();
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

onmessage = async ({ data }) => {
  try {
    await ready;
    if (!engine) await start(); // the engine stopped: a new one
    const answer = await decode(data.input, data.choices, data.frame);
    postMessage({ id: data.id, answer }, { transfer: [answer] });
  } catch (err) {
    postMessage({ id: data.id, error: String(err) });
  }
};
