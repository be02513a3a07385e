// @ts-check
// The example packets: files of samples/, and a sentence each on what to look at.

/** @typedef {{file: string, title: string, look: string, frame?: number}} Sample */

/**
 * Fills the list of examples and opens the one that the address names, or the first.
 * @param {(text: string, look: string, frame?: number) => void} take
 */
export async function loadSamples(take) {
  const list = /** @type {HTMLSelectElement} */ (document.getElementById("sample"));
  const folder = new URL("../samples/", import.meta.url);
  /** @type {Sample[]} */
  const samples = await (await fetch(new URL("index.json", folder))).json();
  const none = document.createElement("option");
  none.value = "";
  none.textContent = "your own bytes";
  none.hidden = true;
  list.replaceChildren(none, ...samples.map((s) => {
    const o = document.createElement("option");
    o.value = s.file;
    o.textContent = s.title;
    return o;
  }));
  const open = async (/** @type {Sample} */ s) => {
    list.value = s.file;
    take(await (await fetch(new URL(s.file, folder))).text(), s.look, s.frame);
    history.replaceState(null, "", `#example=${s.file.replace(/\.txt$/, "")}`);
  };
  list.onchange = () => {
    const s = samples.find((s) => s.file === list.value);
    if (s) open(s);
  };
  const named = /^#example=([\w-]+)$/.exec(location.hash)?.[1];
  const input = /** @type {HTMLTextAreaElement} */ (document.getElementById("input"));
  if (!input.value) await open(samples.find((s) => s.file === `${named}.txt`) ?? samples[0]); // unless someone was faster
  return {
    next() {
      const at = samples.findIndex((s) => s.file === list.value);
      return open(samples[(at + 1) % samples.length]);
    },
  };
}
