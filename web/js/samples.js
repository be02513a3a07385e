// @ts-check
// The example packets: files of samples/, and a sentence each on what to look at.
import { $ } from "./dom.js";
import { load } from "./files.js";

/** @typedef {{file: string, group: string, title: string, look: string, frame?: number}} Sample */

/**
 * Fills the list of examples and opens the one that the address names.
 * @param {import("./source.js").Source} source
 */
export async function loadSamples(source) {
  /** @type {HTMLSelectElement} */
  const list = $("sample");
  /** @type {Sample[]} */
  const samples = await (await load("samples/index.json")).json();
  const none = new Option("your own bytes", "");
  none.hidden = true;
  list.replaceChildren(none);
  for (const s of samples) {
    const last = list.lastElementChild;
    const group = last instanceof HTMLOptGroupElement && last.label === s.group ? last : document.createElement("optgroup");
    group.label = s.group;
    group.append(new Option(s.title, s.file));
    list.append(group);
  }
  const open = async (/** @type {Sample} */ s) => {
    const text = await (await load(`samples/${s.file}`)).text();
    history.replaceState(null, "", `#example=${s.file.replace(/\.txt$/, "")}`);
    source.take(text, { look: s.look, frame: s.frame, link: true });
    list.value = s.file;
  };
  list.onchange = () => {
    const s = samples.find((s) => s.file === list.value);
    if (s) open(s);
  };
  const named = /^#example=([\w-]+)$/.exec(location.hash)?.[1], { text } = source;
  if (named) await open(samples.find((s) => s.file === `${named}.txt`) ?? samples[0]);
  else list.value = !location.hash && text.value === text.defaultValue ? samples[0].file : "";
  return {
    next() {
      const at = samples.findIndex((s) => s.file === list.value);
      return open(samples[(at + 1) % samples.length]);
    },
  };
}
