// @ts-check
// Dialogs: one is in the page while it is open.

/**
 * Shows a dialog. When it is closed, it leaves the page, and the focus goes back to where it was.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => void} [closed] what has to end with it
 */
export function showDialog(dialog, closed = () => {}) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    closed();
    dialog.remove();
    if (opener instanceof HTMLElement) opener.focus();
  }, { once: true });
  document.body.append(dialog);
  dialog.showModal();
}
