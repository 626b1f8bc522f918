// Small helps for forms: a busy button, a filter that applies itself, a file that is dropped, a closed menu.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || !button.classList.contains("btn")) return;
  button.setAttribute("aria-busy", "true");
  addEventListener("pageshow", () => button.removeAttribute("aria-busy"), { once: true });
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && form.matches("[data-applies]") && event.target.matches("select, input[type=checkbox], input[type=date]")) form.requestSubmit();
  if (event.target.matches(".drop input[type=file]")) {
    const say = event.target.closest(".drop").querySelector("[data-chosen]");
    if (say) say.textContent = [...event.target.files].map((file) => file.name).join(", ");
    if (form.matches("[data-sends]") && event.target.files.length) form.requestSubmit();
  }
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.(".drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop") return;
    const input = drop.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.person-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.person-menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

// htmx: the server's answer to a wrong form (422) is shown like any other; a failed call says so aloud.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
document.addEventListener("htmx:sendError", () => {
  const said = document.querySelector(".said");
  if (!said || said.querySelector("[data-offline]")) return;
  const line = document.createElement("p");
  line.className = "undo bad";
  line.dataset.offline = "";
  line.setAttribute("role", "status");
  line.textContent = said.dataset.offline;
  said.append(line);
});
