/** The live stream: server-sent events read by fetch, which can carry the token, resumed where it broke off. */

import { createParser } from "../vendor/eventsource-parser/index.js";
import { ApiError, send } from "./api.js";
import { createBackoff } from "./retry.js";

const SILENCE_MS = 15_000;

/**
 * Keep a stream open until stopped.
 *
 * `on.event(name, data)` gets each event, `on.state(state)` one of connecting, live, reconnecting and stopped,
 * `on.error(error)` each failed try. A token that ran out, was revoked, or may not read, ends the stream.
 */
export function openStream({ path, token, on }) {
  let lastId = null;
  const backoff = createBackoff();
  let stopped = false;
  let abort = new AbortController();
  let wake = () => {};

  async function run() {
    on.state("connecting");
    while (!stopped) {
      let wait = 0;
      try {
        wait = await connect();
      } catch (error) {
        if (stopped) return;
        const failed = error instanceof ApiError ? error : new ApiError(0);
        on.error(failed);
        if (failed.status === 401 || failed.status === 403) {
          stop();
          return;
        }
        wait = failed.retryAfter * 1000;
      }
      if (stopped) return;
      on.state("reconnecting");
      await pause(Math.max(wait, backoff.next()));
    }
  }

  /** Read one connection to its end; returns how long to wait before the next. */
  async function connect() {
    abort = new AbortController();
    const silence = watchSilence(abort);
    const { signal } = abort;
    try {
      const headers = { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) };
      const response = await send(path, { token: token(), headers, signal });
      const parser = createParser({ onEvent: receive });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 0;
        silence.heard();
        parser.feed(value);
      }
    } finally {
      silence.end();
    }
  }

  function receive({ event, data, id }) {
    if (id !== undefined) lastId = id;
    backoff.reset();
    const document = JSON.parse(data);
    if (event === "end") {
      if (document.reason === "token-expired") throw new ApiError(401);
      if (document.reason === "token-revoked") throw new ApiError(401, { revoked: true });
      return;
    }
    on.state("live");
    on.event(event, document);
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const hurry = () => wake();
  window.addEventListener("online", hurry);

  function stop() {
    stopped = true;
    window.removeEventListener("online", hurry);
    abort.abort();
    wake();
    on.state("stopped");
  }

  run();
  return { stop, hurry };
}

/** Break off a connection on which nothing, not even a freshness event, has come for too long. */
function watchSilence(abort) {
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), SILENCE_MS);
  };
  heard();
  return { heard, end: () => clearTimeout(timer) };
}
