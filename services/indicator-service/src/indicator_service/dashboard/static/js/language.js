/** The language of the page, and numbers and times written in it. */

import { TEXTS } from "./texts.js";

const KEY = "forkant.language";
/** Nynorsk writes numbers and months as bokmål does, and browsers seldom know it by itself. */
const LOCALES = { nb: "nb-NO", nn: "nb-NO", en: "en-GB" };
const ZONE = "Europe/Oslo";

let current = initial();
let formats = makeFormats();

function initial() {
  const asked = new URLSearchParams(window.location.search).get("lang");
  const kept = window.localStorage.getItem(KEY);
  // An address that names a language is a choice like the button's, also after a sign-in that leaves it out.
  if (asked in LOCALES) window.localStorage.setItem(KEY, asked);
  return [asked, kept, document.documentElement.lang].find((code) => code in LOCALES) ?? "nb";
}

function makeFormats() {
  const locale = LOCALES[current];
  const number = (options) => new Intl.NumberFormat(locale, options);
  const date = (options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
  return {
    whole: number({ maximumFractionDigits: 0 }),
    decimal: number({ minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    compact: number({ notation: "compact", maximumSignificantDigits: 2 }),
    rate: number({ minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    percent: number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    percentShort: number({ style: "percent", maximumFractionDigits: 0 }),
    time: date({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    month: date({ month: "long", year: "numeric" }),
    monthShort: date({ month: "short", year: "2-digit" }),
    day: date({ day: "numeric", month: "long", year: "numeric" }),
  };
}

/** The code of the language: `nb`, `nn` or `en`. */
export const language = () => current;

/** Change the language and remember it. */
export function setLanguage(code) {
  current = code;
  formats = makeFormats();
  window.localStorage.setItem(KEY, code);
  applyLanguage();
}

/** Write the fixed words of the page. */
export function applyLanguage() {
  document.documentElement.lang = current;
  document.title = `Forkant – ${text("tagline")}`;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const node of document.querySelectorAll("[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset.lang === current));
  }
}

/** A text of the page in the current language. */
export function text(key, ...values) {
  const found = TEXTS[current][key];
  if (found === undefined) throw new Error(`no text ${key}`);
  return typeof found === "function" ? found(...values) : found;
}

/** The current language's part of a text that the API gives in each; in bokmål what is there in no nynorsk. */
export const pick = (each) => each?.[current] ?? each?.nb ?? "";

export const whole = (value) => formats.whole.format(value);
export const decimal = (value) => formats.decimal.format(value);
export const compact = (value) => formats.compact.format(value);
export const rate = (value) => formats.rate.format(value);
export const percent = (value) => formats.percent.format(value);
export const percentShort = (value) => formats.percentShort.format(value);
export const clockTime = (moment) => formats.time.format(moment);
export const dateTime = (moment) => `${dayName(moment)} ${clockTime(moment)}`;
export const monthName = (moment) => formats.month.format(moment);
export const monthShort = (moment) => formats.monthShort.format(moment);
export const dayName = (moment) => formats.day.format(moment);
