// @ts-check
// Runs the engine beside the page, for what may take a while.
import { Machine, programs } from "./machine.js";

const machine = new Machine();

onmessage = async ({ data }) => {
  if (data.programs) return Object.assign(programs, data.programs);
  try {
    const reply = await machine.answer(data);
    postMessage(reply, { transfer: [reply.answer, ...(reply.bytes ? [reply.bytes] : [])] });
  } catch (err) {
    postMessage({ error: String(/** @type {Error} */ (err)?.message ?? err) });
  }
};
