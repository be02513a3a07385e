// @ts-check
// Where the page's own files are. The page that is one file has its own form
// of this module (web/internal/site).

/** @param {string} name */
export const load = (name) => fetch(new URL(`../${name}`, import.meta.url));

export const startWorker = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
