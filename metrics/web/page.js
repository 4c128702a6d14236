"use strict";
// The page of the inspection. It follows the events and reads the list page by
// page; when the connection was lost it reads all of it again. Only the rows
// that can be seen are in the document. How it asks stands in door.js.

const get = id => document.getElementById(id);
const all = new Map();      // hash -> repository, as /v1/repositories says it
let shown = [];             // what is searched for, in order
let order = { by: "state", up: true };
let detail = null;          // the hash of the repository that is shown whole
let epoch = 0;              // rises when all is forgotten: older answers too

// -- words --------------------------------------------------------------------

const states = ["failing", "conflict", "running", "waiting", "suspended",
                "scheduled", "idle"];

function stateOf(one) {
  if (one.failures > 0) return "failing";
  if (one.running) return "running";
  if (one.waiting > 0) return "waiting";
  if (one.suspended) return "suspended";
  if (one.conflict) return "conflict";
  return one.nextRuns.length ? "scheduled" : "idle";
}

// The location comes as JSON, with other members for each kind of storage; what
// people know it by stands in one of these.
function placeOf(one) {
  try {
    const { backend, endpoint, prefix, ...rest } = JSON.parse(one.location);
    const root = rest.bucket || rest.container || rest.path || rest.url
      || Object.values(rest).join(" ");
    return `${backend}://${root}${prefix ? `/${prefix}` : ""}`
      + (endpoint ? ` at ${endpoint}` : "");
  } catch (_) {
    return one.location || one.hash;
  }
}

const clock = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  hourCycle: "h23" });

// Most are sources; only the others are called by their kind.
function claimOf(text) {
  return (text || "nobody").replace(/^ReplicationSource /, "");
}

function timeOf(text) {
  return text ? clock.format(new Date(text)) : "";
}

function spanOf(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function bytesOf(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; ++unit) count /= 1000;
  return `${unit && count < 100 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name in made) made[name] = value; else made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// -- the table ----------------------------------------------------------------

const columns = [
  { key: "state", title: "State", of: one => one.state,
    rank: one => states.indexOf(one.state) },
  { key: "winner", title: "Claim", of: one => claimOf(one.winner) },
  { key: "place", title: "Repository", of: one => one.place },
  { key: "schedule", title: "Schedule", of: one => one.schedule },
  { key: "next", title: "Next run", of: one => timeOf(one.nextRuns[0]),
    rank: one => one.nextRuns[0] || "~" },
  { key: "last", title: "Last run", of: one => timeOf(one.lastSuccess),
    rank: one => one.lastSuccess || "" },
  { key: "lock", title: "Lock", of: one => one.running ? "held" : "" },
  { key: "queue", title: "Queue", of: one => one.waiting || "",
    rank: one => one.waiting },
  { key: "conflict", title: "Conflict", of: one => one.conflict ? "yes" : "" },
  { key: "failures", title: "Failed", of: one => one.failures || "",
    rank: one => one.failures },
  { key: "reason", title: "Why", of: one => one.reason },
];

function take(one) {
  one.state = stateOf(one);
  one.place = placeOf(one);
  one.words = [one.winner, one.place, one.hash, one.state, one.reason,
               one.conflict].join(" ").toLowerCase();
  all.set(one.hash, one);
}

function arrange() {
  const column = columns.find(c => c.key === order.by);
  const rank = column.rank || column.of;
  const words = get("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = [];
  for (const one of all.values())
    if (words.every(word => one.words.includes(word)))
      shown.push({ one, rank: rank(one) });
  const up = order.up ? 1 : -1;
  shown.sort((a, b) => a.rank < b.rank ? -up : a.rank > b.rank ? up
    : a.one.hash < b.one.hash ? -1 : 1);
  shown = shown.map(line => line.one);
  paint();
}

function rowHeight() {
  return matchMedia("(max-width: 60rem)").matches ? 62 : 34;
}

function paint() {
  const pane = get("window"), rows = get("rows"), height = rowHeight();
  rows.style.height = `${shown.length * height}px`;
  const first = Math.max(0, Math.floor(pane.scrollTop / height) - 5);
  const last = Math.min(shown.length,
    Math.ceil((pane.scrollTop + pane.clientHeight) / height) + 5);
  const focused = document.activeElement && document.activeElement.dataset.hash;
  const lines = [];
  for (let i = first; i < last; ++i) {
    const one = shown[i];
    const line = make("a", { className: "row", href: `#/r/${one.hash}`,
                             role: "row" });
    line.dataset.hash = one.hash;
    line.setAttribute("aria-rowindex", i + 1);
    line.style.top = `${i * height}px`;
    for (const column of columns)
      line.append(make("span", {
        role: "cell", title: String(column.of(one)),
        className: column.key === "state" ? `state ${one.state}` : "number",
        textContent: column.of(one) }));
    lines.push(line);
  }
  rows.replaceChildren(...lines);
  if (focused) {
    const again = rows.querySelector(`[data-hash="${focused}"]`);
    if (again) again.focus({ preventScroll: true });
  }
  const count = {};
  for (const one of all.values()) count[one.state] = (count[one.state] || 0) + 1;
  get("sums").textContent = [
    (shown.length === all.size ? "" : `${shown.length} of `)
      + (all.size === 1 ? "1 repository" : `${all.size} repositories`),
    ...states.filter(s => count[s]).map(s => `${count[s]} ${s}`)].join(", ");
}

