/** What a page reads over the API: all of it together, and again when something changed, but not all the time. */

import { readJson } from "./api.js";

const USUAL_LEAST_MS = 10_000;

/**
 * Make a reader for one page of a session.
 *
 * `ask(work)` reads by `work(get)`, where `get(path)` gives a document; `onRead` hears what the last work that was asked
 * for came to, `onError` why it came to nothing, `onWell` that it went well. Between two times
 * are `least` milliseconds at least. What may pass is tried again.
 */
export function createReader({ session: { token, onError, onWell }, onRead, least = USUAL_LEAST_MS }) {
  let work = null;
  let lastRead = 0;
  let timer = null;

  async function refresh() {
    clearTimeout(timer);
    timer = null;
    const asked = work;
    lastRead = Date.now();
    try {
      const found = await asked((path) => readJson(path, { token: token() }));
      if (work !== asked) return;
      onWell();
      onRead(found);
    } catch (error) {
      if (work !== asked) return;
      onError(error);
      if (error.mayPass) timer = setTimeout(refresh, USUAL_LEAST_MS);
    }
  }

  return {
    ask(next) {
      work = next;
      refresh();
    },
    /** Read again, soon. */
    stale() {
      if (work && timer === null) timer = setTimeout(refresh, Math.max(0, lastRead + least - Date.now()));
    },
    stop() {
      work = null;
      clearTimeout(timer);
      timer = null;
    },
  };
}
