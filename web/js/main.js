// @ts-check
// The page: what is pasted goes to the engine with every change, and what
// comes back is shown as a list of packets, as a tree, as bytes, and as one
// field in detail.
import { Engine, parseLists } from "./engine.js";
import { FRAME, NODE, SLOT } from "./protocol.js";
import { List } from "./list.js";
import { Tree } from "./tree.js";
import { Hex } from "./hex.js";
import { ReadingLine } from "./reading.js";
import { showDetail, spoken } from "./detail.js";
import { setUpKeys } from "./keys.js";
import { loadSamples } from "./samples.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const input = /** @type {HTMLTextAreaElement} */ ($("input"));

/** Frames of an input with so many are all read at once, and again when one of them is read differently. */
const EAGER_FRAMES = 200;

const state = {
  /** @type {Doc | null} all frames */ all: null,
  /** @type {Doc | null} the one with the fields of the frame that is shown */ doc: null,
  /** @type {Frame | null} */ frame: null,
  /** the frame that is shown, or will be when it is read */ at: -1,
  selected: -1,
  /** @type {File | null} shown instead of the text */ file: null,
};

const engine = new Engine({
  ready(text) {
    const { apis } = parseLists(text);
    reading.setAPIs(apis);
    list.setAPIs(apis);
  },
  failed: engineFailed,
});
const reading = new ReadingLine(choose, showFrame);
const list = new List(engine, showFrame);
const tree = new Tree($("tree"), { select, hover: (i) => hex.hover(i), drawn: learn }, /** @type {HTMLElement} */ ($("detail").parentElement));
const hex = new Hex($("hex"), { select, hover: (i) => tree.hover(i) });

/** Has the input read. @param {number} [frame] the one to show: the first with an error, if it is not given @param {boolean} [again] the input is the same */
async function decode(frame, again = false) {
  $("panes").setAttribute("aria-busy", "true");
  try {
    const doc = await engine.decode(again ? undefined : state.file ? { what: state.file, name: state.file.name } : { what: input.value });
    show(doc, frame, again);
  } catch (err) {
    trouble(err);
  }
}

/** @param {Doc} doc @param {number | undefined} frame @param {boolean} again */
function show(doc, frame, again) {
  state.all = doc;
  $("format").textContent = doc.bytes.length ? `${doc.format} · ${count(doc.bytes.length, "byte")}` : "";
  $("empty").hidden = doc.count > 0;
  $("empty").textContent = doc.count ? "" : state.file || input.value.trim() ? "No bytes in this text. What is read: hex in any spacing and punctuation; dumps of xxd, hexdump, od, tcpdump and Wireshark; logs of the challenge's tester; base64; escaped strings; literals and printed arrays." : "Nothing here yet. Paste a packet above, or choose an example.";
  let bad = Math.min(doc.count, EAGER_FRAMES) - 1;
  while (bad > 0 && doc.int(bad, SLOT.ERROR) < 0) bad--;
  list.show(doc, again);
  showFrame(Math.min(frame ?? Math.max(bad, 0), doc.count - 1));
}

/** Shows a frame; its fields are asked for if they are not there yet. @param {number} at */
async function showFrame(at) {
  const all = /** @type {Doc} */ (state.all);
  state.at = at;
  list.select(at);
  let doc = all, frame = at < 0 ? null : all.frame(at);
  if (frame && frame.flags & FRAME.FOLDED) {
    $("panes").setAttribute("aria-busy", "true");
    try {
      doc = await engine.open(at);
    } catch (err) {
      return trouble(err);
    }
    if (state.all !== all || state.at !== at) return; // a person was faster
    frame = doc.frame(0);
    Object.assign(frame, { index: at, pair: all.int(at, SLOT.PAIR) });
    list.read(frame);
  }
  $("panes").removeAttribute("aria-busy");
  Object.assign(state, { doc, frame, selected: -1 });
  reading.show(frame);
  tree.show(doc, frame);
  hex.show(doc, frame);
  $("bytes-range").textContent = frame ? count(frame.len, "byte") : "";
  showProblem(all, frame);
  if (!frame || frame.count === 0) return void $("detail").replaceChildren();
  const err = errorNode(doc, frame);
  select(err >= 0 ? err : frame.first, "page");
}

/** The node at which reading stopped, or -1. @param {Doc} doc @param {Frame} frame */
function errorNode(doc, frame) {
  if (!frame.err.text) return -1;
  for (let i = frame.first; i < frame.first + frame.count; i++) if (doc.flags(i) & NODE.ERROR) return i;
  return doc.nodeAt(frame, frame.err.off);
}

/** The error of the text, or else of the frame: where, and what was expected. @param {Doc} doc @param {Frame | null} frame */
function showProblem(doc, frame) {
  const { text, off } = doc.input.text || !frame ? doc.input : frame.err;
  $("problem").hidden = !text;
  if (text) say(doc.input.text || !frame ? `Character ${off + 1}` : `Byte ${off - frame.off}`, text);
}

