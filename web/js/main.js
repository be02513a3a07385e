// @ts-check
// The page: what is pasted goes to the engine with every change, and what
// comes back is shown as a tree, as bytes, and as one field in detail.
import { Engine } from "./engine.js";
import { Tree } from "./tree.js";
import { Hex } from "./hex.js";
import { ReadingLine } from "./reading.js";
import { showDetail, spoken } from "./detail.js";
import { setUpKeys } from "./keys.js";
import { loadSamples } from "./samples.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const input = /** @type {HTMLTextAreaElement} */ ($("input"));

const state = {
  /** @type {Doc | null} */ doc: null,
  /** @type {Frame | null} */ frame: null,
  selected: -1,
  /** @type {import("./engine.js").Choice[]} */ choices: [],
  /** @type {Uint8Array | null} a dropped file, shown instead of the text */ file: null,
};

const engine = new Engine({
  ready: (apis) => reading.setAPIs(apis),
  failed: engineFailed,
  answered: show,
});
const reading = new ReadingLine(choose);
const tree = new Tree($("tree"), { select, hover: (i) => hex.hover(i) }, /** @type {HTMLElement} */ ($("detail").parentElement));
const hex = new Hex($("hex"), { select, hover: (i) => tree.hover(i) });

/** Asks the engine about the input. @param {{keepFrame?: number, quiet?: boolean}} tag */
function decode(tag = {}) {
  $("panes").setAttribute("aria-busy", "true");
  engine.decode(state.file ?? new TextEncoder().encode(input.value), state.choices, tag);
}

/** @param {Doc} doc @param {{keepFrame?: number, quiet?: boolean}} tag */
function show(doc, tag) {
  state.doc = doc;
  $("panes").removeAttribute("aria-busy");
  $("format").textContent = doc.bytes.length ? `${doc.format} · ${count(doc.bytes.length, "byte")}` : "";
  $("empty").hidden = doc.frames.length > 0;
  $("empty").textContent = doc.frames.length ? "" : state.file || input.value.trim() ? "No bytes in this text. What is read: hex in any spacing and punctuation; dumps of xxd, hexdump, od, tcpdump and Wireshark; logs of the challenge's tester; base64; escaped strings; literals and printed arrays." : "Nothing here yet. Paste a packet above, or choose an example.";
  showFrames(doc);
  const bad = doc.frames.findIndex((f) => f.err.text !== "");
  showFrame(Math.min(tag.keepFrame ?? Math.max(bad, 0), doc.frames.length - 1), tag.quiet ?? false);
}

/** @param {number} at @param {boolean} [quiet] */
function showFrame(at, quiet = false) {
  const doc = /** @type {Doc} */ (state.doc), frame = doc.frames[at] ?? null;
  state.frame = frame;
  state.selected = -1;
  reading.show(frame);
  $("frames").querySelectorAll("[role=tab]").forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === at));
    /** @type {HTMLElement} */ (tab).tabIndex = i === at ? 0 : -1;
    if (i === at) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  tree.show(doc, frame);
  hex.show(doc, frame);
  $("bytes-range").textContent = frame ? count(frame.len, "byte") : "";
  showProblem(doc, frame, quiet);
  if (!frame || frame.count === 0) return void $("detail").replaceChildren();
  const err = errorNode(doc, frame);
  select(err >= 0 ? err : frame.first, "page");
}

/** The node at which reading stopped, or -1. @param {Doc} doc @param {Frame} frame */
function errorNode(doc, frame) {
  if (!frame.err.text) return -1;
  for (let i = frame.first; i < frame.first + frame.count; i++) if (doc.flags(i) & 8) return i;
  return doc.nodeAt(frame, frame.err.off);
}

/** One tab a frame, when there are several. @param {Doc} doc */
function showFrames(doc) {
  const bar = $("frames");
  bar.hidden = doc.frames.length < 2;
  if (bar.hidden) return void bar.replaceChildren();
  bar.replaceChildren(...doc.frames.map((f, i) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.className = "frame";
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "panes");
    const arrow = f.side === 0 ? "→" : f.side === 1 ? "←" : "·";
    tab.textContent = `${arrow} ${f.title}${f.err.text ? " ✕" : ""}`;
    tab.title = f.note || `${count(f.len, "byte")}, correlation id ${f.correlation}`;
    tab.classList.toggle("bad", f.err.text !== "");
    tab.onclick = () => showFrame(i);
    return tab;
  }));
}

/** The error of the text, or else of the frame: where, and what was expected. @param {Doc} doc @param {Frame | null} frame @param {boolean} quiet */
function showProblem(doc, frame, quiet) {
  const box = $("problem");
  box.hidden = !doc.input.text && !frame?.err.text || quiet;
  if (box.hidden) return void box.replaceChildren();
  const [where, what] = doc.input.text
    ? [`Character ${doc.input.off + 1}`, doc.input.text]
    : [`Byte ${/** @type {Frame} */ (frame).err.off - /** @type {Frame} */ (frame).off}`, /** @type {Frame} */ (frame).err.text];
  const strong = document.createElement("strong");
  strong.textContent = where;
  box.replaceChildren("✕ ", strong, " ", what);
  $("live").textContent = `${where}: ${what}`;
}

