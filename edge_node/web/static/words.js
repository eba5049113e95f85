// Times and numbers as people read them.

const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });
const DAY_OF_YEAR = new Intl.DateTimeFormat([], { day: "numeric", month: "short", year: "numeric" });
const NUMBER = new Intl.NumberFormat();
const RELATIVE = new Intl.RelativeTimeFormat([], { numeric: "auto" });

export const number = (value) => NUMBER.format(value);
export const clock = (time) => CLOCK.format(time);

export function day(time) {
  const now = new Date();
  if (time.toDateString() === now.toDateString()) return "today";
  return (time.getFullYear() === now.getFullYear() ? DAY : DAY_OF_YEAR).format(time);
}

export function ago(time) {
  const seconds = Math.round((time - Date.now()) / 1000);
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.round(seconds / length), unit);
  }
  return RELATIVE.format(seconds, "second");
}

export function lasting(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function bytes(value) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (value >= 1000 && step < 3) { value /= 1000; step += 1; }
  return `${value < 10 && step ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
