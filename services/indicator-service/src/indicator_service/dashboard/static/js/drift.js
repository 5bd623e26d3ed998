/** Whether the figures agree with the cases that they count, as the service's audit of itself knows it: always in sight. */

import { readJson } from "./api.js";
import { clockTime, text, whole } from "./language.js";
import { byId, setText } from "./lib.js";

const EVERY_MS = 60_000;

/** Make the words beside the freshness; `token()` is the session's. What can't be read now is read the next time. */
export function createDrift({ token }) {
  const box = byId("status-drift");
  let known = null;
  let timer = null;

  function draw() {
    box.dataset.state = known?.state ?? "";
    setText(box, known ? wordsOf(known) : "");
  }

  async function read() {
    clearTimeout(timer);
    if (token() === null) return;
    try {
      known = await readJson("/v1/self-audit", { token: token() });
    } catch {
      // What was known stands with its time; the stream tells of a service that does not answer.
    }
    draw();
    timer = setTimeout(read, EVERY_MS);
  }

  return { draw, read, stop: () => clearTimeout(timer) };
}

function wordsOf({ state, drift, last_round_ended_at: ended }) {
  const since = ended ? clockTime(new Date(ended)) : "";
  if (state === "drifts") return drift === null ? text("drifts") : text("driftsBy", whole(drift));
  if (state === "agrees") return text("agrees", since);
  return since ? text("notComparedSince", since) : text("notCompared");
}
