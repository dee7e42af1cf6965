/* The console's one script. Every page works without it; with it, lists stay fresh and times are local.

   data-fragment="/path"    an element whose content is fetched again from there
   data-every="4"           beside it: it is fetched again every so many seconds while the page is looked at
   data-live="/path"        a stream of events (on any element): after each, the page's fragments are fetched
                            again; an event named "fragment:ID" fetches only the one with that id
   form[data-quiet]         is sent without leaving the page; the answer replaces the element that the form's
                            data-quiet names by its id
   input[data-copy="Copy"]  gets a button that copies its value
   time[datetime]           is shown in the zone of whoever reads it */
"use strict";

const formToken = document.querySelector("meta[name=form-token]")?.content ?? "";

// --- Times ---------------------------------------------------------------------------------------------

const language = document.documentElement.lang;
const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
const clock = { hour: "2-digit", minute: "2-digit" };
const day = { year: "numeric", month: "short", day: "numeric" };

function showTimes(within) {
  const today = new Date().toDateString();
  for (const element of within.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (isNaN(at)) continue;
    const form = at.toDateString() === today ? clock : { ...day, ...clock };
    element.textContent = at.toLocaleString(locale, form);
    element.title = at.toLocaleString(locale, { dateStyle: "full", timeStyle: "long" });
  }
}

// --- Copying -------------------------------------------------------------------------------------------

function offerCopies(within) {
  if (!navigator.clipboard) return;
  for (const field of within.querySelectorAll("input[data-copy]:not([data-offered])")) {
    const button = document.createElement("button");
    field.dataset.offered = "yes";
    button.type = "button";
    button.textContent = field.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = field.dataset.copied;
    });
    field.closest("label").after(button);
  }
}

// --- Fragments -----------------------------------------------------------------------------------------

function dress(element) {
  showTimes(element);
  offerCopies(element);
}

/* Puts new HTML into an element. What somebody is typing stays, and so does the focus. Says whether it did. */
function replace(element, html) {
  const active = document.activeElement;
  const inside = element.contains(active) ? active : null;
  if (inside?.matches("input:not([type=hidden]), textarea, select")) {
    if (!element.dataset.stale)
      inside.addEventListener("blur", () => setTimeout(() => catchUp(element)), { once: true });
    element.dataset.stale = "yes";
    return false;
  }
  const key = inside?.id || inside?.getAttribute("href");
  element.innerHTML = html;
  dress(element);
  if (!key) return true;
  const again = [...element.querySelectorAll("[id], [href]")].find(
    (one) => one.id === key || one.getAttribute("href") === key,
  );
  again?.focus({ preventScroll: true });
  return true;
}

function catchUp(element) {
  if (element.dataset.stale && element.isConnected) {
    delete element.dataset.stale;
    refresh(element);
  }
}

/* Asks for a part of a page. Whoever is no longer logged in gets the login. */
async function ask(path, options = {}) {
  const answer = await fetch(path, { headers: { Accept: "text/html", "X-Form-Token": formToken }, ...options });
  if (answer.status === 401) location.reload();
  return answer;
}

const fetching = new WeakMap();

async function refresh(element) {
  // While one is under way, one more is enough: it will see all that happened meanwhile.
  const state = fetching.get(element) ?? { busy: false, again: false, shown: null };
  fetching.set(element, state);
  if (state.busy) {
    state.again = true;
    return;
  }
  state.busy = true;
  try {
    do {
      state.again = false;
      const answer = await ask(element.dataset.fragment);
      if (!answer.ok) continue;
      const html = await answer.text();
      if (state.shown === html) continue; // what somebody has selected stays so
      if (replace(element, html)) state.shown = html;
    } while (state.again);
  } catch {
    // The gateway cannot be reached: the stream says when it can be again.
  } finally {
    state.busy = false;
  }
}

function refreshAll() {
  document.querySelectorAll("[data-fragment]").forEach(refresh);
}

// --- What happens --------------------------------------------------------------------------------------

const LATER = 5000;

function listen(path, lost = false) {
  const stream = new EventSource(path);
  stream.addEventListener("message", (event) => {
    const [kind, id] = event.data.split(":", 2);
    const one = kind === "fragment" ? document.getElementById(id) : null;
    if (one?.dataset.fragment) refresh(one);
    else refreshAll();
  });
  stream.addEventListener("error", () => {
    lost = true;
    document.body.dataset.offline = "yes";
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => listen(path, true), LATER);
    ask(location.href).catch(() => {}); // nobody may be logged in any more
  });
  stream.addEventListener("open", () => {
    delete document.body.dataset.offline;
    if (lost) refreshAll(); // something may have happened meanwhile
    lost = false;
  });
  addEventListener("pagehide", () => stream.close());
}

// --- Forms that stay on the page -----------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const into = form.dataset.quiet && document.getElementById(form.dataset.quiet);
  if (!into) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return; // pressed twice
  form.setAttribute("aria-busy", "true");
  const sent = new FormData(form, event.submitter);
  try {
    const answer = await ask(form.action, { method: "POST", body: new URLSearchParams(sent) });
    const html = await answer.text();
    document.activeElement?.blur();
    replace(into, html);
    into.querySelector("[role=alert], [autofocus]")?.focus();
  } catch {
    form.submit(); // the browser says better what is wrong, and keeps what was typed
  } finally {
    form.removeAttribute("aria-busy");
  }
});

dress(document);
document.querySelectorAll("[data-every]").forEach((element) => {
  setInterval(() => document.hidden || refresh(element), element.dataset.every * 1000);
});
document.querySelectorAll("[data-live]").forEach((element) => listen(element.dataset.live));
