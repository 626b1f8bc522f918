// Tabs that scroll sideways begin where the open one is seen.
for (const open of document.querySelectorAll(".tabs-line [aria-current]")) {
  const line = open.parentElement;
  line.scrollLeft = open.offsetLeft - line.offsetLeft - (line.clientWidth - open.offsetWidth) / 2;
}