function makeHead() {
  for (const column of columns) {
    const sorter = make("button", { type: "button",
                                    textContent: column.title });
    const cell = make("div", { role: "columnheader" }, sorter);
    sorter.addEventListener("click", () => {
      order = { by: column.key, up: order.by === column.key ? !order.up : true };
      markOrder();
      arrange();
    });
    cell.dataset.key = column.key;
    get("head").append(cell);
  }
  markOrder();
}

function markOrder() {
  for (const cell of get("head").children)
    if (cell.dataset.key === order.by)
      cell.setAttribute("aria-sort", order.up ? "ascending" : "descending");
    else
      cell.removeAttribute("aria-sort");
}

// Arrow keys go from row to row.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
  if (!step || !shown.length) return;
  event.preventDefault();
  const at = shown.findIndex(one =>
    one.hash === (document.activeElement.dataset || {}).hash);
  const to = Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + step));
  const height = rowHeight(), pane = get("window");
  // The head lies over the first lines.
  const room = pane.clientHeight - get("head").offsetHeight;
  if (to * height < pane.scrollTop) pane.scrollTop = to * height;
  if ((to + 1) * height > pane.scrollTop + room)
    pane.scrollTop = (to + 1) * height - room;
  paint();
  const line = get("rows").querySelector(`[data-hash="${shown[to].hash}"]`);
  if (line) line.focus({ preventScroll: true });
}

// -- one repository -----------------------------------------------------------

function list(title, rows, head) {
  if (!rows.length) return [];
  return [make("h2", { textContent: title }),
    make("div", { className: "wide" }, make("table", { className: "plain" },
      make("thead", {}, make("tr", {},
        ...head.map(word => make("th", { textContent: word, scope: "col" })))),
      make("tbody", {}, ...rows.map(row => make("tr", {},
        ...row.map(cell => make("td", { textContent: cell })))))))];
}

function drawn(tag, properties, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties))
    made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A bar for each run that has a value, oldest first; failed ones are red.
