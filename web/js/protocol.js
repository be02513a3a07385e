// @ts-check
// The block of int32s, strings and bytes that the engine answers with.
// wasm/view/doc.go writes it; the two change together.

const BLOCK_VERSION = 4;
const FRAME_INTS = 28;
const NODE_INTS = 8;
const TEXT_INTS = 5;
const HINT_INTS = 9;
const READING_INTS = 5;

export const NODE = { STRUCTURE: 1, TEXT: 2, OPAQUE: 4, ERROR: 8, UNREAD: 16, BRANCH: 32, CLOSED: 64, PLAIN: 128, BARE: 256, WARNED: 512 };
/** What a node is, by its flags; these are also classes of rows and marks of bytes. */
export const KINDS = /** @type {[string, number][]} */ (Object.entries({ unread: 16, structure: 1, text: 2, opaque: 4, warned: 512, error: 8 }));
/** Where some ints of a frame stand. */
export const SLOT = { TITLE: 2, NOTE: 3, SIDE: 4, KEY: 5, VERSION: 6, CORRELATION: 8, FLAGS: 13, ERROR: 14, CONNECTION: 18, PAIR: 19, TIME: 20, CLIENT: 25 };
export const FRAME = { SIZED: 1, CHOSEN: 2, PAIRED: 4, EXACT: 8, UNKNOWN: 16, FOLDED: 32 };

/**
 * @typedef {{text: string, off: number}} Problem
 * @typedef {{index: number, name: string, type: string, value: string, meaning: string, about: string,
 *   off: number, len: number, depth: number, end: number, flags: number, plainOff: number, plainLen: number}} Node
 * @typedef {{side: number, key: number, version: number, score: number, exact: boolean}} Reading
 * @typedef {{index: number, off: number, len: number, title: string, note: string, side: number, key: number,
 *   version: number, headerVersion: number, correlation: number, first: number, count: number,
 *   readings: Reading[], flags: number, err: Problem, errPath: string, kind: number, connection: number, pair: number,
 *   time: number, latency: number, lost: number, client: string, hints: Hint[]}} Frame
 * kind: 0 a message, 1 TLS, 2 bytes without a start; pair: the request or answer that belongs to it, or -1; times in ns.
 * @typedef {{text: string, side: number, key: number, version: number, edit: boolean, off: number, del: number,
 *   insert: string, size: number}} Hint what mends an error: a reading, or an edit (insert is hex; size, if not -1, is written
 *   into the frame's first four bytes)
 */

const decoder = new TextDecoder();

/** A decoded input. Frames and nodes are read from the block when asked for. */
export class Doc {
  /** @param {ArrayBuffer} buffer @param {Uint8Array} bytes that all offsets count in */
  constructor(buffer, bytes) {
    const head = new Int32Array(buffer, 0, 28);
    if (head[0] !== BLOCK_VERSION) throw new Error(`engine answers with block ${head[0]}, this page reads ${BLOCK_VERSION}`);
    const ints = (/** @type {number} */ slot) => new Int32Array(buffer, head[slot], head[slot + 1]);
    this.nodes = ints(6);
    this.texts = ints(10);
    this.ends = ints(12);
    this.text = new Uint8Array(buffer, head[14], head[15]);
    this.bytes = bytes;
    /** Records that were compressed. */
    this.plain = new Uint8Array(buffer, head[24], head[25]);
    /** @type {string[]} */
    this.strings = new Array(this.ends.length);
    this.format = this.string(head[1]);
    /** @type {Problem} */
    this.input = { text: this.string(head[2]), off: head[3] };
    this.notes = this.string(head[19]);
    /** Whether its bytes stand in a text. */
    this.placed = head[16] === 1;
    /** Why an edit was refused. */
    this.refused = this.string(head[26]);
    /** The node to select after an edit, from its frame's first; -1 for none. */
    this.select = head[27];
    this.ints = ints(4);
    this.readings = ints(8);
    this.hints = ints(20);
    /** How many frames there are. */
    this.count = this.ints.length / FRAME_INTS;
    /** @type {Frame[]} */
    this.frames = [];
    /** Texts of nodes that came bare. @type {Map<number, string[]>} */
    this.learnt = new Map();
  }

