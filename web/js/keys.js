// @ts-check
// The keys that work everywhere on the page, and the list of them.

/**
 * @param {{input: HTMLTextAreaElement, goToError: () => void, stepFrame: (by: number) => void,
 *   leaf: (by: number) => void, nextSample: () => void, pair: () => void}} page
 */
export function setUpKeys(page) {
  const help = /** @type {HTMLDialogElement} */ (document.getElementById("help"));
  const focus = (/** @type {string} */ id) => document.getElementById(id)?.focus();
  /** @type {Record<string, () => void>} */
  const keys = {
    "/": () => { page.input.focus(); page.input.select(); },
    "?": () => help.showModal(),
    f: () => { if (!document.getElementById("packets")?.hidden) focus("filter"); },
    l: () => focus("list"),
    o: page.pair,
    t: () => focus("tree"),
    b: () => focus("hex"),
    e: page.goToError,
    n: () => page.leaf(1),
    p: () => page.leaf(-1),
    x: page.nextSample,
    "[": () => page.stepFrame(-1),
    "]": () => page.stepFrame(1),
  };
  const open = document.getElementById("help-open");
  if (open) open.onclick = keys["?"];
  document.addEventListener("keydown", (e) => {
    const target = /** @type {HTMLElement} */ (e.target);
    if (e.ctrlKey || e.metaKey || e.altKey || help.open) return;
    if (e.key === "Escape" && target === page.input) return void focus("tree");
    if (target === page.input || target instanceof HTMLInputElement || target instanceof HTMLSelectElement || !(e.key in keys)) return;
    e.preventDefault();
    keys[e.key]();
  });
}
