// Tokens, painted by the response mask and by how likely the policy found what it sampled.

/** Tokens that are drawn at once. */
const BATCH = 4000;

/** Probabilities below which a sampled token gets the next stronger colour. */
const DOUBTS = [0.9, 0.5, 0.1, 0.01];

/** Return the view of a rollout's tokens. */
function tokensView(tokens) {
  const sampled = tokens.mask.reduce((sum, one) => sum + one, 0);
  const told = el("p", { class: "told", role: "status" }, "Point at a token to see its number and log-probability.");
  const text = el("div", { class: "tokens", dir: "auto" });
  const start = el("button", { type: "button", class: "more" }, `Show the prompt's ${counted(tokens.prompt, "token")}`);
  start.addEventListener("click", () => {
    start.replaceWith(...spans(tokens, 0, tokens.prompt));
  });
  if (tokens.prompt) text.append(start);
  let drawn = tokens.prompt;
  const more = el("button", { type: "button", class: "more" }, "Show more tokens");
  const draw = () => {
    const end = Math.min(tokens.texts.length, drawn + BATCH);
    text.append(...spans(tokens, drawn, end));
    drawn = end;
    if (drawn >= tokens.texts.length) more.remove();
  };
  more.addEventListener("click", draw);
  text.addEventListener("pointerover", (event) => {
    const place = event.target.dataset?.token;
    if (place !== undefined) told.textContent = tokenWords(tokens, Number(place));
  });
  draw();
  return el("section", { "aria-label": "Tokens" }, el("p", {}, summaryOf(tokens, sampled)), legend(), told, text, drawn < tokens.texts.length ? more : "");
}

function summaryOf(tokens, sampled) {
  const rest = tokens.texts.length - tokens.prompt - sampled;
  const words = `${counted(tokens.prompt, "token")} of prompt, ${number(sampled)} sampled and trained on, ${number(rest)} others masked`;
  if (tokens.logprobs === null || !sampled) return words;
  const mean = tokens.logprobs.reduce((sum, one) => sum + one, 0) / sampled;
  return `${words}; mean log-probability of the sampled ${number(mean)}`;
}

function legend() {
  const names = ["p ≥ 0.9", "≥ 0.5", "≥ 0.1", "≥ 0.01", "< 0.01"];
  const levels = names.map((name, level) => el("span", { class: `token sampled doubt-${level}` }, name));
  return el("p", { class: "legend" }, el("span", { class: "token" }, "masked"), ...levels);
}

function spans(tokens, start, end) {
  const made = [];
  for (let place = start; place < end; place += 1) {
    const name = tokens.mask[place] ? `token sampled doubt-${doubt(tokens, place)}` : "token";
    made.push(el("span", { class: name, "data-token": place }, visible(tokens.texts[place])));
  }
  return made;
}

function doubt(tokens, place) {
  if (tokens.logprobs === null) return 0;
  const chance = Math.exp(tokens.logprobs[place]);
  return DOUBTS.filter((limit) => chance < limit).length;
}

function tokenWords(tokens, place) {
  const words = `token ${number(place)}, id ${tokens.ids[place]}`;
  if (!tokens.mask[place]) return `${words}: masked`;
  if (tokens.logprobs === null) return `${words}: sampled`;
  const value = tokens.logprobs[place];
  return `${words}: sampled, log-probability ${value.toFixed(4)} (${(100 * Math.exp(value)).toFixed(2)} %)`;
}
