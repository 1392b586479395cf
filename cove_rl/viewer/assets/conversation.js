// One conversation: what was said, and beside it what was wanted, what was met and what changed.

/** Return a conversation's view. */
function conversationView(detail, card, back) {
  const faults = detail.faults ?? [];
  const chat = el("section", { class: "chat", "aria-label": "Messages" }, ...detail.turns.map((turn, place) => turnView(turn, detail, faults, detail.turns[place - 1])));
  const heading = el(
    "header",
    {},
    el("button", { type: "button", class: "back", onclick: back }, "← List"),
    mark(card.success),
    el("h2", { dir: "auto" }, visible(detail.title)),
    el("p", { class: "about" }, visible(detail.outcome ?? "")),
    ...(detail.notes ?? []).map((note) => el("p", { class: "note" }, visible(note))),
  );
  const body = el("div", { class: "body" }, detail.tokens ? tabs(chat, detail.tokens) : chat, aside(detail));
  return [heading, body];
}

function tabs(chat, tokens) {
  const panel = el("div", { role: "tabpanel", id: "panel" }, chat);
  let painted = null;
  const buttons = ["Messages", "Tokens"].map((name) => el("button", { type: "button", role: "tab", "aria-controls": "panel" }, name));
  const show = (which) => {
    buttons.forEach((one, place) => one.setAttribute("aria-selected", String(place === which)));
    painted ??= which ? tokensView(tokens) : null;
    panel.replaceChildren(which ? painted : chat);
  };
  buttons.forEach((one, place) => one.addEventListener("click", () => show(place)));
  show(0);
  return el("div", {}, el("div", { role: "tablist", "aria-label": "View" }, ...buttons), panel);
}

function turnView(turn, detail, faults, before) {
  const here = faults.filter((one) => one.message === turn.message);
  return el(
    "div",
    { class: `turn ${turn.role}`, id: `message-${turn.message}` },
    before?.role === turn.role ? "" : el("span", { class: "who" }, turn.role === "user" ? "customer" : turn.role === "assistant" ? "agent" : turn.role),
    turn.text ? passage("div", "bubble", turn.text) : "",
    ...(turn.calls ?? []).map((call) => callView(call, detail)),
    ...here.map(faultView),
  );
}

function callView(call, detail) {
  const badges = [
    call.kind && badge(call.kind, call.kind),
    call.requestor === "user" && badge("by the customer", "read"),
    call.failed && badge("failed", "bad"),
    call.redundant && badge("redundant", "bad"),
    ...(call.meets ?? []).map((place) => badge(`✓ ${place + 1}`, "good", `satisfies check ${place + 1}: ${detail.checks[place].kind}`)),
  ];
  const name = call.name || "a call that could not be read";
  return el(
    "details",
    { class: `call${call.failed ? " failed" : ""}${call.redundant ? " redundant" : ""}`, id: `call-${call.number}` },
    el("summary", {}, el("span", { class: "number" }, `${call.number}`), el("code", {}, visible(name)), ...badges),
    call.redundant ? el("p", { class: "why" }, visible(call.redundant)) : "",
    passage("pre", "arguments", call.arguments),
    call.result === undefined || call.result === null ? el("p", { class: "note" }, "no result was recorded") : passage("pre", "result", call.result),
  );
}

function badge(words, kind, title) {
  return el("span", { class: `badge ${kind}`, title }, words);
}

function faultView(fault) {
  const sure = fault.certain === false ? "suspected: " : "";
  return el(
    "div",
    { class: `fault${sure ? " suspected" : ""}`, role: "note" },
    el("strong", {}, `${sure}${fault.kind}`),
    ` the customer ${fault.meaning}. `,
    passage("span", "", fault.detail),
  );
}

function aside(detail) {
  return el(
    "aside",
    { "aria-label": "What was wanted, and what came of it" },
    section("Checklist", "checks", checklist(detail.checks ?? [])),
    section("Redundant writes", "redundant", redundant(detail)),
    section("Audit", "audit", audit(detail.faults ?? [])),
    section("Changes of the world", "changes", changes(detail.changes)),
    section("Figures", "figures", figures(detail.parts ?? [])),
    section("The customer's brief", "brief", brief(detail.brief ?? [])),
  );
}

function section(title, name, content) {
  return content && el("details", { class: "section", id: `section-${name}`, open: name !== "brief" }, el("summary", {}, title), content);
}

function checklist(checks) {
  if (!checks.length) return null;
  return el(
    "ol",
    { class: "checks" },
    ...checks.map((check) =>
      el(
        "li",
        { class: check.met === null ? "open" : check.met ? "good" : "bad" },
        mark(check.met),
        el("strong", {}, visible(check.kind)),
        passage("p", "", check.reason),
        ...(check.calls ?? []).map(toCall),
      ),
    ),
  );
}

function redundant(detail) {
  const calls = detail.turns.flatMap((turn) => turn.calls ?? []).filter((call) => call.redundant);
  return calls.length ? el("ul", {}, ...calls.map((call) => el("li", {}, toCall(call.number), ` ${visible(call.name)}: ${visible(call.redundant)}`))) : null;
}

function audit(faults) {
  const item = (fault) =>
    el("li", {}, el("button", { type: "button", class: "jump", onclick: () => jump(`message-${fault.message}`) }, `message ${fault.message}`), ` ${fault.certain === false ? "suspected: " : ""}${fault.kind}`);
  return faults.length ? el("ul", {}, ...faults.map(item)) : null;
}

function changes(records) {
  if (!records) return null;
  if (!records.length) return el("p", {}, "Nothing was changed.");
  return el(
    "div",
    {},
    ...records.map((record) =>
      el(
        "details",
        { class: "record", open: !record.new },
        el("summary", {}, `${record.new ? "new " : ""}${record.table} `, el("code", {}, visible(record.key))),
        el("dl", {}, ...record.fields.flatMap((one) => [el("dt", {}, visible(one.path)), el("dd", {}, value("del", one.before), value("ins", one.after))])),
      ),
    ),
  );
}

function value(tag, json) {
  return json === null ? "" : passage(tag, "", json);
}

function figures(parts) {
  if (!parts.length) return null;
  const text = (part) => (typeof part.value === "number" ? number(part.value) : visible(part.value));
  return el("dl", { class: "figures" }, ...parts.flatMap((part) => [el("dt", {}, visible(part.name)), el("dd", {}, text(part))]));
}

function brief(lines) {
  return lines.length ? el("ul", {}, ...lines.map((line) => el("li", { dir: "auto" }, visible(line)))) : null;
}

/** Return a button that brings a call into view, unfolded. */
function toCall(place) {
  return el("button", { type: "button", class: "jump", onclick: () => jump(`call-${place}`) }, `call ${place}`);
}

function jump(id) {
  const target = document.getElementById(id);
  if (!target) return;
  if (target.localName === "details") target.open = true;
  target.scrollIntoView({ block: "center" });
  target.classList.remove("flash");
  void target.offsetWidth; // so that the animation starts anew
  target.classList.add("flash");
}
