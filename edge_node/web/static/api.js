// Requests to the endpoints of openapi.json.

export class Refused extends Error {
  constructor(status, { error, detail }) {
    super(detail);
    this.status = status;
    this.error = error;
  }
}

export async function ask(path, parameters = {}, options = {}) {
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

/** Calls back with each piece of news, and with whether the connection stands. */
export function listen(onNews, onState) {
  const source = new EventSource("/api/events/stream");
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  source.onmessage = (message) => onNews(JSON.parse(message.data));
}
