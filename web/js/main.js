// @ts-check
// The page: what is pasted goes to the engine with every change, and what
// comes back is shown as a list of packets, as a tree, as bytes, and as one
// field in detail.
import { $, el, hexOf, say, size, write } from "./dom.js";
import { EDIT, Engine, parseLists } from "./engine.js";
import { FRAME, NODE, SLOT } from "./protocol.js";
import { List } from "./list.js";
import { Tree } from "./tree.js";
import { Hex } from "./hex.js";
import { ReadingLine } from "./reading.js";
import { bytesOf as fieldBytes, Detail, spoken } from "./detail.js";
import { bytesOf, Edits } from "./edit.js";
import { Compare } from "./compare.js";
import { showVersions } from "./versions.js";
import { showCopy } from "./copy.js";
import { setUpKeys } from "./keys.js";
import { loadSamples } from "./samples.js";
import { Source } from "./source.js";
import { readLink, share } from "./share.js";
import { keepOffline } from "./offline.js";
import { find, keyOf, Live } from "./live.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame @typedef {import("./source.js").Wish} Wish */

/** @type {HTMLSelectElement} */
const format = $("format");

/** So many bytes become text again. */
const SHORT = 64 << 10;

/** Frames of an input with so many are all read at once, and again when one of them is read differently. */
const EAGER_FRAMES = 200;

/** Documents are there from the first answer on, so wherever there is a frame. @type {any} */
const none = null;
const state = {
  /** @type {Doc} all frames */ all: none,
  /** @type {Doc} the one with the fields of the frame that is shown */ doc: none,
  /** @type {Frame | null} */ frame: none,
  /** the frame that is shown, or will be when it is read */ at: -1,
  selected: -1,
};

const engine = new Engine({
  ready(text) {
    const { apis, formats, errors } = parseLists(text);
    reading.setAPIs(apis);
    list.setNames(apis, errors);
    format.replaceChildren(new Option("", ""), ...formats.map((name) => new Option(name)));
  },
  failed: engineFailed,
});
const source = new Source(changed, trouble);
const reading = new ReadingLine(choose, showFrame);
const list = new List(engine, showFrame);
const tree = new Tree($("tree"), { select, hover: (i) => hex.hover(i), drawn: learn, edit: () => field.edit(), change: (op) => field.change(op) }, $("detail").parentElement);
const hex = new Hex($("hex"), { select, hover: (i) => tree.hover(i), write: writeBytes });
const field = new Detail($("detail"));
const compare = new Compare(engine, () => state.frame, (i) => select(i, "page"), trouble);

/** What edits want of the page. @type {import("./edit.js").Page} */
const page = {
  shown: () => state,
  hold: () => live.pause(),
  async show(doc, frame, node, range) {
    await show(doc, { frame, node, range, edited: true }, true);
    if (state.frame) say(spoken(state.doc, state.frame, state.selected));
  },
  choose, trouble,
  read: reread,
  goTo(byte) {
    if (state.frame) select(state.doc.nodeAt(state.frame, byte), "page");
  },
  get original() { return source.file ? null : (/** @type {number} */ frame) => void decode({ frame, edited: true }); },
  adopt() {
    const { all } = state, short = all.bytes.length <= SHORT;
    const what = short ? Array.from({ length: all.count }, (_, i) => hexOf(bytesOf(all, all.frame(i)), "")).join("\n") : new Blob([/** @type {any} */ (all.bytes)]);
    source.take(what, { frame: state.at, edited: true, name: short ? "" : "edited bytes" });
  },
};
const edits = new Edits(engine, page);

const live = new Live({
  begin: (empty) => source.take(empty, { live: true }),
  async feed(stream, moved) {
    source.file = stream;
    try {
      await grow(await engine.decode(source.input), moved);
    } catch (err) {
      trouble(err);
    }
  },
  keys() {
    const { all, at } = state;
    return at < 0 ? [] : [at, all.int(at, SLOT.PAIR)].filter((i) => i >= 0).map((i) => keyOf(all, i));
  },
  async settle() {
    if (state.frame) await showFrame(state.at, null, state.selected - state.frame.first, true);
  },
  end: (stream) => source.take(stream, { live: true, name: "live.kwire", frame: Math.max(state.at, 0) }),
});

/** There is a new input. @param {Wish} wish */
function changed(wish) {
  if (!wish.live) live.leave();
  engine.choices = [];
  edits.clear();
  if (!wish.link && location.hash) history.replaceState(null, "", location.pathname + location.search);
  $("sample").value = "";
  decode(wish);
}

