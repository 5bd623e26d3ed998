/** How long to wait before the next try: longer after each failure, at random, so that pages don't return all at once. */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Count failures; `next()` is the wait after one more, in milliseconds, `reset()` after one that went well. */
export function createBackoff() {
  let failures = 0;
  return {
    next() {
      failures += 1;
      return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}

/** Do `work` again later; one try is planned at a time. */
export function createRetry(work) {
  const backoff = createBackoff();
  let timer;
  const cancel = () => clearTimeout(timer);
  return {
    cancel,
    /** Plan the next try, `least` milliseconds from now or later. */
    after(least) {
      cancel();
      timer = setTimeout(work, Math.max(least, backoff.next()));
    },
    done() {
      cancel();
      backoff.reset();
    },
  };
}
