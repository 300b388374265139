// Who writes how a tone was heard means "I heard it as something else": that choice is made along with the words.

/** Check the choice `heard_as` in the form of `field` as soon as somebody writes in it. */
export function chooseByWriting(field) {
  field?.addEventListener("input", () => {
    if (field.value.trim()) field.form.querySelector("[name=verdict][value=heard_as]").checked = true;
  });
}
