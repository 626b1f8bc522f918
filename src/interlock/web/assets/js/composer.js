// The composer of a conversation: keeps the draft, answers and quotes lines, takes pictures. All of it works by
// links and forms as well; here it happens without leaving the page. "r" answers, "q" quotes, "e" corrects.
const SAVE_EVERY = 5000;
let saved = "";
let timer = 0;

const composer = () => document.querySelector("form.composer");
const field = () => composer()?.querySelector("textarea[name=body]");
const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

function draft() {
  timer = 0;
  const form = composer();
  if (!form) return;
  const content = new FormData(form);
  for (const name of ["picture", "reply_to", "kind"]) content.delete(name);
  const now = `${content.get("audience")}\n${content.get("body")}`;
  if (now === saved) return;
  saved = now;
  fetch(form.dataset.draft, { method: "POST", body: content, keepalive: true }).catch(() => { saved = ""; });
}

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  if (!saved) draft();
  else timer ||= setTimeout(draft, SAVE_EVERY);
});
document.addEventListener("visibilitychange", () => { if (document.hidden && timer) { clearTimeout(timer); draft(); } });
document.addEventListener("submit", (event) => {
  if (event.target === composer()) { clearTimeout(timer); timer = 0; saved = ""; }
});

function insert(text) {
  const place = field();
  place.setRangeText(text, place.selectionStart, place.selectionEnd, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
}

function answer(line) {
  const place = composer()?.querySelector("[data-answering]");
  if (!place || !line) return;
  place.hidden = false;
  place.querySelector("input").value = line.dataset.line;
  place.querySelector("[data-answered]").textContent = line.dataset.author;
  field().focus();
}

function quote(line) {
  const words = line?.querySelector(".words");
  if (!words || !field()) return;
  const marked = getSelection();
  const text = !marked.isCollapsed && words.contains(marked.anchorNode) ? marked.toString() : words.innerText;
  const rows = text.trim().split("\n").map((row) => `> ${row}`.trimEnd()).join("\n");
  const name = line.dataset.author.replace(/[\\[\]]/g, "\\$&");
  insert(`${rows}\n>\n> [${name}](#message-${line.dataset.line})\n\n`);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-answer], [data-quote], [data-not-answering]");
  if (!link || !composer() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const line = link.closest("[data-line]");
  if (link.matches("[data-answer]")) answer(line);
  else if (link.matches("[data-quote]")) quote(line);
  else { link.parentElement.hidden = true; link.parentElement.querySelector("input").value = ""; }
});

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!composer() || typing(event.target) || document.querySelector("dialog[open]")) return;
  const lines = [...document.querySelectorAll("[data-line]")];
  const line = document.activeElement.closest("[data-line]") || lines.at(-1);
  if (event.key === "r") answer(line);
  else if (event.key === "q") quote(line);
  else if (event.key === "e") {
    const form = (line?.matches(":focus-within") ? line : lines.findLast((each) => each.querySelector("[data-edit]")))?.querySelector("[data-edit]");
    if (!form) return;
    form.open = true;
    form.querySelector("textarea").focus();
  } else return;
  event.preventDefault();
});

async function bring(files) {
  for (const file of [...files].filter((each) => each.type.startsWith("image/"))) {
    const content = new FormData();
    content.set("picture", file);
    content.set("csrfmiddlewaretoken", composer().querySelector("[name=csrfmiddlewaretoken]").value);
    const answered = await fetch(composer().dataset.pictures, { method: "POST", body: content });
    const { text, refused } = await answered.json();
    if (text) insert(text);
    else composer().querySelector("[data-writing]").textContent = refused;
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.matches(".composer input[name=picture]")) return;
  bring(event.target.files);
  event.target.value = "";
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest?.(".composer") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop") bring(event.dataTransfer.files);
  });
}
document.addEventListener("paste", (event) => {
  if (event.target !== field() || !event.clipboardData?.files.length) return;
  event.preventDefault();
  bring(event.clipboardData.files);
});
