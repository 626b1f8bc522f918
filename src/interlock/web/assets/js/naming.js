// "@" and the start of a name in a conversation lists those who will read the line; arrows choose, Enter takes,
// Escape closes. The list follows the audience that is chosen, as the server's answer does.
const AT = /(?:^|[^\w])@([\p{L}\p{N}][\p{L}\p{N} .'-]{0,40}|)$/u;
let asked = 0;
let chosen = -1;

const list = () => document.getElementById("say-named");
const options = () => [...list().children];

function close(place) {
  list()?.setAttribute("hidden", "");
  place?.removeAttribute("aria-activedescendant");
  chosen = -1;
}

function choose(place, at) {
  chosen = (at + options().length) % options().length;
  options().forEach((option, number) => option.setAttribute("aria-selected", String(number === chosen)));
  place.setAttribute("aria-activedescendant", options()[chosen].id);
}

function take(place, name) {
  const before = place.value.slice(0, place.selectionStart);
  const start = before.length - before.match(AT)[1].length;
  place.setRangeText(`${name} `, start, place.selectionStart, "end");
  close(place);
  place.focus();
}

function show(place, people) {
  list().replaceChildren(...people.map(({ name, note }, number) => {
    const option = document.createElement("li");
    Object.assign(option, { id: `say-named-${number}`, role: "option", textContent: name });
    const beside = document.createElement("span");
    Object.assign(beside, { className: "note", textContent: ` ${note}` });
    option.append(beside);
    option.addEventListener("mousedown", (event) => { event.preventDefault(); take(place, name); });
    option.dataset.name = name;
    return option;
  }));
  list().hidden = !people.length;
  if (people.length) choose(place, 0);
  else close(place);
}

async function suggest(place) {
  const found = place.value.slice(0, place.selectionStart).match(AT);
  if (!found) { close(place); return; }
  asked += 1;
  const mine = asked;
  const audience = place.form.querySelector("[name=audience]:checked").value;
  const query = new URLSearchParams({ audience, q: found[1] });
  const answer = await fetch(`${place.form.dataset.people}?${query}`);
  if (mine !== asked || !answer.ok) return;
  const { people } = await answer.json();
  show(place, people.filter(({ name }) => name.toLowerCase() !== found[1].trim().toLowerCase()));
}

document.addEventListener("input", (event) => {
  if (event.target.matches(".composer textarea")) suggest(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".composer textarea") || !list() || list().hidden) return;
  if (event.key === "ArrowDown") choose(event.target, chosen + 1);
  else if (event.key === "ArrowUp") choose(event.target, chosen - 1);
  else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(event.target, options()[chosen].dataset.name);
  else if (event.key === "Escape") close(event.target);
  else return;
  event.preventDefault();
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches(".composer textarea")) close(event.target);
});
