// What js/files.js is in the page that is one file, and in its worker: the files
// stand in the page, programs packed.
import "../dist/wasm_exec.js";
const text = (id) => document.getElementById(id).textContent;
const files = globalThis.given ?? JSON.parse(text("contents"));
const unpacked = (base64) => new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("gzip"));
export const load = async (name) => new Response(name.endsWith(".wasm") ? unpacked(files[name]) : files[name]);
export const glue = () => {};
export const startWorker = () => new Worker(URL.createObjectURL(new Blob(["self.given = ", text("contents"), ";\n", text("worker")], { type: "text/javascript" })));
