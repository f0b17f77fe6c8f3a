// What the pages say, in the language that the server chose: English or Chinese.

export const language = document.documentElement.lang.toLowerCase().startsWith("zh") ? "zh" : "en";
const locale = language === "zh" ? "zh-CN" : "en";

/**
 * Chooses one language of `{en: {name: text}, zh: {name: text}}`.
 * The result is a function: t("name") is the text, t("name", {count: 3}) fills in its `{count}`.
 */
export function texts(all) {
  const own = all[language];
  return (name, values) => {
    const text = own[name] ?? all.en[name];
    if (text === undefined) throw new Error(`there is no text ${name}`);
    return values ? text.replace(/\{(\w+)\}/g, (mark, key) => (key in values ? String(values[key]) : mark)) : text;
  };
}

const numbers = new Intl.NumberFormat(locale);
const times = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

export const formatNumber = (value) => numbers.format(value);

/** A time in Unix seconds, as date and time of day; a dash for 0 and null. */
export const formatTime = (seconds) => (seconds ? times.format(new Date(seconds * 1000)) : "–");
export const formatDate = (seconds) => (seconds ? dates.format(new Date(seconds * 1000)) : "–");

/** "5 minutes ago"; older than a week, the date. What has happened is never to come: the server's clock may be ahead. */
export function formatAge(seconds) {
  if (!seconds) return "–";
  const age = Math.max(0, Date.now() / 1000 - seconds);
  if (age < 60) return relative.format(-Math.round(age), "second");
  if (age < 3600) return relative.format(-Math.round(age / 60), "minute");
  if (age < 86400) return relative.format(-Math.round(age / 3600), "hour");
  if (age < 7 * 86400) return relative.format(-Math.round(age / 86400), "day");
  return formatDate(seconds);
}

export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${bytes >= 100 || unit === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

const [ms, s, min] = language === "zh" ? ["毫秒", "秒", "分"] : ["ms", "s", "min"];

/** Milliseconds, as people read them: 340 ms, 2.1 s, 3 min 5 s. */
export function formatDuration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ${ms}`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} ${s}`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} ${min} ${seconds % 60} ${s}`;
}
