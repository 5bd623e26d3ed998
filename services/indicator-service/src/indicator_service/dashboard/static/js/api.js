/** Questions to the indicator service. */

import { config } from "./config.js";

const PATIENCE_MS = 20_000;
const PASSING = new Set([0, 429, 500, 502, 503, 504]);

/** Why a question got no answer: `status` is the HTTP status, or 0; `revoked` when the token was ended before its time. */
export class ApiError extends Error {
  constructor(status, { retryAfter = 0, revoked = false } = {}) {
    super(status ? `HTTP ${status}` : "no answer");
    this.status = status;
    this.retryAfter = retryAfter;
    this.revoked = revoked;
  }

  /** Which of the page's error texts fits. */
  get kind() {
    if (this.status === 0) return "network";
    if (this.status === 401) return this.revoked ? "ended" : "expired";
    if (this.status === 429 || this.status === 503) return "503";
    return ["400", "403", "404"].find((code) => Number(code) === this.status) ?? "500";
  }

  /** Whether the same question may well be answered later. */
  get mayPass() {
    return PASSING.has(this.status);
  }
}

/** Send a GET request with the token; raises ApiError for all but a 200. */
export async function send(path, { token, headers = {}, signal }) {
  let response;
  try {
    response = await fetch(config.apiBase + path, {
      headers: { Authorization: `Bearer ${token}`, ...headers },
      cache: "no-store",
      credentials: "omit",
      signal,
    });
  } catch (error) {
    if (signal?.aborted && error.name === "AbortError") throw error;
    throw new ApiError(0);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new ApiError(response.status, {
      retryAfter: Number(response.headers.get("retry-after")) || 0,
      revoked: (response.headers.get("www-authenticate") ?? "").includes('error_description="revoked"'),
    });
  }
  return response;
}

/** Read a JSON document. */
export async function readJson(path, { token }) {
  const response = await send(path, { token, signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    return await response.json();
  } catch {
    throw new ApiError(0);
  }
}
