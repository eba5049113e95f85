// Requests to the endpoints of openapi.json.

import { $, say } from "./dom.js";
import { capital } from "./words.js";

export class Refused extends Error {
  constructor(status, { error, detail }) {
    super(detail);
    this.status = status;
    this.error = error;
  }
}

const READING_SECONDS = 1;
let waiting = 0;

/** Resolves when there is an answer: a log that is still being read is waited for, and said. */
export async function ask(...request) {
  let waits = 0;
  try {
    for (;;) {
      try {
        return await once(...request);
      } catch (error) {
        if (error.error !== "reading") throw error;
        if (!waiting) say(error.message);
        waiting += 1 - waits;
        waits = 1;
        $("#wait").textContent = capital(error.message);
        $("#wait").hidden = false;
      }
      await new Promise((done) => setTimeout(done, READING_SECONDS * 1000));
    }
  } finally {
    waiting -= waits;
    $("#wait").hidden = !waiting;
  }
}

/** Asks, and shows the answer unless one to a later question is shown already. */
export function latest(question, show, fail) {
  let asked = 0;
  let shown = 0;
  return async () => {
    const mine = ++asked;
    const inTurn = (what) => (answer) => {
      if (mine < shown) return;
      shown = mine;
      what(answer);
    };
    await question().then(inTurn(show)).catch(inTurn(fail));
  };
}

async function once(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  let answer;
  try {
    answer = await fetch(query.size ? `${path}?${query}` : path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The page's server does not answer. Is edge-node web running?");
  }
  if (answer.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!answer.ok) {
    throw new Refused(answer.status, await answer.json().catch(() => ({ error: "failed", detail: `The server answered ${answer.status}.` })));
  }
  return answer.headers.get("content-type")?.startsWith("application/json") ? answer.json() : answer;
}