/** Shows what went wrong. @param {string} where @param {string} what */
function say(where, what) {
  const strong = document.createElement("strong");
  strong.textContent = where;
  $("problem").hidden = false;
  $("problem").replaceChildren("✕ ", strong, " ", what);
  $("live").textContent = `${where}: ${what}`;
}

/** An answer that did not come. @param {any} err */
function trouble(err) {
  $("panes").removeAttribute("aria-busy");
  say("That did not work:", err.message ?? err);
}

/** Goes to the error: of the text, of this frame, or of the next one that has one. */
async function goToError() {
  const { all, frame } = state;
  if (!all) return;
  if (all.input.text) {
    input.focus();
    return input.setSelectionRange(all.input.off, all.input.off + 1);
  }
  if (!frame?.err.text) {
    const bad = list.nextError();
    if (bad < 0) return void ($("live").textContent = "No error");
    await showFrame(bad);
  }
  if (state.doc && state.frame) select(errorNode(state.doc, state.frame), "page");
  $("tree").focus();
}

/** Selects a field everywhere. @param {number} i @param {"tree" | "hex" | "page"} by */
function select(i, by) {
  const { doc, frame } = state;
  if (!doc || !frame || i < 0) return;
  state.selected = i;
  detail();
  tree.select(i);
  hex.select(i, by === "hex");
  if (by === "hex") $("live").textContent = spoken(doc, frame, i);
  learn(doc.path(frame, i).map((p) => p.index));
}

/** Asks for the texts of nodes that came without, and draws them. @param {number[]} nodes ascending */
async function learn(nodes) {
  const { doc, frame } = state, bare = doc && frame ? nodes.filter((i) => doc.bare(i)) : [];
  if (!doc || !frame || !bare.length) return;
  doc.learn(bare, []); // they are not asked for twice
  const texts = await engine.texts(frame.index, bare.map((i) => i - frame.first));
  doc.learn(bare, texts);
  if (state.doc !== doc || state.frame !== frame) return;
  tree.rows.draw(true);
  detail();
}

/** Shows the selected field in detail. */
function detail() {
  const { doc, frame, selected: i } = state;
  if (!doc || !frame || i < 0) return;
  showDetail($("detail"), doc, frame, i, {
    select: (k) => select(k, "page"),
    step: (by) => select(tree.leaf(by), "page"),
    source: state.all?.pos.length ? (byte) => showSource(doc, i, byte) : null,
  });
}

/** Marks a field's characters in the input. @param {Doc} doc @param {number} i @param {number} byte */
function showSource(doc, i, byte) {
  const { pos } = /** @type {Doc} */ (state.all), after = byte + doc.len(i), last = pos[after - 1];
  const word = /^\S+/.exec(input.value.slice(last, pos[after] ?? input.value.length)); // of the last byte
  input.focus();
  input.setSelectionRange(pos[byte], last + (word ? word[0].length : 1));
}

/** Reads the frame as a person says, or guesses again. @param {import("./reading.js").As | null} as */
function choose(as) {
  const { frame, all } = state;
  if (!frame || !all) return;
  engine.choices = engine.choices.filter((c) => c.frame !== frame.index);
  if (as) engine.choices.push({ frame: frame.index, side: as.side, key: as.key, version: as.version });
  if (all.count <= EAGER_FRAMES) return void decode(frame.index, true);
  all.frame(frame.index).flags |= FRAME.FOLDED;
  showFrame(frame.index);
}

/** Takes a new input. @param {string | File} what @param {string} [look] the sentence of an example @param {number} [frame] the one to show */
function take(what, look = "", frame = undefined) {
  engine.choices = [];
  state.file = typeof what === "string" ? null : what;
  if (typeof what === "string") input.value = what;
  else {
    input.value = "";
    /** @type {HTMLSelectElement} */ ($("sample")).value = "";
  }
  $("look").textContent = look;
  $("look").hidden = !look;
  decode(frame);
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
  engine.choices = [];
  $("look").hidden = true;
  if (location.hash) history.replaceState(null, "", location.pathname);
  /** @type {HTMLSelectElement} */ ($("sample")).value = "";
  decode();
});
$("problem").onclick = goToError;
document.addEventListener("dragover", (e) => e.preventDefault());
document.addEventListener("drop", (e) => {
  const file = e.dataTransfer?.files[0];
  if (!file) return;
  e.preventDefault();
  take(file, `${file.name} is shown below. Type or paste to leave it.`);
});

/** @param {number} step */
function stepFrame(step) {
  const to = list.beside(state.at, step);
  if (to >= 0) showFrame(to);
}

const samples = loadSamples(take);
setUpKeys({
  input, goToError, stepFrame,
  leaf: (step) => select(tree.leaf(step), "page"),
  nextSample: () => samples.then((s) => s.next()),
  pair() {
    if (state.frame && state.frame.pair >= 0) showFrame(state.frame.pair);
  },
});
