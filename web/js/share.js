// @ts-check
// Links that are the packet themselves: the bytes, packed, stand behind the #,
// which no browser sends to anybody.
//
//   #p=BYTES           the input, text or bytes: deflated (raw), in base64url
//   &s=FIRST-LAST      the bytes that are selected
//   &as=SIDE.KEY.VERSION   how the frame with them is read, if that was chosen
//   &in=FORMAT         how the input is read, if that was chosen

import { $, download, size } from "./dom.js";
import { FRAME } from "./protocol.js";
import { bytesOf } from "./edit.js";

/**
 * @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame @typedef {import("./reading.js").As} As
 * @typedef {{what: string | Blob, range: [number, number] | null, as: As | null, format: string}} Linked
 */

/** Longer links get lost on their way. */
const MAX_LINK = 8 << 10;
const MAX_PLAIN = 8 << 20; // that such a link may unpack to

/** @param {BlobPart} what @param {{range?: [number, number] | null, as?: As | null, format?: string}} more @returns {Promise<string>} */
async function linkOf(what, { range, as, format }) {
  const packed = new Blob([what]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const p = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const parts = [`p=${p}`, range && `s=${range.join("-")}`, as && `as=${as.side}.${as.key}.${as.version}`, format && `in=${encodeURIComponent(format)}`];
  return `${location.href.replace(/#.*/, "")}#${parts.filter(Boolean).join("&")}`;
}

/** Reads a link's fragment; null if it is another one. @param {string} hash @returns {Promise<Linked | null>} */
export async function readLink(hash) {
  const said = new URLSearchParams(hash.slice(1)), p = said.get("p");
  if (p === null) return null;
  let bytes;
  try {
    const binary = atob(p.replace(/-/g, "+").replace(/_/g, "/"));
    bytes = await unpack(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
  } catch {
    throw new Error("it is cut off, or was changed on its way. Ask for it again, or for the file.");
  }
  const [, first, last] = /^(\d+)-(\d+)$/.exec(said.get("s") ?? "") ?? [];
  const [, side, key, version] = /^([012])\.(-?\d+)\.(\d+)$/.exec(said.get("as") ?? "") ?? [];
  let what;
  try {
    what = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch { /* no text */ }
  return {
    what: what === undefined || /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(what) ? new Blob([bytes]) : what,
    range: first ? [+first, +last] : null, as: side ? { side: +side, key: +key, version: +version } : null, format: said.get("in") ?? "",
  };
}

/** @param {BlobPart} packed */
async function unpack(packed) {
  const chunks = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader(), all = [];
  for (let n = 0; ;) {
    const { value, done } = await chunks.read();
    if (done) return new Uint8Array(await new Blob(all).arrayBuffer());
    if ((n += value.length) > MAX_PLAIN) throw new Error("too large");
    all.push(value);
  }
}

/**
 * Shows the link: of the whole input or, if that is too long, of the packet and its request.
 * @param {Pick<import("./source.js").Source, "input" | "file">} source @param {Doc} all @param {Frame} frame @param {[number, number] | null} range
 */
export async function share(source, all, frame, range) {
  const { what, format = "" } = source.input, { side, key, version } = frame, chosen = { side, key, version };
  const as = frame.flags & FRAME.CHOSEN ? chosen : null;
  const whole = typeof what === "string" || what.size < 32 * MAX_LINK;
  let link = whole ? await linkOf(what, { range, as, format }) : "", told = "The link holds all that is shown here.";
  if (!whole || link.length > MAX_LINK) {
    const request = side === 1 && frame.pair >= 0 ? [all.frame(frame.pair)] : [];
    const move = (request[0]?.len ?? 0) - frame.off;
    link = await linkOf(new Blob([...request, frame].map((f) => bytesOf(all, f))), {
      range: range && [range[0] + move, range[1] + move], as: frame.flags & FRAME.PAIRED && !request.length ? chosen : as,
    });
    told = request.length ? "The link holds this packet and its request." : "The link holds this packet alone.";
  }
  const fits = link.length <= MAX_LINK, field = $("share-link");
  $("share-told").textContent = fits ? told : `This packet is too long for a link, which would have ${size(link.length)}. Download it instead.`;
  $("share-row").hidden = !fits;
  field.value = link;
  const copy = $("share-copy");
  copy.textContent = "Copy";
  copy.onclick = () => navigator.clipboard.writeText(link).then(() => { copy.textContent = "Copied"; }, () => field.select());
  offer($("download"), "this packet", frame.title, bytesOf(all, frame));
  $("download-all").hidden = all.count < 2 || !!source.file;
  offer($("download-all"), `all ${all.count}`, "packets", all.bytes);
  $("share").showModal();
  field.select();
}

/** @param {HTMLElement} button @param {string} what @param {string} name @param {Uint8Array} bytes */
function offer(button, what, name, bytes) {
  button.textContent = `Download ${what} (${size(bytes.length)})`;
  button.onclick = () => download(`${name.toLowerCase().replace(/\W+/g, "-")}.bin`, new Blob([/** @type {any} */ (bytes)]));
}
