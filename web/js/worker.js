// @ts-check
// Runs the engine beside the page, for what may take a while.
import { Machine, programs } from "./machine.js";

let machine = new Machine();

onmessage = async ({ data }) => {
  if (data.programs) { // begin, or begin again
    Object.assign(programs, data.programs);
    machine = new Machine();
    return;
  }
  try {
    const reply = await machine.answer(data);
    postMessage(reply, { transfer: [reply.answer, ...(reply.bytes ? [reply.bytes] : [])] });
  } catch (err) {
    postMessage({ error: String(/** @type {Error} */ (err)?.message ?? err) });
  }
};
