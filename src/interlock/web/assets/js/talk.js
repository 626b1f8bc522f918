// An open conversation: lines of others arrive at the end, changed ones are shown anew, and who writes is said.
// The stream only says that there is something; each part is asked for, so that access is asked for again.
const WRITING_FOR = 7000;
// As many lines as one part brings at the most.
const MOST_ARRIVED = 50;
const writing = new Map();
let asking = false;
let more = false;

const talk = () => document.querySelector("[data-talk]");
const part = (url, target, swap) => htmx.ajax("GET", url, { target, swap });

const shown = () => [...document.querySelectorAll("#lines [data-line], #lines ~ [data-line]")].map((line) => Number(line.dataset.line));
const newest = () => Math.max(Number(document.getElementById("arrivals").dataset.newest), ...shown());

async function arrive() {
  const arrivals = document.getElementById("arrivals");
  if (!arrivals) return;
  if (asking) { more = true; return; }
  asking = true;
  const after = newest();
  try {
    await part(`${arrivals.dataset.arrived}?after=${after}`, "#arrivals", "beforebegin");
    if (shown().filter((key) => key > after).length >= MOST_ARRIVED) more = true;
  } finally {
    asking = false;
  }
  if (more) { more = false; arrive(); }
}

// A line in which somebody writes or has opened something stays as it is until they are done.
const inUse = (line) => line.contains(document.activeElement) && line !== document.activeElement || line.querySelector("details[open]");

function change(key) {
  const line = document.getElementById(`message-${key}`);
  if (!line) { arriveOne(key); return; }
  if (inUse(line)) setTimeout(() => change(key), 2000);
  else part(`/messages/${key}/`, line, "outerHTML").catch(() => line.remove());
}

// A line that was let to more readers arrives; one of an earlier page does not.
function arriveOne(key) {
  const arrivals = document.getElementById("arrivals");
  if (arrivals && Number(key) >= Number(arrivals.dataset.earlier)) part(`/messages/${key}/`, "#arrivals", "beforebegin").catch(() => {});
}

async function beside() {
  if (!talk() || document.querySelector("#exhibits details[open], #choices details[open], #decided form:focus-within, #beside form:focus-within")) return;
  const answer = await fetch(location.pathname);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["standing", "exhibits", "choices", "decided", "beside"]) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id)?.replaceWith(document.importNode(fresh, true));
  }
  document.dispatchEvent(new Event("interlock:arrived"));
}

function say() {
  const place = document.querySelector("[data-writing]");
  if (!place) return;
  const names = Object.fromEntries(place.dataset.names?.split("|").filter(Boolean).map((each) => each.split(/:(.*)/s)) || []);
  const words = [...writing.keys()].map((key) => place.dataset.one.replace("{name}", names[key] || place.dataset.somebody));
  if (place.textContent !== words.join(". ")) place.textContent = words.join(". ");
}

function write(key) {
  if (key === talk().dataset.me) return;
  clearTimeout(writing.get(key));
  writing.set(key, setTimeout(() => { writing.delete(key); say(); }, WRITING_FOR));
  say();
}

function stopped() {
  writing.forEach(clearTimeout);
  writing.clear();
  say();
}

document.addEventListener("heard", ({ detail }) => {
  const here = talk();
  if (!here || (detail.topic && !detail.topic.startsWith(`talk-${here.dataset.talk}-`))) return;
  const [key] = detail.keys || [];
  if (detail.verb === "writing") write(key);
  else if (detail.verb === "changed") change(key);
  else if (detail.verb === "gone") document.getElementById(`message-${key}`)?.remove();
  else if (detail.verb === "talk") beside();
  else { stopped(); arrive(); }
  if (detail.verb === "line") beside();
});
