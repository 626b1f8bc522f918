// A device that makes or shows no passkey says so here: allauth tells it to the console alone.
// Where the address is a number, no browser makes one at all.
const buttons = "#mfa_webauthn_add, #passkey_login, #mfa_webauthn_authenticate";
const box = document.getElementById("passkey-said");
const nameless = /^[\d.]+$|^\[/.test(location.hostname);

document.addEventListener("allauth.error", (event) => {
  const button = document.querySelector(buttons);
  if (!box || !button) return;
  event.preventDefault();
  box.textContent = nameless ? box.dataset.nameless : box.dataset.failed;
  button.parentElement.after(box);
  box.hidden = false;
});

// Their pages give the buttons disabled: before allauth's scripts are here, a press would be lost.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(buttons)) button.disabled = false;
});