function bars(title, jobs, valueOf, wordsOf, most) {
  const told = jobs.filter(job => job.started && job.finished
    && valueOf(job) !== null).sort((a, b) => a.started < b.started ? -1 : 1);
  if (!told.length) return [];
  const values = told.map(valueOf), top = Math.max(1, ...values);
  const width = 600 / Math.max(15, told.length);
  const drawing = told.map((job, i) => {
    const height = Math.max(2, 80 * values[i] / top);
    return drawn("rect", { class: job.state === "failed" ? "failed" : "bar",
      x: i * width + 2, width: width - 4, y: 100 - height, height },
      drawn("title", {}, `${job.name}: ${wordsOf(values[i])}, ${job.state}`));
  });
  const words = `${most} ${wordsOf(Math.max(...values))}`;
  return [make("h2", { textContent: title }),
    drawn("svg", { class: "small", viewBox: "0 0 600 104", role: "img",
      "aria-label": `${told.length} runs, the ${words}` },
      ...drawing, drawn("text", { x: 2, y: 10 }, words))];
}

function durations(jobs) {
  return bars("How long runs took", jobs,
    job => (new Date(job.finished) - new Date(job.started)) / 1000, spanOf,
    "longest");
}

function sizes(jobs) {
  return bars("How large they found the repository", jobs, job => job.bytes,
    bytesOf, "largest");
}

async function showOne(hash) {
  detail = hash;
  const mine = epoch, place = get("one");
  const answer = await ask(`v1/repositories/${hash}`);
  if (mine !== epoch || detail !== hash) return;
  const back = make("p", {}, make("a", { href: "#/",
    textContent: "\u2190 all repositories" }));
  if (!answer.ok) {
    const why = answer.status === 404 ? "This repository is gone."
      : await reasonOf(answer);
    if (mine !== epoch) return;
    place.replaceChildren(back, make("p", { textContent: why }));
    return;
  }
  const one = await answer.json();
  if (mine !== epoch) return;
  const facts = { State: stateOf(one), "Why nothing runs": one.reason,
    Location: placeOf(one), Hash: one.hash, Schedule: one.schedule,
    "Quick schedule": one.quickSchedule, "Time zone": one.timeZone,
    Conflict: one.conflict, "Last success": timeOf(one.lastSuccess),
    Failures: one.failures || "", "Last failure": one.history.lastFailure,
    Size: one.history.bytes === null ? "" : bytesOf(one.history.bytes),
    "Next runs": one.nextRuns.map(timeOf).join(", "),
    Lock: one.lease.held ? `${one.lease.job} holds it since ${timeOf(one.lease.acquired)}, at most until ${timeOf(one.lease.until)}` : "free",
    "Place to run": one.place, "Being written": one.writing };
  const words = make("dl");
  for (const [name, value] of Object.entries(facts))
    if (value) words.append(make("dt", { textContent: name }),
                            make("dd", { textContent: value }));
  place.replaceChildren(back, words, ...durations(one.jobs),
    ...sizes(one.jobs),
    ...list("Queue", one.queue.map(job => [job.job, timeOf(job.since)]),
            ["Job", "Waits since"]),
    ...list("Claims", one.claimants.map(who => [
      who.claim + (who.wins ? " (wins)" : ""), who.secret, who.schedule,
      who.reason || "", who.message || ""]),
      ["Claim", "Secret", "Schedule", "Told", ""]),
    ...list("Runs", one.jobs.slice().reverse().map(job => [
      job.name, job.kind, job.state, timeOf(job.started),
      job.finished && job.started
        ? spanOf((new Date(job.finished) - new Date(job.started)) / 1000) : "",
      job.reason]),
      ["Job", "Kind", "State", "Began", "Took", ""]),
    ...list("Secret copies", one.copies.map(copy => [copy.name, copy.source]),
            ["Copy", "Of"]),
    ...list("Writes that fail", Object.entries(one.troubles), ["What", "Why"]));
}

// -- the day ------------------------------------------------------------------