/** Has the input read. @param {Wish} wish @param {boolean} [again] the input is the same */
async function decode(wish, again = false) {
  busy(source.file ? `Reading ${source.name || "the bytes"}, ${size(source.file.size)}…` : "Reading…");
  try {
    await show(await engine.decode(again ? undefined : source.input), wish, again || !!wish.live || !!wish.edited);
  } catch (err) {
    trouble(err);
  }
}

/** @type {number | undefined} */
let slow;

/** Says what is being done, if it takes a while. @param {string} [doing] */
function busy(doing) {
  clearTimeout(slow);
  $("panes").ariaBusy = doing ? "true" : null;
  if (doing) slow = setTimeout(() => { $("status").textContent = doing; }, 200);
  else $("status").textContent = "";
}

/** Says what an input is as a whole. @param {Doc} doc */
function tell(doc) {
  const [guess] = format.options, name = source.format ? "recognise it" : doc.format;
  if (guess.text !== name || format.value !== source.format) { // it would be laid out again
    guess.text = name;
    format.value = source.format;
  }
  format.hidden = source.empty;
  write("size", doc.bytes.length ? size(doc.bytes.length) : "");
  write("notes-text", doc.notes);
  $("notes").hidden = !doc.notes;
}

/** @param {Doc} doc @param {Wish} wish @param {boolean} again */
async function show(doc, { frame, range, as, node, edited }, again) {
  state.all = doc;
  tell(doc);
  empty(doc.count ? "" : live.running ? "live" : source.empty ? "nothing" : "unread");
  let at = frame ?? Math.min(doc.count, EAGER_FRAMES) - 1;
  if (range && frame === undefined) for (at = doc.count - 1; at > 0 && doc.int(at, 0) > range[0];) at--;
  else if (frame === undefined) {
    while (at > 0 && doc.int(at, SLOT.ERROR) < 0) at--;
    if (doc.format === "tester log" && doc.int(at, SLOT.ERROR) < 0) at = doc.count - 1; // where the test ended
  }
  list.show(doc, again);
  if (as && at >= 0) {
    engine.choices = [{ frame: at, ...as }];
    return void decode({ frame: at, range }, true);
  }
  await showFrame(Math.min(at, doc.count - 1), range, node, edited);
}

/**
 * Shows what the live view has by now. The frame that is shown stays as it is drawn; it has another number if frames before
 * it are gone.
 * @param {Doc} doc @param {boolean} moved
 */
async function grow(doc, moved) {
  const { all, frame, at } = state, to = at >= 0 ? find(doc, keyOf(all, at), at) : -1;
  if (moved) {
    edits.clear();
    engine.choices = [];
  }
  Object.assign(state, { all: doc, at: to });
  tell(doc);
  empty(doc.count ? "" : "live");
  await list.grow(doc, to);
  if (to < 0 || frame?.index !== at) return showFrame(Math.min(Math.max(to, 0), doc.count - 1)); // none is shown yet, or it is being read
  const pair = doc.int(to, SLOT.PAIR), answered = pair !== frame.pair;
  Object.assign(frame, { index: to, pair });
  if (answered) reading.show(frame);
}

/**
 * Shows a frame; its fields are asked for if they are not there yet.
 * @param {number} at @param {[number, number] | import("./list.js").Match | null} [range] bytes to select @param {number} [node] or a node, from the frame's first
 * @param {boolean} [edited] it is the same frame, with a change
 */
