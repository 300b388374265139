// The words that scripts show, in the reader's language. English stands in the code; other languages come with
// `/jsi18n/`, which a page in one of them loads before its modules. `manage.py makemessages` finds t("…") and n("…", "…").

/** Return `words` in the reader's language; `{name}` stands for `values.name`. */
export function t(words, values = {}) {
  return filled(globalThis.django?.gettext?.(words) ?? words, values);
}

/** Return the words for so many; `{count}` stands for the number. */
export function n(one, many, count, values = {}) {
  const english = count === 1 ? one : many;
  return filled(globalThis.django?.ngettext?.(one, many, count) ?? english, { count, ...values });
}

function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? String(values[name]) : hole));
}
