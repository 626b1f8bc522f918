// Feedback on any page of another site: a button that opens a panel. All of it lives in a shadow root, stores nothing,
// sends no cookie, and lets no error of ours reach the page around it.
import sheet from "../css/widget.css";
import { ask, chosen, home, link, make } from "./widget_dom.js";
import { tell } from "./widget_tell.js";

async function mine({ words, pages }) {
  const asked = chosen.token ? await ask("mine/", { token: chosen.token }) : {};
  if (!asked.ok) {
    return make("section", {}, asked.said && make("p", {}, asked.said), make("p", {}, link(pages.mine, words.sign_in)));
  }
  const thing = (one) => make("article", {},
    make("h3", {}, one.words),
    make("p", { class: "note" }, one.stands),
    one.wrote && make("p", {}, one.wrote),
    one.is_asked && make("p", {}, link(pages.mine, words.your_turn)),
    one.url && make("p", {}, link(one.url, words.whole)));
  return make("section", {}, make("p", {}, asked.headline), ...asked.things.map(thing));
}

function did({ words, pages, stories }) {
  const story = (one) => make("article", {},
    make("h3", {}, one.said), make("p", {}, one.did), make("p", { class: "note" }, one.verdict));
  const end = stories.length ? link(pages.did, words.all) : words.nothing_done;
  return make("section", {}, ...stories.map(story), make("p", {}, end));
}

const PARTS = { tell, mine, did };

function head(dialog, words, title, note) {
  return make("div", { class: "top" },
    make("div", {}, make("h2", { id: "title" }, title), note && make("p", { class: "note" }, note)),
    make("button", { type: "button", onclick: () => dialog.close() }, words));
}

// Before the first answer there are no words in the reader's language, so these are in English.
function unreached(dialog, said) {
  const plain = link(new URL("../tell/", home), home.host);
  const words = said || "We cannot be reached just now. Try again, or write to us here:";
  dialog.replaceChildren(head(dialog, "Close", "Feedback"), make("section", {}, make("p", { role: "alert" }, words, " ", plain)));
}

async function fill(dialog) {
  const panel = await ask("");
  if (!panel.ok) {
    unreached(dialog, panel.said);
    return false;
  }
  const shown = {}, tabs = {};
  async function show(name) {
    for (const one of Object.keys(PARTS)) tabs[one].setAttribute("aria-current", String(one === name));
    if (!shown[name] || name === "mine") {
      const made = await PARTS[name](panel);
      if (shown[name]) shown[name].remove();
      shown[name] = made;
      dialog.append(made);
    }
    for (const one of Object.keys(shown)) shown[one].hidden = tabs[one].getAttribute("aria-current") === "false";
  }
  for (const name of Object.keys(PARTS)) {
    tabs[name] = make("button", { type: "button", onclick: () => show(name) }, panel.words[name]);
  }
  dialog.lang = panel.language;
  dialog.dir = panel.direction;
  dialog.replaceChildren(head(dialog, panel.words.close, panel.title, panel.promise),
    make("nav", { "aria-label": panel.title }, ...Object.values(tabs)));
  await show("tell");
  return true;
}

function start() {
  if (document.querySelector("interlock-widget")) return;
  const label = chosen.label || "Feedback";
  const host = make("interlock-widget", { theme: chosen.theme || "", preview: "preview" in chosen, role: "region", "aria-label": label });
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(sheet);
  root.adoptedStyleSheets = [style]; // no content policy forbids it
  const dialog = make("dialog", { "aria-labelledby": "title" });
  let filled = false;
  async function open() {
    if (dialog.open || opener.getAttribute("aria-busy")) return;
    opener.setAttribute("aria-busy", "true");
    filled = filled || (await fill(dialog));
    opener.removeAttribute("aria-busy");
    dialog.showModal();
  }
  const place = chosen.side === "left" ? "open left" : "open";
  const opener = make("button", { type: "button", class: place, "aria-haspopup": "dialog", onclick: open }, label);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  root.append(opener, dialog);
  document.body.append(host);
}

// A browser too old for a shadow root, or a page that took its body away, goes on without a button.
function quietly() {
  try {
    start();
  } catch (error) {
    console.warn("Interlock widget:", error);
  }
}

if (document.body) quietly();
else addEventListener("DOMContentLoaded", quietly);
