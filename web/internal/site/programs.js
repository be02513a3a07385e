// What js/files.js is in the worker of the page that is one file: programs are
// packed, as base64.
export const load = async (name) => {
  const packed = Uint8Array.from(atob(programs[name]), (c) => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
};
