// @ts-check
// The keys that work everywhere on the page. Those that go to a part of it or
// press one of its buttons stand there, as aria-keyshortcuts.
import { $, modified } from "./dom.js";

/** @param {Record<string, () => void>} others what other keys do */
export function setUpKeys(others) {
  document.addEventListener("keydown", (e) => {
    const from = /** @type {HTMLElement} */ (e.target);
    if (modified(e) || document.querySelector("dialog[open]")) return;
    if (e.key === "Escape" && from.id === "input") $("tree").focus();
    else if (from.matches("input, textarea, select")) return;
    else if (e.key in others) others[e.key]();
    else {
      /** @type {HTMLElement | null} */
      const to = document.querySelector(`[aria-keyshortcuts="${CSS.escape(e.key)}"]`);
      if (!to?.checkVisibility()) return;
      if (to instanceof HTMLButtonElement) to.click();
      else to.focus();
    }
    e.preventDefault();
  });
}
