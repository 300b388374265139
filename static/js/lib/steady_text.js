// Partial captions that do not dance: rewriting words that somebody reads costs comfort (Google, CHI 2023).

const MAY_CHANGE_WORDS = 3;

/**
 * Return the words to show when `shown` stands on the page and the recogniser now says `heard`.
 * All but the last three shown words stay as they are; what follows is taken from `heard`.
 */
export function steadyWords(shown, heard) {
  let agreed = 0;
  while (agreed < shown.length && agreed < heard.length && shown[agreed] === heard[agreed]) agreed += 1;
  const kept = Math.max(agreed, shown.length - MAY_CHANGE_WORDS);
  return [...shown.slice(0, kept), ...heard.slice(kept)];
}

export function wordsOf(text) {
  return text.split(/\s+/).filter(Boolean);
}
