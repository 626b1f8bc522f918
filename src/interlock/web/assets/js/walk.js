// "j" and "k" walk the rows of a table marked data-walk, Enter opens the row's link, as it does on any link.
const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

document.addEventListener("keydown", (event) => {
  if (event.key !== "j" && event.key !== "k") return;
  if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const links = [...document.querySelectorAll("[data-walk] tbody tr a[href]:first-of-type")].filter(
    (link) => link === link.closest("tr").querySelector("a[href]"),
  );
  if (!links.length) return;
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = here + (event.key === "j" ? 1 : -1);
  const link = links[here < 0 ? 0 : Math.min(Math.max(next, 0), links.length - 1)];
  link.focus();
  link.scrollIntoView({ block: "nearest" });
});
