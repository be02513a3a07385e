// @ts-check
// The keys that work everywhere on the page, and the list of them.
import { $ } from "./dom.js";

/**
 * @param {{input: HTMLTextAreaElement, goToError: () => void, stepFrame: (by: number) => void,
 *   leaf: (by: number) => void, nextSample: () => void, pair: () => void, share: () => void, copy: () => void, versions: () => void, compare: () => void}} page
 */
export function setUpKeys(page) {
  const focus = (/** @type {string} */ id) => $(id).focus();
  /** @type {Record<string, () => void>} */
  const keys = {
    "/": () => { page.input.hidden = false; page.input.focus(); page.input.select(); },
    "?": () => $("help").showModal(),
    f: () => { if (!$("packets").hidden) focus("filter"); },
    l: () => focus("list"),
    o: page.pair,
    i: () => $("open").click(),
    s: page.share,
    c: page.copy,
    d: page.compare,
    v: page.versions,
    w: () => { if (!$("watch").hidden) $($("watch-bar").hidden ? "watch" : "watch-pause").click(); },
    t: () => focus("tree"),
    b: () => focus("hex"),
    e: page.goToError,
    n: () => page.leaf(1),
    p: () => page.leaf(-1),
    x: page.nextSample,
    "[": () => page.stepFrame(-1),
    "]": () => page.stepFrame(1),
  };
  $("help-open").onclick = keys["?"];
  document.addEventListener("keydown", (e) => {
    const target = /** @type {HTMLElement} */ (e.target);
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    if (e.key === "Escape" && target === page.input) return void focus("tree");
    if (target.matches("input, textarea, select") || !(e.key in keys)) return;
    e.preventDefault();
    keys[e.key]();
  });
}
