// @ts-check
// The example packets: files of samples/, and a sentence each on what to look at.
import { $, el } from "./dom.js";
import { load } from "./files.js";

/** @typedef {{file: string, group: string, title: string, look: string, frame?: number}} Sample */

/**
 * Fills the list of examples and opens the one that the address names.
 * @param {import("./source.js").Source} source
 * @returns {Promise<() => void>} what opens the next one
 */
export async function loadSamples(source) {
  /** @type {HTMLSelectElement} */
  const list = $("sample");
  /** @type {Sample[]} */
  const samples = await (await load("samples/index.json")).json();
  list.length = 1; // "your own bytes"
  for (const [label, group] of Map.groupBy(samples, (s) => s.group)) {
    list.append(el("optgroup", { label }, ...group.map((s) => new Option(s.title, s.file))));
  }
  const open = async (/** @type {Sample} */ { file, look, frame }) => {
    const text = await (await load(`samples/${file}`)).text();
    history.replaceState(null, "", `#example=${file.replace(/\.txt$/, "")}`);
    source.take(text, { look, frame, link: true });
    list.value = file;
  };
  const at = () => samples.findIndex((s) => s.file === list.value);
  list.onchange = () => open(samples[at()]);
  const named = /^#example=([\w-]+)$/.exec(location.hash)?.[1], { text } = source;
  if (named) await open(samples.find((s) => s.file === `${named}.txt`) ?? samples[0]);
  else list.value = !location.hash && text.value === text.defaultValue ? samples[0].file : "";
  return () => open(samples[(at() + 1) % samples.length]);
}
