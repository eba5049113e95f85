// That something was logged, as it happens.

import { ask } from "./api.js";

const AGAIN_SECONDS = 3;

/** Calls back when something was logged, and with whether the connection stands; pages that nobody sees have
none, for a browser has few to one server. */
export function listen(onNews, onState) {
  let source = null;
  let later;

  function open() {
    close();
    if (document.hidden) return;
    source = new EventSource("/api/events/stream");
    source.onopen = () => onState(true);
    source.onmessage = () => onNews();
    source.onerror = () => {
      onState(false);
      if (source?.readyState === EventSource.CLOSED) later = setTimeout(again, AGAIN_SECONDS * 1000);
    };
  }

  function close() {
    clearTimeout(later);
    source?.close();
    source = null;
  }

  /** A browser gives up for good when it is refused, and says not why: `ask` goes to the login if that is it. */
  async function again() {
    await ask("/api/system").catch(() => {});
    open();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      onState(false);
    } else open();
  });
  open();
}

/** At once, and then no more often than this, however often it is called. */
export function seldom(work, seconds) {
  let timer = null;
  let due = false;
  function run() {
    timer = setTimeout(() => {
      timer = null;
      if (due) run();
    }, seconds * 1000);
    due = false;
    work();
  }
  return () => {
    due = true;
    if (timer === null) run();
  };
}