function showDay() {
  const now = Math.floor(Date.now() / 60000) * 60000, minutes = new Uint32Array(24 * 60);
  let runs = 0;
  for (const one of all.values())
    for (const text of one.nextRuns) {
      const minute = (Date.parse(text) - now) / 60000;
      if (minute >= 0 && minute < minutes.length) { ++minutes[minute]; ++runs; }
    }
  const most = Math.max(1, ...minutes);
  const mean = Math.max(1, runs / minutes.length);
  const bars = [], crowd = [];
  minutes.forEach((count, minute) => {
    if (!count) return;
    const height = Math.max(1, 180 * count / most);
    const thunders = count >= 10 && count > 10 * mean;
    const at = clock.format(new Date(now + minute * 60000));
    if (thunders) crowd.push([at, count]);
    bars.push(drawn("rect", { class: thunders ? "peak" : "bar", x: minute,
      width: 1.4, y: 200 - height, height },
      drawn("title", {}, `${at}: ${count} runs`)));
  });
  const hours = [];
  for (let minute = 60 - new Date(now).getMinutes(); minute < 1440; minute += 60) {
    const at = new Date(now + minute * 60000);
    hours.push(drawn("line", { class: "axis", x1: minute, x2: minute, y1: 200, y2: 206 }));
    if (at.getHours() % 3 === 0)
      hours.push(drawn("text", { x: minute, y: 220, "text-anchor": "middle" },
        `${String(at.getHours()).padStart(2, "0")}:00`));
  }
  crowd.sort((a, b) => b[1] - a[1]);
  get("day").replaceChildren(
    make("h2", { textContent: "Runs that are planned, by the minute" }),
    make("p", { className: "note", textContent:
      `${runs} runs in the next 24 hours (at most five of each repository), `
      + `at most ${minutes.some(Boolean) ? most : 0} in one minute. Runs wait `
      + "for a place, so a full minute only makes a queue." }),
    drawn("svg", { viewBox: "0 0 1440 226", role: "img",
      "aria-label": `${runs} runs, at most ${most} in a minute` },
      drawn("line", { class: "axis", x1: 0, x2: 1440, y1: 200, y2: 200 }),
      drawn("line", { class: "now", x1: 1, x2: 1, y1: 10, y2: 200 }),
      ...hours, ...bars),
    ...list("Thundering minutes", crowd.slice(0, 10), ["Minute", "Runs"]));
}

// -- the actors ---------------------------------------------------------------

// Repositories are not asked what waits for them: there may be thousands.
function isBusy({ mailbox, state, parent }) {
  return mailbox === null && state === "up" && parent !== "registry";
}

async function showActors() {
  const mine = epoch;
  const answer = await ask("v1/actors");
  if (mine !== epoch) return;
  if (!answer.ok) {
    const why = await reasonOf(answer);
    if (mine !== epoch) return;
    get("actors").replaceChildren(make("p", { textContent: why }));
    return;
  }
  const { actors, notices } = await answer.json();
  if (mine !== epoch) return;
  showNotices(notices);
  const below = new Map();
  let many = 0, down = 0, fell = 0;
  for (const actor of actors) {
    if (actor.name.startsWith("repository/")) {
      ++many;
      down += actor.state !== "up";
      fell += actor.restarts;
      if (actor.state === "up" && !actor.restarts) continue;
    }
    if (!below.has(actor.parent)) below.set(actor.parent, []);
    below.get(actor.parent).push(actor);
  }
  const tree = parent => make("ul", { className: "tree" },
    ...(below.get(parent) || []).map(actor => make("li", {},
      make("span", { className: `state ${actor.state === "up" ? "scheduled" : "failing"}`,
        textContent: actor.name }),
      ` ${actor.state === "up" ? "" : actor.state}`
      + (actor.restarts ? ` ${actor.restarts} restarts` : "")
      + (actor.mailbox ? ` ${actor.mailbox} messages wait` : "")
      + (isBusy(actor) ? " too busy to say what waits" : ""),
      below.has(actor.name) ? tree(actor.name) : "")));
  get("actors").replaceChildren(
    make("h2", { textContent: "Who watches over whom" }), tree(""),
    make("p", { className: "note", textContent:
      `${many} repositories have an actor each; ${down} are down, `
      + `${fell} restarts. Those that never fell are not drawn.` }));
}

