// What can be done to an endpoint: a dialog, and what came of it.
import {html, nothing, render} from '../lib/lit-html.js';
import {act} from './live.js';
import {viewLink} from './links.js';

/** @param {any} row */
const nameOf = row => row.service ? row.service + '/' + row.id : row.process;

/** @param {string} message */
export function notice(message) {
  const place = document.getElementById('notice');
  if (place) place.textContent = message;
}

/**
 * Opens the dialog of an endpoint.
 *
 * @param {any} row as the server describes it
 * @param {HTMLElement} into
 */
export function openActions(row, into) {
  const name = nameOf(row);
  /** @param {SubmitEvent} submit */
  const run = async submit => {
    submit.preventDefault();
    const form = /** @type {HTMLFormElement} */ (submit.target);
    const action = (/** @type {HTMLButtonElement} */ (submit.submitter)).value;
    const fields = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    for (const button of into.querySelectorAll('button')) button.disabled = true;
    try {
      const done = await act(viewLink('actions/' + action, {instance: name, ...fields}));
      notice(action + ' of ' + name + ': ' + (done.confirmed ? 'done' : 'not confirmed') + (done.detail ? ', ' + done.detail : ''));
      close();
    } catch (failure) {
      show(failure instanceof Error ? failure.message : String(failure));
    } finally {
      for (const button of into.querySelectorAll('button')) button.disabled = false;
    }
  };
  const close = () => into.querySelector('dialog')?.close();
  /** @param {string} problem */
  const show = problem => render(html`
    <dialog aria-labelledby="dialog-title" @close=${() => render(nothing, into)}>
      <h2 id="dialog-title">${name}</h2>
      <p>${row.state}${row.weight === undefined ? '' : ', weight ' + row.weight}</p>
      <p role="alert" class="bad-text">${problem}</p>
      <form @submit=${run}>
        <label>Reason, for the audit log <input name="reason" autocomplete="off"></label>
        <p>
          <button value="drain">Drain</button>
          <button value="undrain">Undrain</button>
        </p>
      </form>
      ${row.weight === undefined ? nothing : html`
        <form @submit=${run}>
          <label>Weight <input name="weight" type="number" min="0" max="1000000" required value=${row.weight}></label>
          <label>Reason <input name="reason" autocomplete="off"></label>
          <p><button value="weight">Set the weight</button></p>
        </form>`}
      <form @submit=${run}>
        <label>Logger <input name="logger" placeholder="empty for the root" autocomplete="off"></label>
        <label>Level <select name="level">
          ${['INFO', 'TRACE', 'DEBUG', 'WARNING', 'ERROR'].map(each => html`<option ?selected=${each === 'INFO'}>${each}</option>`)}
          <option value="">as the logger above it</option>
        </select></label>
        <label>Reason <input name="reason" autocomplete="off"></label>
        <p><button value="log-level">Set the level</button></p>
      </form>
      <p><button type="button" @click=${close}>Close</button></p>
    </dialog>`, into);
  render(nothing, into);
  show('');
  into.querySelector('dialog')?.showModal();
}
