// Messages leave by themselves: 10 seconds with a way back, 6 without. Hovering or focus holds them.
function leave(line) {
  const seconds = line.querySelector("a, button, form") ? 10 : 6;
  let left = seconds * 1000;
  let last = performance.now();
  const tick = (now) => {
    if (!line.isConnected) return;
    if (!line.matches(":hover, :focus-within")) left -= now - last;
    last = now;
    if (left > 0) setTimeout(() => requestAnimationFrame(tick), 200);
    else line.remove();
  };
  requestAnimationFrame(tick);
}

function watch() {
  for (const line of document.querySelectorAll(".said [data-leaves]:not([data-watched])")) {
    line.dataset.watched = "";
    leave(line);
  }
}

watch();
document.addEventListener("htmx:afterSettle", watch);