function showNotices(notices) {
  get("notices").hidden = !notices.length;
  get("notices").textContent = notices.join(" ");
}

// -- views and the connection -------------------------------------------------

function view() {
  const [, name, hash] = location.hash.split("/");
  const at = name === "r" ? "one" : name || "list";
  for (const id of ["list", "one", "day", "actors"]) get(id).hidden = id !== at;
  for (const link of document.querySelectorAll("nav a"))
    if (link.getAttribute("href") === `#/${name && name !== "r" ? name : ""}`)
      link.setAttribute("aria-current", "page");
    else
      link.removeAttribute("aria-current");
  if (at !== "one") detail = null;
  if (isShut()) return;
  if (at === "list") arrange();
  if (at === "one") showOne(hash);
  if (at === "day") showDay();
  if (at === "actors") showActors();
}

// Nothing that a token opened stays when it is gone.
function forget() {
  ++epoch;
  ++reading;
  if (line) line.abort();
  line = null;
  all.clear();
  fresh.clear();
  shown = [];
  detail = null;
  for (const id of ["rows", "one", "day", "actors"]) get(id).replaceChildren();
  showNotices([]);
  say("waiting for a token", true);
}

function begin() {
  view();
  follow();
}

function say(text, lost) {
  get("link").textContent = text;
  get("link").className = lost ? "lost" : "";
}

let due = false;
// Many changes make one picture.
function soon() {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    if (!get("list").hidden) arrange();
    if (!get("day").hidden) showDay();
  }, 250);
}

// Tells why something failed, and that it is tried again.
function grieve(why) {
  say(`${why instanceof TypeError ? "connection lost" : why.message}; `
    + "trying again", true);
}

const pause = () => new Promise(done => setTimeout(done, 2000));

let reading = 0;
async function readAll() {
  const ticket = ++reading, seen = new Set();
  let next = "";
  try {
    do {
      const answer = await need(`v1/repositories?limit=500${next}`);
      const part = await answer.json();
      if (ticket !== reading) return;
      for (const one of part.items) { take(one); seen.add(one.hash); }
      next = part.continue ? `&continue=${part.continue}` : "";
      if (next && all.size < part.total) say(`${all.size} of ${part.total}`, false);
      soon();
    } while (next);
    for (const hash of [...all.keys()])
      if (!seen.has(hash) && !fresh.has(hash)) all.delete(hash);
    fresh.clear();
    arrange();
    say("live", false);
    soon();
  } catch (why) {
    if (ticket !== reading) return;
    grieve(why);
    await pause();
    if (ticket === reading) readAll();
  }
}

const fresh = new Set();    // what came while the list was being read
const hear = {
  // Events first, then the list: nothing falls between the two.
  hello() { fresh.clear(); readAll(); },
  repository(one) {
    fresh.add(one.hash);
    take(one);
    if (detail === one.hash) showOne(one.hash);
    soon();
  },
  gone({ hash }) {
    all.delete(hash);
    if (detail === hash) showOne(hash);
    soon();
  },
};

let line = null;            // the connection that events come over
async function follow() {
  const mine = line = new AbortController();
  while (line === mine) {
    try {
      await listen((await need("v1/events", mine.signal)).body, hear);
      // No loss: who shows a token is asked for it every minute.
    } catch (why) {
      if (line !== mine) return;
      ++reading; // all is read anew then
      grieve(why);
    }
    await pause();
  }
}

makeHead();
get("search").addEventListener("input", arrange);
get("window").addEventListener("scroll", () => requestAnimationFrame(paint));
get("window").addEventListener("keydown", walk);
addEventListener("resize", paint);
addEventListener("hashchange", view);
get("door").addEventListener("submit", knock);
setInterval(() => {
  if (!get("actors").hidden && !isShut()) showActors();
}, 2000);
begin();
