// "/" searches, "g" and a door's letter goes there, "?" lists the keys, and a letter alone presses or begins to write
// in what is marked with it (data-press), where Ctrl and Enter send. A person can switch them off.
let waiting = 0;

const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

function go(letter) {
  const door = document.querySelector(`a[data-key="${CSS.escape(letter)}"]`);
  if (door) door.click();
}

function press(letter) {
  const found = document.querySelector(`[data-press="${CSS.escape(letter)}"]`);
  if (found?.matches("textarea")) found.focus();
  else found?.click();
  return Boolean(found);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("textarea[data-press]")?.form.requestSubmit();
  if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (Date.now() - waiting < 1500) {
    waiting = 0;
    go(event.key);
  } else if (event.key === "g") {
    waiting = Date.now();
  } else if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector("main input[type=search]");
    if (field) field.focus();
    else document.querySelector("a[data-search]")?.click();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (press(event.key)) {
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]")) document.getElementById("keys")?.showModal();
});