/** Goes to the error. */
function goToError() {
  const { doc, frame } = state;
  if (!doc) return;
  if (doc.input.text) {
    input.focus();
    return input.setSelectionRange(doc.input.off, doc.input.off + 1);
  }
  const bad = frame?.err.text ? frame : doc.frames.find((f) => f.err.text);
  if (!bad) return void ($("live").textContent = "No error");
  if (bad !== frame) showFrame(bad.index);
  select(errorNode(doc, bad), "page");
  $("tree").focus();
}

/** Selects a field everywhere. @param {number} i @param {"tree" | "hex" | "page"} by */
function select(i, by) {
  const { doc, frame } = state;
  if (!doc || !frame || i < 0) return;
  state.selected = i;
  showDetail($("detail"), doc, frame, i, {
    select: (k) => select(k, "page"),
    step: (by) => select(tree.leaf(by), "page"),
    source: doc.pos.length && !state.file ? (byte) => showSource(doc, i, byte) : null,
  });
  tree.select(i);
  hex.select(i, by === "hex");
  if (by === "hex") $("live").textContent = spoken(doc, frame, i);
}

/** Marks a field's characters in the input. @param {Doc} doc @param {number} i @param {number} byte */
function showSource(doc, i, byte) {
  const after = byte + doc.len(i), last = doc.pos[after - 1];
  const word = /^\S+/.exec(input.value.slice(last, doc.pos[after] ?? input.value.length)); // of the last byte
  input.focus();
  input.setSelectionRange(doc.pos[byte], last + (word ? word[0].length : 1));
}

/** Reads the frame as a person says, or guesses again. @param {import("./reading.js").As | null} as */
function choose(as) {
  const frame = state.frame;
  if (!frame) return;
  state.choices = state.choices.filter((c) => c.frame !== frame.index);
  if (as) state.choices.push({ frame: frame.index, side: as.side, key: as.key, version: as.version });
  decode({ keepFrame: frame.index });
}

/** Takes a new input. @param {string | Uint8Array} what @param {string} [look] the sentence of an example @param {number} [frame] the one to show */
function take(what, look = "", frame = undefined) {
  state.choices = [];
  state.file = typeof what === "string" ? null : what;
  if (typeof what === "string") input.value = what;
  else {
    input.value = "";
    /** @type {HTMLSelectElement} */ ($("sample")).value = "";
  }
  $("look").textContent = look;
  $("look").hidden = !look;
  decode({ keepFrame: frame });
}

/** @param {string} reason */
function engineFailed(reason) {
  const p = (/** @type {(string | HTMLElement)[]} */ ...parts) => {
    const e = document.createElement("p");
    e.append(...parts);
    return e;
  };
  const code = (/** @type {string} */ text) => Object.assign(document.createElement("code"), { textContent: text });
  $("panes").removeAttribute("aria-busy");
  $("empty").hidden = false;
  $("empty").replaceChildren(
    p("The engine of this page is not here."),
    p("It is a WebAssembly program that is built, not kept in the repository. ", code("make run"), " builds it and serves this page with it; ",
      code("make wasm"), " builds it into the page's folder for any other server. Then load the page again."),
    p(`(${reason})`));
  $("live").textContent = "The engine of this page is not here";
}

/** @param {number} n @param {string} what */
function count(n, what) {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}

input.addEventListener("input", (e) => {
  if (/** @type {InputEvent} */ (e).inputType === "insertFromPaste") input.scrollTop = 0;
  state.file = null;
  state.choices = [];
  $("look").hidden = true;
  if (location.hash) history.replaceState(null, "", location.pathname);
  /** @type {HTMLSelectElement} */ ($("sample")).value = "";
  decode();
});
$("problem").onclick = goToError;
document.addEventListener("dragover", (e) => e.preventDefault());
document.addEventListener("drop", async (e) => {
  const file = e.dataTransfer?.files[0];
  if (!file) return;
  e.preventDefault();
  take(new Uint8Array(await file.arrayBuffer()), `${file.name} is shown below. Type or paste to leave it.`);
});
$("frames").addEventListener("keydown", (e) => {
  const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
  if (!step) return;
  e.preventDefault();
  stepFrame(step);
  /** @type {HTMLElement | null} */ ($("frames").querySelector("[aria-selected=true]"))?.focus();
});

/** @param {number} step */
function stepFrame(step) {
  const { doc, frame } = state;
  if (doc && frame) showFrame(Math.max(0, Math.min(doc.frames.length - 1, frame.index + step)));
}

const samples = loadSamples(take);
setUpKeys({
  input, goToError, stepFrame,
  leaf: (step) => select(tree.leaf(step), "page"),
  nextSample: () => samples.then((s) => s.next()),
});
