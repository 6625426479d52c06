// What pages have beyond links and forms: keys, numbers that stay up to date, the playground's check as one types.
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const PLACES = { t: "/", s: "/search", m: "/mentions", r: "/rules", p: "/playground", f: "/sources", d: "/digests", x: "/outbox", i: "/silences", a: "/status" };
const OFF = "marsad-keys-off";
let isGoing = false;

function isWriting(event) {
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  return Boolean(field) && !["checkbox", "radio", "button", "submit"].includes(field.type);
}

function showKeys() {
  const dialog = find("#keys");
  if (dialog && !dialog.open) dialog.showModal();
}

function findItem() {
  return document.activeElement?.closest("[data-item]");
}

function move(step) {
  const items = all("[data-item]");
  if (!items.length) return;
  const at = items.indexOf(findItem());
  const next = items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + step))];
  const link = find(".headline a", next) ?? find("th a", next) ?? find("a", next);
  link?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "Escape" && isWriting(event)) return event.target.blur();
  if (isWriting(event) || localStorage.getItem(OFF) || find("dialog[open]")) return;
  const key = event.key;
  if (isGoing) {
    isGoing = false;
    if (PLACES[key]) location.assign(PLACES[key]);
    return;
  }
  if (key === "g") {
    isGoing = true;
    setTimeout(() => (isGoing = false), 1500);
  } else if (key === "?") showKeys();
  else if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  else if (key === "/") focusSearch();
  else {
    const link = find(`[data-key="${CSS.escape(key)}"]`, findItem() ?? document);
    if (!link) return;
    link.click();
  }
  event.preventDefault();
}

function focusSearch() {
  const field = find("input[type=search]");
  if (field) {
    field.focus();
    field.select();
  } else location.assign("/search");
}

async function lookForNewer(bar) {
  if (document.hidden) return;
  const answer = await fetch(bar.dataset.newer, { headers: { Accept: "text/html" } });
  if (answer.status === 200) bar.innerHTML = await answer.text();
}

// A part that shows the state of things is replaced as a whole, but never under somebody's hands.
async function renew(part) {
  const isUsed = part.contains(document.activeElement) || (getSelection()?.toString() && part.contains(getSelection().anchorNode));
  if (document.hidden || isUsed) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = find(`#${part.id}`, page);
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  const open = all("details", part).map((one) => one.open);
  part.replaceChildren(...fresh.childNodes);
  all("details", part).forEach((one, at) => (one.open = open[at] ?? false));
}

function every(seconds, work) {
  let isBusy = false;
  setInterval(async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await work();
    } catch {
      // The network or the console is away for the moment: the next turn looks again.
    }
    isBusy = false;
  }, seconds * 1000);
}

function checkAsOneTypes(form) {
  const place = find("#checked");
  let waiting;
  let asking;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body, signal: asking.signal });
      if (answer.ok) place.innerHTML = await answer.text();
    } catch {
      // Another check has begun, or the console is away.
    }
  };
  find("textarea", form).addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 600);
  });
}

// A problem names its line: a click selects it in the text.
function showLine(event) {
  const link = event.target.closest("[data-line]");
  if (!link) return;
  event.preventDefault();
  const field = find("#draft");
  const lines = field.value.split("\n");
  const at = Math.min(Number(link.dataset.line), lines.length) - 1;
  const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + lines[at].length);
}

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) {
    event.preventDefault();
    showKeys();
  }
  showLine(event);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-keys-off]")) {
    if (event.target.checked) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  }
});
find("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
all("[data-keys-off]").forEach((box) => (box.checked = Boolean(localStorage.getItem(OFF))));
all("[data-newer]").forEach((bar) => every(30, () => lookForNewer(bar)));
all("[data-renew]").forEach((part) => every(30, () => renew(part)));
all("form[data-check]").forEach(checkAsOneTypes);
all("button[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => navigator.clipboard?.writeText(find("#draft").value));
});
