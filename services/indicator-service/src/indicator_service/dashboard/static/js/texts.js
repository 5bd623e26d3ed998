/** Every word of the pages, by language. */

import { en } from "./texts/en.js";
import { nb } from "./texts/nb.js";

export const TEXTS = { nb, en };
