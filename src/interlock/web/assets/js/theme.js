// Paper or ink. The server has written the person's choice on <html>; this only switches without a reload.
const redraw = () => document.dispatchEvent(new CustomEvent("interlock:redraw"));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (!button) return;
  event.preventDefault();
  const theme = button.dataset.themeChoice;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const other of document.querySelectorAll("[data-theme-choice]")) {
    other.setAttribute("aria-pressed", String(other.dataset.themeChoice === theme));
  }
  const form = button.form;
  const body = new FormData(form);
  body.set("theme", theme);
  fetch(form.action, { method: "POST", body, redirect: "manual" });
  redraw();
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
