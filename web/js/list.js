// @ts-check
// The list of packets: a listbox whose rows are drawn where they are seen, and
// the filter above it.
import { $, el, modified, number, say } from "./dom.js";
import { FRAME, indexOf, SLOT } from "./protocol.js";
import { Rows, shownAt } from "./rows.js";
import { parseFilter } from "./filter.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./engine.js").Engine} Engine @typedef {import("./engine.js").API} API */
/** @typedef {{at: number, bytes: Uint8Array}} Match where bytes were found, -1 if in compressed records */

const SKIMMED = 100; // frames that the engine looks over at a time
const SIDES = [["→", "request"], ["←", "response"], ["·", "batches"], ["·", "file"]];
/** Classes of the cells, and what stands above them. */
const CELLS = { num: "#", time: "time, s", arrow: "", side: "", api: "API", ver: "", size: "size", latency: "latency", client: "client", result: "about" };

/** @type {HTMLElement[]} */
const [box, root] = ["packets", "list"].map($);
/** @type {HTMLInputElement} */
const input = $("filter");

export class List {
  /** @param {Engine} engine @param {(frame: number, match?: Match) => void} opened */
  constructor(engine, opened) {
    const open = (/** @type {number} */ frame) => opened(frame, this.match(frame));
    this.engine = engine;
    /** @type {Doc} there is one before anything is asked */ this.doc;
    /** @type {Map<number, API>} */ this.apis = new Map();
    /** @type {Set<string>} */ this.names = new Set();
    /** @type {Map<number, string>} */ this.errors = new Map();
    this.skimmed = new Int32Array(); // see Engine.skim: two of each frame
    /** @type {string[]} */ this.gists = []; // and the third
    /** @type {Uint8Array[]} the bytes that the filter looks for */ this.needles = [];
    this.finding = Promise.resolve(); // what was asked last
    /** @type {number[] | null} the frames that the filter lets through, null: all */ this.shown = null;
    this.selected = -1;
    this.fitted = 0; // so many rows it has the height for
    this.head = el("div", { class: "row columns", "aria-hidden": true }, ...cells(Object.values(CELLS)));
    root.append(this.head);
    this.rows = new Rows(root, (r) => this.row(r), () => this.mark());
    this.rows.space.role = "presentation";
    root.onclick = (e) => { if (shownAt(e) >= 0) open(shownAt(e)); };
    root.onkeydown = (e) => {
      if (modified(e)) return;
      const to = this.rows.step(e.key, this.position(this.selected));
      if (to >= 0) open(this.frameAt(to));
      else if (e.key === "Enter") $("tree").focus();
      else return;
      e.preventDefault();
    };
    input.oninput = () => this.filter();
    input.onkeydown = (e) => {
      if (!["Escape", "Enter", "ArrowDown"].includes(e.key)) return;
      e.preventDefault();
      e.stopPropagation();
      if (e.key === "Escape") this.clear();
      root.focus();
    };
    $("filter-clear").onclick = () => this.clear();
  }

  /** @param {API[]} apis @param {Map<number, string>} errors Kafka's names of error codes */
  setNames(apis, errors) {
    this.errors = errors;
    this.apis = new Map(apis.map((a) => [a.key, a]));
    this.names = new Set(apis.map((a) => a.name.toLowerCase()));
  }

  /** Takes a longer form of what is listed. What is seen stays, or else the newest. @param {Doc} doc @param {number} selected */
  async grow(doc, selected) {
    const { rows } = this, end = root.scrollTop + root.clientHeight > root.scrollHeight - rows.height;
    this.selected = selected;
    await this.show(doc, true, true);
    if (rows.count < 50) this.fit();
    if (end) rows.top = rows.count * rows.height;
    rows.kept = this.position(selected);
    rows.renew();
  }

  /** As high as its rows, if they are few. */
  fit() {
    this.fitted = this.rows.count;
    box.style.height = `min(30vh, ${this.rows.count * this.rows.height + box.offsetHeight - root.clientHeight + this.head.offsetHeight}px)`;
  }

  /** Lists a document's frames, if there are several. @param {Doc} doc @param {boolean} keep the filter: it is the same input @param {boolean} [grows] */
  show(doc, keep, grows = false) {
    const { hidden } = box, first = hidden || !keep;
    this.doc = doc;
    this.shown = null;
    box.hidden = doc.count < 2;
    if (!keep) input.value = "";
    if (box.hidden) return;
    box.classList.toggle("timed", doc.int(0, SLOT.TIME) !== 0);
    if (first) {
      this.rows.top = 0;
      this.rows.change(doc.count);
      if (hidden || this.fitted !== doc.count) this.fit();
    }
    const filtered = this.filter(grows);
    this.skim(doc, grows).catch(() => {}); // then some rows say less
    return filtered;
  }