  /** @param {number} id */
  string(id) {
    if (id < 0) return "";
    return this.strings[id] ??= decoder.decode(this.text.subarray(id ? this.ends[id - 1] : 0, this.ends[id]));
  }

  /** One int of a frame, which is fast. @param {number} index @param {number} slot */
  int(index, slot) { return this.ints[index * FRAME_INTS + slot]; }

  /** @param {number} index @returns {Frame} */
  frame(index) { return this.frames[index] ??= this.readFrame(index); }

  /** @param {number} index @returns {Frame} */
  readFrame(index) {
    const f = this.ints.subarray(index * FRAME_INTS), r = this.readings, h = this.hints, readings = [];
    for (let k = f[11] * READING_INTS, end = k + f[12] * READING_INTS; k < end; k += READING_INTS) {
      readings.push({ side: r[k], key: r[k + 1], version: r[k + 2], score: r[k + 3], exact: r[k + 4] === 1 });
    }
    const hints = [];
    for (let k = f[26] * HINT_INTS, end = k + f[27] * HINT_INTS; k < end; k += HINT_INTS) {
      hints.push({ text: this.string(h[k]), side: h[k + 1], key: h[k + 2], version: h[k + 3], edit: h[k + 4] === 1,
        off: h[k + 5], del: h[k + 6], insert: this.string(h[k + 7]), size: h[k + 8] });
    }
    const wide = (/** @type {number} */ lo, /** @type {number} */ hi) => (lo >>> 0) + hi * 2 ** 32;
    return {
      index, off: f[0], len: f[1], title: this.string(f[2]), note: this.string(f[3]), side: f[4], key: f[5],
      version: f[6], headerVersion: f[7], correlation: f[8], first: f[9], count: f[10], readings, flags: f[13],
      err: { text: this.string(f[14]), off: f[15] }, errPath: this.string(f[16]),
      kind: f[17], connection: f[18], pair: f[19], time: wide(f[20], f[21]), latency: wide(f[22], f[23]), lost: f[24],
      client: this.string(f[25]), hints,
    };
  }

  /** Nanoseconds from the first frame's time to that of a frame. @param {number} index */
  since(index) {
    const low = SLOT.TIME, high = low + 1; // exact, which the times themselves are not
    return (this.int(index, low) >>> 0) - (this.int(0, low) >>> 0) + (this.int(index, high) - this.int(0, high)) * 2 ** 32;
  }

  /** @param {number} i @returns {Node} */
  node(i) {
    const [text, off, len, , end, both, plainOff, plainLen] = this.nodes.subarray(i * NODE_INTS, (i + 1) * NODE_INTS);
    const [name = "", type = "", value = "", meaning = "", about = ""] = this.learnt.get(i) ?? this.textsAt(text);
    return { index: i, name: name || "…", type, value, meaning, about, off, len, depth: both >> 16, end, flags: both & 0xffff, plainOff, plainLen };
  }

  /** @param {number} text */
  textsAt(text) { return text < 0 ? [] : Array.from(this.texts.subarray(text * TEXT_INTS, (text + 1) * TEXT_INTS), (id) => this.string(id)); }

  /** Whether a node's texts have to be asked for. @param {number} i */
  bare(i) { return (this.flags(i) & NODE.BARE) !== 0 && !this.learnt.has(i); }

  /** @param {number[]} nodes @param {string[]} texts five each */
  learn(nodes, texts) { nodes.forEach((i, k) => this.learnt.set(i, texts.slice(5 * k, 5 * k + 5))); }

