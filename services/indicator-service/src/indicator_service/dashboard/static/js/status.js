/** How live the page is: the state of the stream and how many seconds the figures are behind, always in sight. */

import { clockTime, text, whole } from "./language.js";
import { byId, setText, show } from "./lib.js";

const FRESH_WITHIN_MS = 12_000;
const LAG_ALLOWED_S = 30;
const ANNOUNCE_EVERY_MS = 30_000;
const NAMED = 3;

/** Make the status line. */
export function createStatus() {
  const box = byId("status");
  let stream = "off";
  let fresh = null;
  let heardAt = 0;

  function assess(now) {
    const age = now - heardAt;
    // Between two reports nothing is known to be behind; once they fail to come, their age is.
    const behind = fresh?.seconds_behind === null || !fresh ? null : fresh.seconds_behind + (age > FRESH_WITHIN_MS ? age / 1000 : 0);
    const lost = stream !== "live" && age > FRESH_WITHIN_MS;
    const stale = fresh !== null && (lost || (behind ?? 0) > LAG_ALLOWED_S);
    return { behind, state: stale ? "stale" : stream };
  }

  function draw() {
    const { behind, state } = assess(Date.now());
    const since = fresh?.watermark && fresh.seconds_behind > 0 ? new Date(fresh.watermark) : new Date(heardAt);
    const names = {
      live: text("live"), connecting: text("connecting"), reconnecting: text("reconnecting"), stopped: text("stopped"),
      stale: text("staleSince", clockTime(since)), off: "",
    };
    box.dataset.state = state;
    show(box, stream !== "off");
    setText(byId("status-state"), names[state]);
    if (fresh) setText(byId("status-behind"), behind === null ? text("behindUnknown") : text("behind", whole(behind)));
  }

  setInterval(draw, 1000);
  return {
    draw,
    stream(state) {
      stream = state;
      draw();
    },
    fresh(document) {
      fresh = document;
      heardAt = Date.now();
      draw();
    },
  };
}

/** Say aloud, politely and seldom, which units have changed. */
export function createAnnouncer({ nameOf, national }) {
  const target = byId("announce");
  let waiting = new Set();
  let last = Date.now();

  setInterval(() => {
    if (waiting.size === 0 || Date.now() - last < ANNOUNCE_EVERY_MS || document.hidden) return;
    last = Date.now();
    const names = [...waiting].map(nameOf);
    const list = names.slice(0, NAMED).join(", ") + (names.length > NAMED ? ` ${text("andMore")}` : "");
    target.textContent = text("announceChanges", list, names.length, national());
    waiting = new Set();
  }, 1000);

  return {
    changed(unit) {
      waiting.add(unit);
    },
    now(message) {
      target.textContent = message;
    },
  };
}

/** The banner that says in plain words what is wrong and what to do; one thing at a time. */
export function createBanner() {
  const box = byId("banner");
  const button = byId("banner-action");
  let shown = null;

  function draw() {
    show(box, shown !== null);
    if (shown === null) return;
    const [title, words] = text("errors")[shown.kind];
    setText(byId("banner-title"), title);
    setText(byId("banner-text"), words);
    setText(button, text(shown.action));
  }

  button.addEventListener("click", () => shown?.run());
  return {
    draw,
    /** `action` is the key of the button's text; `run` is what it does. */
    say(kind, { action, run }) {
      shown = { kind, action, run };
      box.dataset.kind = kind;
      draw();
    },
    clear() {
      shown = null;
      draw();
    },
  };
}
