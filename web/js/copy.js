// @ts-check
// What is shown, as text for other tools.
import { $, button, el, hexOf, panel } from "./dom.js";

const LITERAL_COLUMNS = 16;

/** @type {Record<string, (bytes: Uint8Array) => string>} */
const FORMS = {
  Hex: (b) => hexOf(b, ""),
  Go: (b) => `[]byte{\n${lines(b, (x) => `0x${x}`)},\n}`,
  Java: (b) => `new byte[] {\n${lines(b, (x) => (x > "7f" ? `(byte) 0x${x}` : `0x${x}`))}\n}`,
  Python: (b) => `b"${hexOf(b, "", "\\x")}"`,
};

/** @param {Uint8Array} bytes @param {(hex: string) => string} form */
function lines(bytes, form) {
  const all = hexOf(bytes).split(" ").filter(Boolean).map(form), out = [];
  while (all.length) out.push(`\t${all.splice(0, LITERAL_COLUMNS).join(", ")}`);
  return out.join(",\n");
}

/** A shell command that sends bytes; octal, which every printf knows. @param {Uint8Array} bytes */
const send = (bytes) => `printf '${Array.from(bytes, (b) => `\\${b.toString(8).padStart(3, "0")}`).join("")}' | nc localhost 9092`;

/**
 * @param {Uint8Array} packet @param {{name: string, value: string, path: string, bytes: Uint8Array}} field
 * @param {() => Promise<string>} json of the packet
 */
export function showCopy(packet, field, json) {
  const text = el("textarea", { readonly: "", rows: 5, "aria-label": "What was copied", spellcheck: false });
  const told = el("p", { role: "status" }, "Choose a form: it is copied and shown here.");
  /** @param {string} name @param {() => string | Promise<string>} make */
  const one = (name, make) => button(name, async () => {
    try {
      text.value = await make();
      await navigator.clipboard.writeText(text.value);
      told.textContent = `Copied: ${name}.`;
    } catch (err) {
      told.textContent = text.value ? "The browser keeps its clipboard closed. The text is selected: copy it with Ctrl+C." : `That did not work: ${/** @type {Error} */ (err).message}`;
      text.select();
    }
  });
  /** @param {string} title @param {Uint8Array} bytes @param {HTMLElement[]} more */
  const row = (title, bytes, ...more) => el("div", { class: "buttons", role: "group", "aria-label": title }, el("strong", {}, title),
    ...Object.entries(FORMS).map(([name, form]) => one(name, () => form(bytes))), ...more);
  panel("Copy", row("Packet", packet, one("JSON", json), one("nc line", () => send(packet))),
    row(field.name, field.bytes, one("Value", () => field.value), one("Path", () => field.path)), told, text);
  $("panel-body").querySelector("button")?.focus();
}
