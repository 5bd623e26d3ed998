/** Every word of the pages, by language. */

import { en } from "./texts/en.js";
import { nb } from "./texts/nb.js";
import { nn } from "./texts/nn.js";

export const TEXTS = { nb, nn, en };