async function showFrame(at, range, node = -1, edited = false) {
  const { all } = state;
  state.at = at;
  list.select(at);
  let doc = all, frame = at < 0 ? null : all.frame(at);
  if (frame && frame.flags & FRAME.FOLDED) {
    busy(`Reading packet ${at + 1}…`);
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
  busy();
  reading.show(frame);
  edits.show(frame);
  draw(doc, frame, edited);
  replayed(all.format.endsWith(" of __cluster_metadata"), "Fields", "The cluster after this batch");
  showProblem(all, frame);
  if (!frame || frame.count === 0) {
    tree.rows.draw();
    hex.rows.draw();
    return field.clear();
  }
  const i = node >= 0 ? frame.first + node : !range ? errorNode(doc, frame) : "bytes" in range ? doc.nodeFound(frame, range) : doc.nodeOver(frame, range);
  select(i >= 0 ? i : frame.first, hex.cursor < 0 ? "page" : "hex");
  const focus = /** @type {HTMLElement} */ (document.activeElement);
  if (edited && (!focus.offsetParent || focus.matches(":disabled"))) $("tree").focus({ preventScroll: true }); // it is nowhere, or will be
}

/** Draws a frame's fields and bytes. @param {Doc} doc @param {Frame | null} frame @param {boolean} [edited] */
function draw(doc, frame, edited = false) {
  Object.assign(state, { doc, frame, selected: -1 });
  tree.show(doc, frame, edited);
  hex.show(doc, frame, edited);
  write("bytes-range", frame ? size(frame.len) : "");
}

/** What the pane of fields shows of a metadata log. @param {boolean} log @param {string} title @param {string} other what the button shows instead */
function replayed(log, title, other) {
  $("replay").hidden = !log;
  $("replay").textContent = other;
  $("fields-name").textContent = title;
}

/** Shows the cluster's state after the batch that is shown, or the batch again. */
async function replay() {
  const { all, frame, at } = state;
  if (frame?.index !== at) return showFrame(at);
  try {
    const doc = await engine.replay(at, BigInt(/(\d+)\D*$/.exec(frame.title)?.[1] ?? 0)), whole = doc.frame(0);
    if (state.all !== all || state.at !== at) return; // a person was faster
    edits.show(null);
    draw(doc, Object.assign(whole, { index: -1 })); // no packet of the list
    replayed(true, whole.title[0].toUpperCase() + whole.title.slice(1), "Back to the batch");
    select(whole.first, "page");
    say(whole.title);
  } catch (err) {
    trouble(err);
  }
}

/** The node at which reading stopped or, in a sound frame, an error code that is not 0; or -1. @param {Doc} doc @param {Frame} frame */
function errorNode(doc, frame) {
  const sign = frame.err.text ? NODE.ERROR : NODE.WARNED;
  for (let i = frame.first; i < frame.first + frame.count; i++) if (doc.flags(i) & sign) return i;
  return frame.err.text ? doc.nodeAt(frame, frame.err.off) : -1;
}

/** The error of the text, or else of the frame: where, and what was expected. @param {Doc} doc @param {Frame | null} frame */
function showProblem(doc, frame) {
  const { text, off } = doc.input.text || !frame ? doc.input : frame.err;
  $("problem").hidden = !text;
  if (text) problem(doc.input.text || !frame ? `Character ${off + 1}` : `Byte ${off - frame.off}`, text);
}

/** Shows what went wrong. @param {string} where @param {string} what */
function problem(where, what) {
  $("problem").hidden = false;
  $("problem").replaceChildren("✕ ", el("strong", {}, where), " ", what);
  say(`${where}: ${what}`);
}

/** An answer that did not come. @param {any} err */
function trouble(err) {
  busy();
  problem("That did not work:", err.message ?? err);
}

/** Goes to the error: of the text, of this frame, or of the next one that has one. */
async function goToError() {
  const { all, frame } = state;
  if (!all) return; // it is early
  if (all.input.text) {
    source.text.focus();
    return source.text.setSelectionRange(all.input.off, all.input.off + 1);
  }
  if (!frame?.err.text) {
    const bad = list.nextError();
    if (bad < 0) return say("No error");
    await showFrame(bad);
  }
  if (state.frame) select(errorNode(state.doc, state.frame), "page");
  $("tree").focus();
}

/** Selects a field everywhere. @param {number} i @param {"tree" | "hex" | "page"} by */
function select(i, by) {
  const { doc, frame } = state;
  if (!frame || i < 0) return;
  state.selected = i;
  detail();
  tree.select(i);
  hex.select(i, by === "hex");
  if (by === "hex") say(spoken(doc, frame, i));
  learn(doc.path(i).map((p) => p.index));
}

/** Asks for the texts of nodes that came without, and draws them. @param {number[]} nodes ascending */
async function learn(nodes) {
  const { doc, frame } = state, bare = nodes.filter((i) => doc.bare(i));
  if (!frame || !bare.length) return;
  doc.learn(bare, []); // they are not asked for twice
  const texts = await engine.texts(frame.index, bare.map((i) => i - frame.first));
  doc.learn(bare, texts);
  if (state.doc !== doc || state.frame !== frame) return;
  tree.rows.renew((r) => bare.includes(tree.nodes[r]));
  if (doc.path(state.selected).some((p) => bare.includes(p.index))) detail();
}

/** Shows the selected field in detail. */
function detail() {
  const { doc, frame, selected: i } = state;
  if (!frame || i < 0) return;
  field.show(doc, frame, i, {
    select: (k) => select(k, "page"),
    step: (by) => select(tree.leaf(by), "page"),
    source: state.all.placed ? () => showSource(doc.off(i), doc.len(i)) : null,
    how: () => engine.how(frame.index, i - frame.first),
    edit: (op, a, b, what) => edits.make(op, a, b, what),
    versions,
    leave: () => $("tree").focus(),
  });
}

/** Writes bytes where the cursor stands. @param {number} at @param {number} instead of so many @param {...number} bytes */
async function writeBytes(at, instead, ...bytes) {
  const why = await edits.make(EDIT.WRITE, at, instead, Uint8Array.from(bytes));
  if (why) trouble(why);
  else hex.pick(hex.cursor);
}

function versions() {
  const { frame } = state;
  if (frame) showVersions(engine, frame, field.path, (version) => choose({ ...frame, version })).catch(trouble);
}

function copy() {
  const { doc, frame, selected } = state;
  if (!frame || selected < 0) return;
  const n = doc.node(selected);
  showCopy(bytesOf(doc, frame), { name: n.name, value: n.value, path: field.path || n.name, bytes: fieldBytes(doc, n) }, () => engine.json(frame.index));
}

/** Marks the characters in the input that some bytes were written with. @param {number} byte @param {number} n */
async function showSource(byte, n) {
  const [first, last, next] = await engine.places(byte, byte + n), text = source.text.value;
  const word = /^\S+/.exec(text.slice(last, next < 0 ? text.length : next)); // of the last byte
  source.text.focus();
  source.text.setSelectionRange(first, last + (word ? word[0].length : 1));
}

/** Reads the frame as a person says, or guesses again. @param {import("./reading.js").As | null} as */
async function choose(as) {
  await live.pause();
  const { frame } = state;
  if (!frame) return;
  const before = engine.choices, after = before.filter((c) => c.frame !== frame.index);
  if (as) after.push({ frame: frame.index, side: as.side, key: as.key, version: as.version });
  engine.choices = after;
  edits.note({ frame: frame.index, before, after });
  reread(frame.index);
}

/** Reads a frame by other choices. @param {number} at */
function reread(at) {
  const { all } = state;
  if (all.count <= EAGER_FRAMES) return void decode({ frame: at }, true);
  all.frame(at).flags |= FRAME.FOLDED;
  showFrame(at);
}

/** Says why there are no fields: one of the sentences in the page, or none. @param {string} why */
function empty(why) {
  $("empty").hidden = !why;
  for (const e of $("empty").children) e.hidden = e.id !== `empty-${why}`;
}

/** @param {string} reason */
function engineFailed(reason) {
  busy();
  empty("missing");
  $("reason").textContent = `(${reason})`;
  say("The engine of this page is not here");
}

/** Opens the packet that the address holds. */
async function openLink() {
  try {
    const linked = await readLink(location.hash);
    if (linked) source.take(linked.what, { ...linked, link: true });
  } catch (err) {
    problem("This link is damaged:", /** @type {Error} */ (err).message);
  }
}

async function showShare() {
  await live.pause();
  const { all, doc, frame, selected } = state;
  if (!frame) return;
  const off = doc.off(selected), len = doc.len(selected);
  share(edits.any ? { ...source, input: { what: new Blob([/** @type {any} */ (all.bytes)]) } } : source, all, frame, len ? [off, off + len - 1] : null).catch(trouble);
}

$("problem").onclick = goToError;
$("replay").onclick = replay;
$("share-open").onclick = showShare;
$("help-open").onclick = () => $("help").showModal();
$("copy").onclick = copy;
$("all-versions").onclick = versions;
format.onchange = async () => {
  await live.pause();
  source.format = format.value;
  engine.choices = [];
  edits.clear();
  decode({});
};

/** @param {number} step */
function stepFrame(step) {
  const to = list.beside(state.at, step);
  if (to >= 0) showFrame(to, list.match(to));
}

const samples = loadSamples(source);
setUpKeys({
  "/": () => source.enter(),
  w: () => live.key(),
  e: goToError,
  x: () => samples.then((next) => next()),
  "[": () => stepFrame(-1),
  "]": () => stepFrame(1),
});
addEventListener("hashchange", openLink);
keepOffline();
if (/^#p=/.test(location.hash)) openLink();
else if (!location.hash) decode({}); // what stands in the page, before anything else is loaded
