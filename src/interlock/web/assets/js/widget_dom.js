// How the widget makes its elements and asks the server: no markup of texts, no cookie, no waiting for ever.
const loaded = document.currentScript || document.querySelector('script[src*="/community/widget.js"]');
// Of several tags the first on the page counts: which one arrives first is chance.
const script = loaded && [...document.scripts].find((one) => one.src === loaded.src);
export const chosen = script ? script.dataset : {};
export const home = new URL("widget/", script ? script.src : location.href);

export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== "" && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

export const link = (href, words) => make("a", { href, target: "_blank", rel: "noopener" }, words);

// A form's body is a simple request, which no browser asks leave for first.
export async function ask(path, body) {
  const address = new URL(path, home);
  if (chosen.language) address.searchParams.set("language", chosen.language);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20000);
  try {
    const sent = body && { method: "POST", body: new URLSearchParams(body) };
    const answer = await fetch(address, { credentials: "omit", signal: stop.signal, ...sent });
    return { ...(await answer.json()), ok: answer.ok };
  } catch {
    return { ok: false };
  } finally {
    clearTimeout(timer);
  }
}
