// @ts-check
// Runs the engine beside the page, so that a large input never holds up
// typing. Bytes cross by way of the engine's own memory.
import "../dist/wasm_exec.js";

/** @type {any} */
let engine;

async function start() {
  const go = new /** @type {any} */ (globalThis).Go();
  const answer = await fetch(new URL("../dist/kwire.wasm", import.meta.url));
  if (!answer.ok) throw new Error(`kwire.wasm: ${answer.status}`);
  let module;
  try {
    module = await WebAssembly.instantiateStreaming(answer.clone(), go.importObject);
  } catch { // a server without the right type for wasm
    module = await WebAssembly.instantiate(await answer.arrayBuffer(), go.importObject);
  }
  go.run(module.instance).finally(() => { engine = undefined; });
  engine = module.instance.exports;
  return block(engine.apis());
}

/** Copies an answer out of the engine: a pointer to its length and its bytes. @param {number} ptr */
function block(ptr) {
  const len = new DataView(engine.mem.buffer).getInt32(ptr, true);
  return engine.mem.buffer.slice(ptr + 4, ptr + 4 + len);
}

/** @param {Uint8Array} input @param {{frame: number, side: number, key: number, version: number}[]} choices */
function decode(input, choices) {
  const ptr = engine.input(input.length);
  new Uint8Array(engine.mem.buffer, ptr, input.length).set(input);
  for (const c of choices) engine.choose(c.frame, c.side, c.key, c.version);
  return block(engine.decode());
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
    const answer = decode(data.input, data.choices);
    postMessage({ id: data.id, answer }, { transfer: [answer] });
  } catch (err) {
    postMessage({ id: data.id, error: String(err) });
  }
};