  /** Looks over all frames for error codes and damage, while nothing else is to be done: those first that are seen. @param {Doc} doc @param {boolean} grows the others are not worth it */
  async skim(doc, grows) {
    const skimmed = new Int32Array(2 * doc.count);
    if (grows) skimmed.set(this.skimmed.subarray(0, 2 * doc.count)); // until they are looked over again
    this.skimmed = skimmed;
    if (!grows) this.gists = [];
    const done = new Uint8Array(Math.ceil(doc.count / SKIMMED));
    for (let shown = performance.now(); ;) {
      const { first, end } = this.rows, seen = Array.from({ length: end - first }, (_, k) => Math.floor(this.frameAt(first + k) / SKIMMED));
      const chunk = seen.find((c) => done[c] === 0) ?? (grows ? -1 : done.indexOf(0));
      if (chunk < 0) break;
      await new Promise((idle) => "requestIdleCallback" in globalThis ? requestIdleCallback(idle, { timeout: 300 }) : setTimeout(idle, 50));
      const found = await this.engine.skim(chunk * SKIMMED, SKIMMED);
      if (this.doc !== doc) return;
      done[chunk] = 1;
      found.forEach(([code, problems, gist], k) => {
        const i = chunk * SKIMMED + k;
        skimmed.set([+code, +problems], 2 * i);
        this.gists[i] = gist;
      });
      if (seen.includes(chunk)) this.rows.renew();
      if (this.wantsMore && performance.now() - shown > 1000) {
        this.filter();
        shown = performance.now();
      }
    }
    if (this.wantsMore) this.filter();
  }

  /** Whether the filter asks for what is told by looking over. */
  get wantsMore() { return /err:|(^|\s)-?[^\s:]+(?!\S)/.test(input.value); }

  /** Applies what is typed; bytes are looked for in the engine. @param {boolean} [grows] nobody is to notice */
  async filter(grows = false) {
    const { doc } = this, text = input.value;
    const { tests, needles } = parseFilter(text);
    const newer = () => this.doc !== doc || input.value !== text;
    const found = needles.length ? await this.find(needles, newer) : [];
    if (newer()) return;
    this.needles = needles.filter((n) => !n.not).map((n) => n.bytes);
    const fits = (/** @type {number} */ i) => needles.every((n, k) => !found[k][i] === n.not) && tests.every((t) => t(this, i));
    this.shown = tests.length || needles.length ? Array.from({ length: doc.count }, (_, i) => i).filter(fits) : null;
    const n = this.shown?.length ?? doc.count;
    const part = found.some((f) => f[doc.count]) ? ", not all compressed records searched" : "";
    $("packets-count").textContent = `${number(n)}${n === doc.count ? "" : ` of ${number(doc.count)}`}${part}`;
    $("filter-none").hidden = n > 0;
    this.rows.change(n);
    if (grows) return;
    this.select(this.selected);
    if (this.shown) say((n ? `${n} packets` : "No packet fits the filter") + part);
  }

  /** Has the engine look for bytes when it is done with the last ones, unless there is something newer by then. @param {{bytes: Uint8Array}[]} needles @param {() => boolean} newer */
  async find(needles, newer) {
    await this.finding;
    if (newer()) return [];
    const found = Promise.all(needles.map(({ bytes }) => this.engine.ask("find", [], { text: bytes }).then((b) => new Uint8Array(b))));
    this.finding = found.then(() => {}, () => {});
    return found;
  }

  /** What the filter has found in a frame; of several bytes that are looked for the first. @param {number} frame @returns {Match | undefined} */
  match(frame) {
    const [needle] = this.needles, { doc } = this;
    if (!needle) return;
    const off = doc.int(frame, 0), at = indexOf(doc.bytes, needle, off, off + doc.int(frame, 1));
    return { at, bytes: needle };
  }

  clear() {
    input.value = "";
    this.filter();
  }

  /** @param {number} i @param {number} slot */
  int(i, slot) { return this.doc.int(i, slot); }

  /** @param {number} i @param {number} slot */
  string(i, slot) { return this.doc.string(this.int(i, slot)); }

  /** The API's name, "" where there is none or it is not known. @param {number} i */
  api(i) {
    return this.int(i, SLOT.FLAGS) & FRAME.UNKNOWN || this.int(i, SLOT.SIDE) > 1 ? "" : this.apis.get(this.int(i, SLOT.KEY))?.name ?? "";
  }

