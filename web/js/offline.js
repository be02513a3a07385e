// @ts-check
// Registers the service worker where the page has one: make site adds it, a
// page that a broker serves has none.
import { $ } from "./dom.js";

const script = document.documentElement.dataset.offline;

export async function keepOffline() {
  const { serviceWorker } = navigator, known = serviceWorker?.controller;
  if (!script || !serviceWorker) return;
  const registration = await serviceWorker.register(script);
  const offer = () => {
    if (!registration.waiting || !known) return; // or it is the first, which has nothing to replace
    $("update").hidden = false;
    $("update").onclick = () => registration.waiting?.postMessage("go");
    serviceWorker.oncontrollerchange = () => location.reload();
  };
  const watch = () => {
    registration.installing?.addEventListener("statechange", offer);
    offer();
  };
  registration.onupdatefound = watch;
  watch(); // the browser may have found it before
}
