// What js/files.js is in the page that is one file: the examples stand in the
// page, and the text of the worker does.
const $ = (id) => document.getElementById(id).textContent;
const samples = JSON.parse($("samples"));
export const load = async (name) => new Response(samples[name]);
export const startWorker = () => new Worker(URL.createObjectURL(new Blob([$("worker")], { type: "text/javascript" })));