  /** @param {number} i */ off(i) { return this.nodes[i * NODE_INTS + 1]; }
  /** @param {number} i */ len(i) { return this.nodes[i * NODE_INTS + 2]; }
  /** @param {number} i */ parent(i) { return this.nodes[i * NODE_INTS + 3]; }
  /** @param {number} i */ end(i) { return this.nodes[i * NODE_INTS + 4]; }
  /** @param {number} i */ flags(i) { return this.nodes[i * NODE_INTS + 5] & 0xffff; }
  /** @param {number} i */ depth(i) { return this.nodes[i * NODE_INTS + 5] >> 16; }

  /** The deepest node of a frame that owns a byte, or -1. @param {Frame} f @param {number} byte */
  nodeAt(f, byte) {
    let found = -1;
    for (let i = f.first, end = f.first + f.count; i < end;) {
      if (this.flags(i) & NODE.PLAIN) return found; // below compressed bytes
      if (byte >= this.off(i) && byte < this.off(i) + this.len(i)) {
        found = i;
        end = this.end(i);
        i++;
      } else {
        i = this.end(i);
      }
    }
    return found;
  }

  /** The deepest node whose bytes are a range, or that has its first byte. @param {Frame} f @param {[number, number]} range */
  nodeOver(f, [first, last]) {
    const deepest = this.nodeAt(f, first);
    let i = deepest;
    while (i >= 0 && this.off(i) + this.len(i) <= last) i = this.parent(i);
    return i >= 0 && this.off(i) === first && this.off(i) + this.len(i) - 1 === last ? i : deepest;
  }

  /**
   * The deepest node that has some bytes, which stand at an offset or, if that is -1, in compressed records alone. Within what is
   * compressed they may stand by chance, or because the codec has left them so: then the record that has them is meant.
   * @param {Frame} f @param {{at: number, bytes: Uint8Array}} found
   */
  nodeFound(f, { at, bytes }) {
    const i = at < 0 ? -1 : this.nodeOver(f, [at, at + bytes.length - 1]);
    const plain = i < 0 || this.flags(i + 1) & NODE.PLAIN ? this.nodeWith(f, bytes) : -1;
    return plain < 0 ? i : plain;
  }

  /** The deepest node of a frame that has some bytes among its decompressed ones, or -1. @param {Frame} f @param {Uint8Array} needle */
  nodeWith(f, needle) {
    let found = -1;
    for (let i = f.first, end = f.first + f.count; i < end;) {
      const [plainOff, plainLen] = this.nodes.subarray(i * NODE_INTS + 6, (i + 1) * NODE_INTS);
      if (!(this.flags(i) & NODE.PLAIN)) i++;
      else if (indexOf(this.plain, needle, plainOff, plainOff + plainLen) < 0) i = this.end(i);
      else {
        found = i;
        end = this.end(i);
        i++;
      }
    }
    return found;
  }

  /** Names from the top to a node. @param {number} i */
  path(i) {
    const names = [];
    for (let k = i; k >= 0; k = this.parent(k)) names.unshift({ index: k, name: this.node(k).name });
    return names;
  }
}

/** Where bytes stand within others, or -1. @param {Uint8Array} bytes @param {Uint8Array} needle @param {number} from @param {number} to */
export function indexOf(bytes, needle, from, to) {
  const within = bytes.subarray(from, to);
  for (let at = -1; (at = within.indexOf(needle[0], at + 1)) >= 0 && at + needle.length <= within.length;) {
    if (needle.every((byte, k) => within[at + k] === byte)) return from + at;
  }
  return -1;
}

/** "4–5", "7", or the place of nothing. @param {number} off @param {number} len */
export function range(off, len) {
  return len > 1 ? `${off}–${off + len - 1}` : `${off}`;
}

/** Whether a field has a value that can be set. @param {Node} n */
export function editable(n) {
  return n.value !== "" && (!(n.flags & NODE.BRANCH) || (n.flags & NODE.CLOSED) !== 0 && /STRING|BYTES/.test(n.type)) && (n.len > 0 || !(n.flags & NODE.ERROR));
}
