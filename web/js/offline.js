// @ts-check
// Registers the service worker where the page has one: make site adds it, a
// page that a broker serves has none.
import { $ } from "./dom.js";

const script = document.documentElement.dataset.offline;

export async function keepOffline() {
  if (!script || !navigator.serviceWorker) return;
  const { serviceWorker } = navigator, known = serviceWorker.controller;
  const registration = await serviceWorker.register(script);
  const offer = () => {
    const next = registration.waiting;
    if (!next || !known) return; // or it is the first, which has nothing to replace
    $("update").hidden = false;
    $("update").onclick = () => next.postMessage("go");
    serviceWorker.oncontrollerchange = () => location.reload();
  };
  const watch = () => {
    registration.installing?.addEventListener("statechange", offer);
    offer();
  };
  registration.onupdatefound = watch;
  watch(); // the browser may have found it before
}
