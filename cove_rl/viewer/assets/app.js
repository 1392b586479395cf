// The page: reads the list, shows what is chosen, and hears the keyboard.

const byId = (id) => document.getElementById(id);
const store = byId("cards") ? heldStore() : servedStore();
const reading = byId("reading");
const list = new List(byId("list"), byId("rows"), choose);
let asked = 0; // the number of the last request for a conversation: answers to earlier ones come too late
let sought = 0;

/** Show a conversation once nobody has moved on for a moment. */
async function choose(card) {
  const mine = (asked += 1);
  history.replaceState(null, "", `#${card.number + 1}`);
  await new Promise((resolve) => setTimeout(resolve, 40));
  if (mine !== asked) return;
  document.body.classList.add("open");
  try {
    const detail = await store.detail(card.number);
    if (mine !== asked) return;
    reading.replaceChildren(...conversationView(detail, card, leave));
  } catch (fault) {
    if (mine === asked) reading.replaceChildren(el("p", { class: "note", role: "alert" }, visible(String(fault.message ?? fault))));
  }
  reading.scrollTop = 0;
  reading.dataset.shown = card.number;
}

/** Go back to the list, which on a small screen the conversation covers. */
function leave() {
  document.body.classList.remove("open");
  byId("list").focus();
}

/** Say how many conversations are shown. */
function tell() {
  const [shown, all] = [list.shown.length, list.cards.length];
  byId("status").textContent = shown === all ? counted(all, "conversation") : `${number(shown)} of ${counted(all, "conversation")}`;
  byId("active").textContent = list.wanted.size ? `(${list.wanted.size})` : "";
}

function narrow() {
  list.apply();
  tell();
}

/** Search once nobody has typed for a moment. */
async function seek() {
  const mine = (sought += 1);
  const text = byId("search").value;
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (mine !== sought) return;
  if (text) byId("status").textContent = "searching …";
  try {
    const hits = text ? await store.search(text, () => mine === sought) : null;
    if (mine !== sought) return;
    list.hits = hits;
    narrow();
  } catch (fault) {
    byId("status").textContent = visible(String(fault.message ?? fault));
  }
}

/** Fold all calls if one is unfolded, else unfold them. */
function fold() {
  const calls = [...reading.querySelectorAll("details.call")];
  const open = !calls.some((one) => one.open);
  calls.forEach((one) => (one.open = open));
}

function remembered(value) {
  try {
    if (value !== undefined) localStorage.setItem("cove-theme", value);
    return localStorage.getItem("cove-theme");
  } catch {
    return null; // pages without a place of their own may not remember anything
  }
}

function turnTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  remembered(document.documentElement.dataset.theme);
}

/** Show the report, if the page has one, or the conversations. */
function report(shown) {
  document.body.classList.toggle("reporting", shown && byId("report") !== null);
}

/** Show the conversation whose number the address has, whatever the list is narrowed to. */
function follow() {
  const wanted = Number(location.hash.slice(1)) - 1;
  const card = list.cards[wanted];
  if (!card) return;
  report(false);
  if (list.shown.includes(card)) list.select(wanted);
  else choose(card);
}

function openHelp() {
  byId("help").showModal();
}

function enter() {
  if (!list.current) list.move(1);
  document.body.classList.add("open");
  reading.focus();
}

const KEYS = {
  j: () => list.move(1),
  k: () => list.move(-1),
  ArrowDown: () => list.move(1),
  ArrowUp: () => list.move(-1),
  PageDown: () => list.move(10),
  PageUp: () => list.move(-10),
  Home: () => list.move(-Infinity),
  End: () => list.move(Infinity),
  Enter: enter,
  Escape: leave,
  f: fold,
  r: () => report(!document.body.classList.contains("reporting")),
  t: turnTheme,
  "/": () => byId("search").focus(),
  "?": openHelp,
};

/** Keys that only steer the list while no conversation is being read: there they scroll. */
const SCROLLING = new Set(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"]);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const at = event.target;
  if (at.matches("input, select")) {
    if (event.key === "Escape" || (event.key === "Enter" && at.id === "search")) byId("list").focus();
    return;
  }
  if (event.key === "Enter" && at.matches("button, summary")) return;
  if (SCROLLING.has(event.key) && reading.contains(at)) return;
  const act = KEYS[event.key];
  if (!act || (document.body.classList.contains("reporting") && !"rt?".includes(event.key))) return;
  event.preventDefault();
  act();
});

byId("theme").addEventListener("click", turnTheme);
byId("ask").addEventListener("click", openHelp);
byId("search").addEventListener("input", seek);
byId("figures").addEventListener("click", KEYS.r);
byId("report")?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  history.replaceState(null, "", link.hash);
  follow();
});
window.addEventListener("hashchange", follow);

async function begin() {
  const theme = remembered();
  if (theme) document.documentElement.dataset.theme = theme;
  try {
    list.fill(cardsOf(await store.cards()));
  } catch (fault) {
    byId("status").textContent = visible(String(fault.message ?? fault));
    return;
  }
  byId("facets").replaceChildren(...list.controls(narrow));
  byId("filters").open = matchMedia("(min-width: 60rem)").matches;
  tell();
  performance.mark("list");
  byId("list").focus({ preventScroll: true });
  byId("figures").hidden = byId("report") === null;
  report(true);
  follow();
}

begin();
