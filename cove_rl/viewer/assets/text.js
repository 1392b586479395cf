// Elements and text. Whatever comes from a conversation becomes text, never markup.

/** Characters that nobody sees but that change what is seen: controls, and marks of the direction of writing. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** Characters of a text that are shown at first. */
const CLIP = 4000;

/** Return a text in which every unseen character has a name. */
function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(UNSEEN, (one) => {
    const code = one.codePointAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
  });
}

/** Return an element; attributes are set as they are, `on…` ones listen, children are nodes or texts. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return made;
}

/** Return an element that shows a text, the beginning of it if it is long, and the rest on demand. */
function passage(tag, className, text) {
  const made = el(tag, { class: className, dir: "auto" });
  if (text.length <= CLIP * 1.25) {
    made.textContent = visible(text);
    return made;
  }
  // a pair of code units that make up one character is not torn
  const end = /[\ud800-\udbff]/.test(text[CLIP - 1]) ? CLIP - 1 : CLIP;
  made.textContent = visible(text.slice(0, end)) + " …";
  const more = el("button", { type: "button", class: "more" }, `Show all ${number(text.length)} characters`);
  more.addEventListener("click", () => {
    made.textContent = visible(text);
    more.remove();
  });
  return el("div", { class: "clipped" }, made, more);
}

/** Return a number as a person reads it. */
function number(value) {
  if (!Number.isFinite(value)) return String(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Math.round(value * 1e4) / 1e4);
}

/** Return a count with its noun. */
function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}
