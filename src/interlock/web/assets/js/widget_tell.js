// The widget's form. Whatever goes wrong, the typed words stay where they are.
import { ask, chosen, link, make } from "./widget_dom.js";

function field(words, name, help, input) {
  input.id = input.name = name;
  input.setAttribute("aria-describedby", `${name}-wrong ${name}-help`);
  return make("div", {}, make("label", { for: name }, words), input,
    make("p", { id: `${name}-wrong`, class: "wrong", hidden: true }),
    make("p", { id: `${name}-help`, class: "note", hidden: !help }, help));
}

function kinds(panel, board) {
  const boxes = board.kinds.map(([code, words], place) =>
    make("label", {}, make("input", { type: "radio", name: "kind", value: code, checked: place === 0 }), words));
  return make("fieldset", {}, make("legend", {}, panel.words.kind), ...boxes);
}

function boardChoice(panel, boards, changed) {
  const options = boards.map((one) => make("option", { value: one.key }, one.name));
  const select = make("select", { onchange: () => changed(boards[select.selectedIndex]) }, ...options);
  const made = field(panel.words.board, "board", "", select);
  made.hidden = boards.length < 2;
  return made;
}

function fields(panel, boards) {
  const words = panel.words;
  const change = (board) => form.querySelector("fieldset").replaceWith(kinds(panel, board));
  const form = make("form", { novalidate: true },
    boardChoice(panel, boards, change),
    kinds(panel, boards[0]),
    field(words.words, "words", "", make("textarea", { rows: 5, maxlength: 10000, required: true })),
    !chosen.token && field(words.name, "name", words.name_help, make("input", { autocomplete: "name", maxlength: 60 })),
    !chosen.token && field(words.address, "address", words.address_help,
      make("input", { type: "email", autocomplete: "email", maxlength: 200 })),
    make("div", {}, make("button", { class: "main" }, words.send)),
    make("p", { class: "note" }, link(panel.pages.kept, words.kept)));
  return form;
}

function showErrors(form, errors) {
  for (const wrong of form.querySelectorAll(".wrong")) {
    const name = wrong.id.replace("-wrong", "");
    wrong.textContent = errors[name] || "";
    wrong.hidden = !errors[name];
    form.elements[name].setAttribute("aria-invalid", String(Boolean(errors[name])));
  }
}

export function tell(panel) {
  const words = panel.words;
  const boards = panel.boards.filter((one) => !chosen.board || one.key === chosen.board);
  if (!boards.length) return make("section", {}, make("p", {}, words.not_open));
  const form = fields(panel, boards);
  const said = make("p", { role: "status", tabindex: "-1" });
  const another = make("button", { type: "button", hidden: true, onclick: again }, words.another);

  function again() {
    said.replaceChildren();
    form.hidden = false;
    another.hidden = true;
    form.elements.words.focus();
  }

  function finish(answer) {
    showErrors(form, answer.errors || {});
    const plain = answer.ok || answer.errors ? "" : link(panel.pages.tell, panel.title);
    const way = answer.url ? link(answer.url, words.whole) : plain;
    said.replaceChildren(answer.said || words.unreached, " ", way);
    said.className = answer.ok ? "" : "wrong";
    form.hidden = answer.ok;
    another.hidden = !answer.ok;
    if (answer.ok) form.elements.words.value = "";
    (form.querySelector('[aria-invalid="true"]') || said).focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const press = form.querySelector(".main");
    if (press.getAttribute("aria-busy")) return;
    press.setAttribute("aria-busy", "true");
    const body = { ...Object.fromEntries(new FormData(form)), ...(chosen.token && { token: chosen.token }) };
    finish("preview" in chosen ? { ok: true, said: words.preview } : await ask("", body));
    press.removeAttribute("aria-busy");
  });
  return make("section", {}, said, form, another);
}
