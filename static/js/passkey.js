// Passkeys: starts allauth's exchange for the form that asks for one, and says in words what went wrong.

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const { passkey, ...ids } = form.dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}

document.addEventListener("allauth.error", (event) => {
  const place = document.querySelector("[data-part=passkey-error]");
  if (!place) return;
  event.preventDefault();
  place.textContent = place.dataset[event.detail.exception?.name] ?? place.dataset.other;
  place.hidden = false;
});