  /** Who sent a request, or will get the answer. @param {number} i */
  client(i) {
    const pair = this.int(i, SLOT.PAIR);
    return this.string(this.int(i, SLOT.SIDE) === 1 && pair >= 0 ? pair : i, SLOT.CLIENT);
  }

  /** What is wrong with a frame, as far as it has been read. @param {number} i */
  damage(i) {
    return this.doc.frames[i]?.err.text || this.string(i, SLOT.ERROR) || (this.skimmed[2 * i + 1] ? "damaged" : "");
  }

  /** The topics and groups that a packet names, or that its request does. @param {number} i */
  gist(i) { return this.gists[i] || this.int(i, SLOT.SIDE) === 1 && this.gists[this.int(i, SLOT.PAIR)] || ""; }

  /** @param {number} i */
  code(i) { return this.skimmed[2 * i]; }

  /** The same or, in a sound response, the error that it tells of. @param {number} i */
  error(i) {
    const code = this.code(i);
    return this.damage(i) || (code > 0 ? `${code} ${this.errors.get(code) ?? ""}` : "");
  }

  /** @param {number} r */
  frameAt(r) { return this.shown ? this.shown[r] : r; }

  /** Where a frame stands in the list, or -1. @param {number} frame */
  position(frame) { return this.shown ? this.shown.indexOf(frame) : frame; }

  /** @param {number} r @returns {HTMLElement} */
  row(r) {
    const i = this.frameAt(r), { doc } = this, f = doc.frame(i), api = this.api(i), [arrow, side] = SIDES[f.side];
    const time = f.time ? (doc.since(i) / 1e9).toFixed(6) : "", client = this.client(i);
    const latency = f.pair >= 0 ? (f.time ? span(f.latency) : "") : f.time && f.side === 0 && !f.kind ? "no answer" : "";
    const name = ["", "TLS", "bytes"][f.kind] || api || f.title;
    const damage = this.damage(i), error = this.error(i);
    const told = damage ? `✕ ${f.err.text ? `byte ${f.err.off - f.off}: ` : ""}${damage}` : error && `⚠ ${error}`;
    const result = [f.kind && f.title, told, f.lost && `${number(f.lost)} bytes lost`, f.side > 1 && f.note, this.gist(i)].filter(Boolean).join("; ");
    return el("div", {
      id: `f${i}`, class: `row${damage ? " bad" : error ? " warned" : f.kind || f.lost ? " odd" : ""}${api || f.kind ? "" : " untold"}`,
      role: "option", "aria-posinset": r + 1, "aria-setsize": this.rows.count,
      title: f.note || (f.time ? new Date(f.time / 1e6).toISOString() : ""),
    }, ...cells([`${i + 1}`, time, f.kind ? "·" : arrow, f.kind ? "" : side, name, api && `v${f.version}`, `${number(f.len)} B`, latency, client, result]));
  }

  /** @param {number} frame */
  select(frame) {
    this.selected = frame;
    if (!box.hidden && !this.rows.keep(this.position(frame), this.rows.height)) this.mark();
  }

  /** Marks the selected row, and its pair. */
  mark() { this.rows.mark("f", this.selected, "pair", this.selected >= 0 ? this.int(this.selected, SLOT.PAIR) : -1); }

  /** A frame has been read: its row may say more. @param {import("./protocol.js").Frame} frame */
  read(frame) {
    this.doc.frames[frame.index] = { ...frame, flags: frame.flags | FRAME.FOLDED }; // its fields are not in this document
    this.rows.renew();
  }

  /** The frame shown before or after another one, or -1. @param {number} frame @param {number} step */
  beside(frame, step) {
    const at = this.position(frame) + step;
    return at >= 0 && at < this.rows.count ? this.frameAt(at) : -1;
  }

  /** The next frame that is damaged, or else one that tells of an error; -1: none. */
  nextError() {
    const n = this.doc.count, next = Array.from({ length: n }, (_, k) => (this.selected + k + 1) % n);
    return next.find((i) => this.damage(i)) ?? next.find((i) => this.error(i)) ?? -1;
  }
}

/** @param {string[]} texts */
const cells = (texts) => Object.keys(CELLS).flatMap((name, k) => [el("span", { class: name, "aria-hidden": name === "arrow" || undefined }, texts[k]), " "]);

/** A time of so many nanoseconds, as people say it. @param {number} ns */
function span(ns) {
  const ms = ns / 1e6;
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}
