// Where conversations come from: a server on this machine, or compressed chunks in the page itself.

/** Chunks that stay open: neighbours are often read one after the other. */
const OPEN_CHUNKS = 4;

/** Ask the server the page came from. */
function servedStore() {
  const ask = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  return {
    cards: () => ask("cards"),
    detail: (place) => ask(`detail/${place}`),
    search: async (text) => new Set(await ask(`search?q=${encodeURIComponent(text)}`)),
  };
}

/** Open the page's own blocks. */
function heldStore() {
  const open = new Map();
  let size = 1;
  let count = 0;
  const chunk = (place) => {
    const found = open.get(place) ?? unpacked(`chunk-${place}`);
    open.delete(place);
    open.set(place, found); // the last used is the last in order
    if (open.size > OPEN_CHUNKS) open.delete(open.keys().next().value);
    return found;
  };
  return {
    cards: async () => {
      const found = await unpacked("cards");
      size = found.chunk;
      count = found.rows.length;
      return found;
    },
    detail: async (place) => (await chunk(Math.floor(place / size)))[place % size],
    search: async (text, isWanted) => {
      const wanted = text.toLowerCase();
      const found = new Set();
      for (let start = 0; start < count && isWanted(); start += size) {
        const details = await unpacked(`chunk-${start / size}`);
        details.forEach((one, offset) => {
          if (textsOf(one).some((part) => part.toLowerCase().includes(wanted))) found.add(start + offset);
        });
      }
      return found;
    },
  };
}

/** Return what a block holds. The page may still be loading: a block is whole when something follows it. */
async function unpacked(id) {
  let block = document.getElementById(id);
  while (!(block && (block.nextElementSibling || document.readyState !== "loading"))) {
    if (document.readyState !== "loading") throw new Error(`the page is incomplete: ${id} is missing`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    block = document.getElementById(id);
  }
  const bytes = Uint8Array.from(atob(block.textContent), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/** Return everything in a conversation that a search looks at. */
function textsOf(detail) {
  const texts = [detail.title, ...(detail.brief ?? []), ...(detail.checks ?? []).map((one) => one.reason)];
  for (const turn of detail.turns) {
    texts.push(turn.text ?? "");
    for (const call of turn.calls ?? []) texts.push(call.name, call.arguments, call.result ?? "");
  }
  return texts;
}
