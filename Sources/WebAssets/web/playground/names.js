// What the server's operations and their groups are called in the reader's language.
import { language } from "../lib/text.js";

/** @returns a promise of {GROUPS, SUMMARIES}: what differs from the API's own description, which is English */
export const loadNames = async () => (language === "zh" ? import("./chinese.js") : { GROUPS: {}, SUMMARIES: {} });
