// @ts-check
// What is decoded: the text that is typed or pasted, or a file that was opened
// or dropped.

import { $, size, write } from "./dom.js";

/**
 * @typedef {import("./engine.js").Input} Input
 * @typedef {{frame?: number, range?: [number, number] | null, as?: import("./reading.js").As | null, link?: boolean,
 *   node?: number, edited?: boolean, live?: boolean}} Wish what to show of an input: a frame, or the one with some bytes, and how it is to be read; link says that
 *   the address names the input, edited that it is the one before with a change, after which a node is to be selected, live that it grows
 */


/** Files up to this size that hold text become the text; larger ones are never copied into the page. */
const MAX_TEXT = 256 << 10;
const MAX_FILE = 256 << 20;
const NO_TEXT = /[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/;

export class Source {
  /** @param {(wish: Wish) => void} changed called with each new input @param {(err: any) => void} trouble */
  constructor(changed, trouble) {
    this.changed = changed;
    /** @type {HTMLTextAreaElement} */ this.text = $("input");
    this.picker = $("picker");
    this.choice = $("files");
    /** @type {Blob | null} shown instead of the text */ this.file = null;
    /** @type {File[]} */ this.files = [];
    this.name = this.format = "";

    const open = (/** @type {Iterable<File>} */ files) => this.open([...files]).catch(trouble);
    this.text.oninput = (e) => {
      if (/** @type {InputEvent} */ (e).inputType === "insertFromPaste") this.top();
      this.take(null);
    };
    $("open").onclick = () => this.picker.click();
    this.picker.onchange = () => { open(this.picker.files ?? []); this.picker.value = ""; };
    this.choice.onchange = () => this.show(this.files[this.choice.selectedIndex]).catch(trouble);
    $("file-close").onclick = () => { this.take(""); this.text.focus(); };

    document.onpaste = (e) => {
      const data = /** @type {DataTransfer} */ (e.clipboardData), typing = /** @type {Element} */ (e.target).closest?.("input, textarea");
      if (data.files.length) open(data.files);
      else if (!typing) this.take(data.getData("text"));
      else return;
      e.preventDefault();
    };
    document.ondragover = (e) => {
      e.preventDefault();
      $("drop").hidden = false;
    };
    document.ondragleave = (e) => { $("drop").hidden ||= !e.relatedTarget; };
    document.ondrop = (e) => {
      e.preventDefault();
      $("drop").hidden = true;
      const data = /** @type {DataTransfer} */ (e.dataTransfer), text = data.getData("text");
      if (data.files.length) open(data.files);
      else if (text) this.take(text);
    };
  }

  /** Goes to the text, also where a file stands in its place. */
  enter() {
    this.text.hidden = false;
    this.text.focus();
    this.text.select();
  }

  /** Shows where the text begins. Firefox scrolls to the end of what was pasted, but only after it has told of it. */
  top() { setTimeout(() => { this.text.scrollTop = 0; }); }

  /** What the engine gets. @returns {Input} */
  get input() { return { what: this.file ?? this.text.value, name: this.name, format: this.format }; }

  /** Whether there is nothing at all. */
  get empty() { return !this.file && !this.text.value.trim(); }

  /** Opens files: the first, with the others a choice away. @param {File[]} files */
  async open(files) {
    if (!files.length) return;
    this.files = files;
    this.choice.replaceChildren(...files.map((f) => new Option(f.name)));
    await this.show(files[0]);
  }

  /** @param {File} file */
  async show(file) {
    const text = file.size <= MAX_TEXT ? await file.text() : "\0";
    this.take(NO_TEXT.test(text) ? file.slice(0, MAX_FILE) : text,
      { name: file.name, look: file.size > MAX_FILE ? `Only the first 256 MB of ${file.name} are read.` : "" });
  }

  /**
   * Takes a new input.
   * @param {string | Blob | null} what null: what is in the text box
   * @param {Wish & {name?: string, look?: string, format?: string}} [more] the file's name, a sentence on it, how it is to be read
   */
  take(what, { name = "", look = "", format = "", ...wish } = {}) {
    this.file = what instanceof Blob ? what : null;
    this.name = name;
    this.format = format;
    if (what !== null) {
      this.text.value = this.file ? "" : /** @type {string} */ (what);
      this.top();
    }
    if (!name) this.files = [];
    this.text.hidden = !!this.file;
    $("file").hidden = !name;
    this.choice.hidden = this.files.length < 2;
    write("file-name", this.files.length < 2 ? name : "");
    write("file-size", this.file ? size(this.file.size) : "");
    write("look", look);
    this.changed(wish);
  }
}
