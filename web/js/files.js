// @ts-check
// Where the page's own files are. The page that is one file has its own form
// of this module (web/internal/site).

/** @param {string} name */
export const load = (name) => fetch(new URL(`../${name}`, import.meta.url));

/** Loads what Go's programs need in a browser. */
export const glue = () => import(/** @type {any} */ ("../dist/wasm_exec.js"));

export const startWorker = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
