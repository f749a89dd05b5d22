// What makes the pages pleasant. Each works without it.

const field = document.getElementById("q");
const box = document.getElementById("suggestions");

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Search as one types. An answer that comes after a later one is dropped.
let latest = 0;
let options = [];
let chosen = -1;

async function suggest() {
  const query = field.value.trim();
  const turn = ++latest;
  if (!query) return close();
  let found;
  try {
    const response = await fetch("/search/suggest?q=" + encodeURIComponent(query));
    if (!response.ok) return;
    found = await response.json();
  } catch {
    return; // the form still works
  }
  if (turn === latest) show(found.groups, query);
}

function show(groups, query) {
  box.replaceChildren();
  options = [];
  chosen = -1;
  for (const group of groups) {
    const list = element("div", "group");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", group.kind);
    list.append(element("p", "kind", group.kind + (group.total > group.hits.length ? " " + group.total.toLocaleString("en") : "")));
    for (const hit of group.hits) list.append(option(hit));
    box.append(list);
  }
  if (!options.length) {
    const none = element("p", "kind", "Nothing has all of these words");
    box.append(none);
  } else {
    box.append(option({ name: "All results", url: "/search?q=" + encodeURIComponent(query) }));
  }
  box.hidden = false;
  field.setAttribute("aria-expanded", "true");
}

function option(hit) {
  const made = element("a", "option");
  made.href = hit.url;
  made.id = "option-" + options.length;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  made.tabIndex = -1;
  made.append(element("span", "name", hit.name));
  if (hit.detail) made.append(element("span", "detail", hit.detail));
  options.push(made);
  return made;
}

function choose(next) {
  if (!options.length) return;
  if (chosen >= 0) options[chosen].setAttribute("aria-selected", "false");
  chosen = (next + options.length) % options.length;
  options[chosen].setAttribute("aria-selected", "true");
  options[chosen].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", options[chosen].id);
}

function close() {
  box.hidden = true;
  chosen = -1;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

if (field && box) {
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", "suggestions");
  field.setAttribute("aria-autocomplete", "list");
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Suggestions");
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, 40);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { choose(chosen + 1); event.preventDefault(); }
    else if (event.key === "ArrowUp") { choose(chosen < 0 ? options.length - 1 : chosen - 1); event.preventDefault(); }
    else if (event.key === "Escape") { close(); }
    else if (event.key === "Enter" && chosen >= 0 && !box.hidden) { options[chosen].click(); event.preventDefault(); }
  });
  field.addEventListener("focus", () => { if (field.value.trim()) suggest(); });
  document.addEventListener("click", (event) => { if (!field.form.contains(event.target)) close(); });
  field.form.addEventListener("focusout", (event) => { if (!field.form.contains(event.relatedTarget)) close(); });
}

// "/" goes to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    field.focus();
    field.select();
    event.preventDefault();
  }
});

// Filters of lists that are on the page as a whole.
for (const filter of document.querySelectorAll("[data-filters]")) {
  const list = document.getElementById(filter.dataset.filters);
  if (!list) continue;
  filter.form.hidden = false;
  const rows = list.querySelectorAll("tbody tr, [data-row]");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}

// Lists that are on the page in part: the server is asked as one types, and its
// answer takes the list's place. An answer that comes after a later one is dropped.
for (const filter of document.querySelectorAll("[data-asks]")) {
  let timer;
  let turn = 0;
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++turn;
      const address = filter.form.action + "?" + new URLSearchParams(new FormData(filter.form));
      try {
        const response = await fetch(address, { headers: { Accept: "text/html" } });
        if (!response.ok || mine !== turn) return;
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const list = page.getElementById(filter.dataset.asks);
        if (!list || mine !== turn) return;
        document.getElementById(filter.dataset.asks).replaceWith(list);
        history.replaceState(null, "", address);
      } catch { /* the form still works */ }
    }, 60);
  });
}

// A chosen theme holds until the system's is asked for again.
const button = document.getElementById("theme");
if (button) {
  const names = { "": "as the system", light: "light", dark: "dark" };
  const next = { "": "dark", dark: "light", light: "" };
  const root = document.documentElement;
  const label = () => { button.textContent = "Theme: " + names[root.dataset.theme || ""]; };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    const theme = next[root.dataset.theme || ""];
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    try { theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme"); } catch { /* for this page alone */ }
    label();
  });
}

// Code can be copied.
for (const code of document.querySelectorAll("pre.code")) {
  if (!navigator.clipboard) break;
  const copy = element("button", "copy", "Copy");
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("code").textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  const frame = element("div", "codeframe");
  code.replaceWith(frame);
  frame.append(copy, code);
}

// A line that is linked to may be in a closed part of the page.
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let parent = target.closest("details"); parent; parent = parent.parentElement.closest("details")) parent.open = true;
  target.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", openTarget);
openTarget();
