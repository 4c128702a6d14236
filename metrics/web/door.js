"use strict";
// What goes over the wire, and the door: the form that asks for a token where
// one is wanted. The token is kept in this script alone, and goes to no other
// place than the header of a request. The page behind it is page.js, which is
// told to forget and to begin.

let token = "";             // of the cluster; empty where none is wanted
const isShut = () => !get("door").hidden;

// Asks the operator. A token that is missing, no longer good, or not good for
// what the page can't do without shuts the door, unless another one was given
// meanwhile.
async function ask(path, { signal, isNeeded } = {}) {
  const mine = token;
  const answer = await fetch(path, { signal, cache: "no-store",
    headers: mine ? { Authorization: `Bearer ${mine}` } : {} });
  if (answer.status === 401 || (isNeeded && answer.status === 403)) {
    const why = mine ? `${await reasonOf(answer.clone())}.`
      : "This operator tells what it knows to who shows a token.";
    if (mine === token) shut(why);
  }
  return answer;
}

// What the operator, or a proxy before it, says about a refusal.
async function reasonOf(answer) {
  const said = await answer.json().catch(() => ({}));
  return said.error || `the operator answered ${answer.status}`;
}

function shut(why) {
  token = "";
  forget();
  get("door-why").textContent = why;
  get("door-clear").hidden = isSecureContext;
  get("door").hidden = false;
  document.querySelector("main").hidden = true;
  get("token").focus();
}

function knock(event) {
  event.preventDefault();
  token = get("token").value.trim();
  get("token").value = "";
  // A browser refuses other characters in a header with words of its own.
  if (!/^[!-~]+$/.test(token))
    return shut("A token is one word of ASCII characters.");
  const main = document.querySelector("main");
  get("door").hidden = true;
  main.hidden = false;
  main.focus();
  say("connecting", false);
  begin();
}

// A good answer to what the page can't do without.
async function need(path, signal) {
  const answer = await ask(path, { signal, isNeeded: true });
  if (!answer.ok) throw new Error(await reasonOf(answer));
  return answer;
}

// Reads server-sent events until they end. An EventSource would do the same,
// but shows no token.
async function listen(body, hear) {
  const pieces = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const said = Object.fromEntries(part.split("\n").map(line =>
        [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      if (Object.hasOwn(hear, said.event)) hear[said.event](JSON.parse(said.data));
    }
  }
}
