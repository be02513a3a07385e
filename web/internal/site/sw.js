// @ts-check
// Keeps the page for times without a network. All files of a version are
// fetched before any of them is used, and used until a person takes the next
// version or has closed all tabs: two versions are never mixed.
const VERSION = "", FILES = [""]; // web/internal/site writes this line

const worker = /** @type {any} */ (globalThis); // lib.dom knows no service workers
const kept = `kwire ${worker.registration.scope} `, cache = kept + VERSION;

worker.oninstall = (/** @type {any} */ e) => e.waitUntil(
  caches.open(cache).then((c) => c.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })))));

worker.onactivate = (/** @type {any} */ e) => e.waitUntil(caches.keys().then((names) =>
  Promise.all(names.filter((name) => name.startsWith(kept) && name !== cache).map((name) => caches.delete(name)))));

worker.onfetch = (/** @type {any} */ e) => {
  if (e.request.method === "GET") e.respondWith(caches.open(cache).then((c) => c.match(e.request)).then((file) => file ?? fetch(e.request)));
};

worker.onmessage = () => worker.skipWaiting();
