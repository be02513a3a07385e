// @ts-check
// The live view: what passes through the broker, or through kwire tap, as a
// stream of records (capture/stream.go has their form). The newest are kept here
// and given to the engine as an ordinary input, a few times a second.
import { $, download, number, say, size } from "./dom.js";
import { SLOT } from "./protocol.js";

/** @typedef {import("./protocol.js").Doc} Doc */

/** What is kept. Beyond that the oldest quarter goes. */
const MAX_FRAMES = 5000;
const MAX_BYTES = 8 << 20;
const FEED_MS = 250;
const MAX_RECORD = 1 << 17;
const MAX_WAIT_S = 30;

const HEAD = Uint8Array.of(0x89, 0x6b, 0x77, 0x69, 0x72, 0x65, 0x0a, 1);
const DROPPED = 3; // a kind of record

export class Live {
  /**
   * @param {{begin: (empty: Blob) => void, feed: (stream: Blob, moved: boolean) => Promise<void>, keys: () => string[], settle: () => Promise<void>,
   *   end: (stream: Blob) => void}} page keys (see keyOf) are of the frames that must stay, settle shows them with what was fed last
   */
  constructor(page) {
    this.page = page;
    this.token = "";
    this.paused = false;
    /** @type {AbortController | null} */ this.running = null;
    this.fed = Promise.resolve();
    /** @type {Uint8Array[]} */ this.records = [];
    this.bytes = this.passed = this.dropped = 0;
    this.moved = false; // the first records are others than those that were fed
    this.fresh = false; // there are some that were not fed
    const offer = document.body.dataset.live;
    $("watch").hidden = !offer;
    $("watch").onclick = () => this.running ? this.stop() : offer === "locked" && !this.token ? this.unlock() : this.start();
    $("watch-stop").onclick = () => this.stop();
    $("watch-pause").onclick = () => this.paused ? this.go() : this.pause();
    $("watch-clear").onclick = () => { this.clear(); page.begin(new Blob([])); };
    $("watch-save").onclick = () => download("live.kwire", this.stream);
    $("token").onclose = () => {
      this.token = $("token-text").value;
      $("token-text").value = "";
      if (this.token) this.start();
    };
  }

  /** What the key does: watch, then pause and go on. */
  key() { if (!$("watch").hidden) $(this.running ? "watch-pause" : "watch").click(); }

  clear() {
    this.records = [];
    this.bytes = this.passed = this.dropped = 0;
    this.moved = this.fresh = false;
  }

  get stream() { return new Blob(/** @type {any} */ ([HEAD, ...this.records])); }

  unlock() {
    this.token = "";
    $("token").showModal();
  }

  async start() {
    this.clear();
    $("filter").value = "";
    this.paused = false;
    const { signal } = this.running = new AbortController();
    this.page.begin(new Blob([]));
    this.say("Connecting…");
    this.feed(signal);
    for (let wait = 1; !signal.aborted; wait = Math.min(2 * wait, MAX_WAIT_S)) {
      let why = "The stream has ended";
      try {
        const answer = await fetch("live", { signal, cache: "no-store", headers: this.token ? { Authorization: `Bearer ${this.token}` } : {} });
        if (answer.status === 401) {
          this.stop();
          return this.unlock();
        }
        if (!answer.ok || !answer.body) throw new Error(await answer.text());
        wait = 1;
        this.say("Watching");
        await this.read(answer.body.getReader());
      } catch (err) {
        why = `The stream has stopped (${/** @type {Error} */ (err).message.replace(/[.\s]*$/, "")})`;
      }
      if (signal.aborted) return;
      this.say(`${why}. Trying again in ${wait} s`);
      await new Promise((r) => setTimeout(r, wait * 1000));
    }
  }

  /** Takes a stream apart. @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async read(reader) {
    let rest = new Uint8Array(), at = HEAD.length;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(rest.length + value.length), view = new DataView(joined.buffer);
      joined.set(rest);
      joined.set(value, rest.length);
      for (let n; joined.length - at >= 4 && at + (n = 4 + view.getUint32(at)) <= joined.length; at += n) this.take(joined.subarray(at, at + n));
      rest = joined.slice(at);
      if (rest.length > MAX_RECORD) throw new Error("a record is too long");
      at = Math.max(at - joined.length, 0); // the head is skipped, however it comes
    }
  }

  /** @param {Uint8Array} record */
  take(record) {
    this.records.push(record);
    this.bytes += record.length;
    this.fresh = true;
    if (record[4] === DROPPED) this.dropped += new DataView(record.buffer, record.byteOffset).getUint32(13);
    else this.passed++;
    if (this.records.length <= MAX_FRAMES && this.bytes <= MAX_BYTES) return;
    const keys = this.page.keys();
    let frames = this.records.length - MAX_FRAMES * .75, bytes = this.bytes - MAX_BYTES * .75;
    this.records = this.records.filter((r) => {
      if (frames <= 0 && bytes <= 0 || keys.includes(keyIn(r))) return true;
      frames--;
      bytes -= r.length;
      this.bytes -= r.length;
      return false;
    });
    this.moved = true;
  }

  /** Feeds the engine until the stream is left. @param {AbortSignal} signal */
  async feed(signal) {
    while (!signal.aborted) {
      this.count();
      if (this.fresh && !this.paused && !document.hidden) {
        const { moved } = this;
        this.fresh = this.moved = false;
        await (this.fed = this.page.feed(this.stream, moved));
      }
      await new Promise((r) => setTimeout(r, FEED_MS));
    }
  }

  count() {
    $("watch-count").textContent = `${number(this.passed)} packets, ${size(this.bytes)} kept${this.dropped ? `, ${number(this.dropped)} dropped` : ""}`;
  }

  /** Holds the page still: what is shown can be edited. What comes is kept. */
  async pause() {
    if (!this.running || this.paused) return;
    this.paused = true;
    this.say("Paused");
    await this.fed;
    await this.page.settle();
  }

  go() {
    this.paused = false;
    this.fresh = this.moved = true; // over any edit
    this.say("Watching");
  }

  /** Ends the stream; what it has brought stays. */
  stop() {
    this.leave();
    if (this.records.length) this.page.end(this.stream);
    say("No longer watching");
  }

  /** There is another input. */
  leave() {
    this.running?.abort();
    this.running = null;
    this.say("");
  }

  /** @param {string} what */
  say(what) {
    $("watch-bar").hidden = !what;
    $("watch").ariaPressed = String(!!what);
    $("watch-pause").textContent = this.paused ? "Continue" : "Pause";
    $("watch-state").textContent = what;
    say(what);
  }
}

/** What tells a frame of a stream from all others: its time and its sender. @param {Doc} doc @param {number} i */
export const keyOf = (doc, i) => [doc.int(i, SLOT.SIDE), doc.int(i, SLOT.TIME + 1), doc.int(i, SLOT.TIME)].join();

/** The same of its record. @param {Uint8Array} record */
function keyIn(record) {
  const view = new DataView(record.buffer, record.byteOffset);
  return [record[4] - 1, view.getInt32(5), view.getInt32(9)].join();
}

/** Where a frame is in a later document, or -1; it cannot have moved back. @param {Doc} doc @param {string} key @param {number} from */
export function find(doc, key, from) {
  let i = Math.min(from, doc.count - 1);
  while (i >= 0 && keyOf(doc, i) !== key) i--;
  return i;
}
