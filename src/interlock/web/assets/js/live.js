// What is new reaches an open page. Regions marked data-live load themselves again; lists marked data-news
// only say how much came, so that no row moves under the reader's hands. docs/web.md says how to mark them.
// Scripts of one page hear each event as "heard" on the document.
const { stream: address, streamAgain, streamTopics } = document.body.dataset;
const topics = (streamTopics || "").split(" ");
const LONGEST_WAIT = 60000;
const HIDDEN_FOR = 60000;
const REGION_EVERY = 2000;

let stream = null;
let last = "";
let failures = 0;
let hiddenTimer = 0;
let flushTimer = 0;
const stale = new Set();

function open(where) {
  const url = new URL(where, location.href);
  if (last) url.searchParams.set("after", last);
  stream = new EventSource(url);
  for (const topic of topics) stream.addEventListener(topic, hear);
  stream.addEventListener("reload", missed);
  stream.addEventListener("closed", ended);
  stream.addEventListener("open", () => { failures = 0; });
  stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) again(); });
}

function close() {
  stream?.close();
  stream = null;
}

// A pass is good for ten minutes: whoever comes back asks for a new one, later each time nobody answers.
function again() {
  close();
  const wait = failures ? Math.min(LONGEST_WAIT, 1000 * 2 ** failures) * (0.5 + Math.random() / 2) : 0;
  failures += 1;
  setTimeout(async () => {
    if (stream || document.hidden) return;
    try {
      const answer = await fetch(streamAgain, { headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.status === 403) return;
      const { address: fresh } = await answer.json();
      if (fresh && !stream) open(fresh);
    } catch {
      again();
    }
  }, wait);
}

function ended(event) {
  const { why } = JSON.parse(event.data);
  close();
  if (why === "renew") again();
}

function hear(event) {
  last = event.lastEventId;
  const told = JSON.parse(event.data);
  for (const line of document.querySelectorAll(`[data-news~="${event.type}"]`)) {
    if (!line.dataset.verb || line.dataset.verb === told.verb) announce(line, told.n);
  }
  refresh(event.type);
  document.dispatchEvent(new CustomEvent("heard", { detail: { topic: event.type, ...told } }));
}

function missed(event) {
  last = event.lastEventId;
  for (const line of document.querySelectorAll("[data-news]")) announce(line, 0);
  topics.forEach(refresh);
  document.dispatchEvent(new CustomEvent("heard", { detail: { topic: "", verb: "missed", keys: [] } }));
}

function announce(line, more) {
  const count = Number(line.dataset.count || 0) + more;
  line.dataset.count = count;
  const words = count === 1 ? line.dataset.one : line.dataset.many.replace("{n} ", count ? `${count} ` : "");
  const link = document.createElement("a");
  link.className = "go";
  link.href = line.dataset.href || location.href;
  link.textContent = words;
  line.replaceChildren(link);
}

function refresh(topic) {
  for (const region of document.querySelectorAll(`[data-live~="${topic}"]`)) stale.add(`#${region.id}`);
  flushTimer ||= setTimeout(flush, REGION_EVERY / 4);
}

// A region in which somebody types, or has opened something, waits until they are done.
function isInUse(region) {
  return region.matches(":focus-within") || region.querySelector("details[open], dialog[open]");
}

function flush() {
  flushTimer = 0;
  for (const name of stale) {
    const region = document.querySelector(name);
    if (region && isInUse(region)) continue;
    stale.delete(name);
    if (region) htmx.trigger(region, "live");
  }
  if (stale.size) flushTimer = setTimeout(flush, REGION_EVERY);
}

function seen() {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(close, HIDDEN_FOR);
  else if (!stream) { failures = 0; again(); }
}

if (address && window.EventSource) {
  open(address);
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) seen(); });
}
