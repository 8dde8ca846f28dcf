// A form for each method, what came of a call, and the same call for other tools.
import {html, nothing} from '../lib/lit-html.js';
import {live} from '../lib/directives/live.js';
import {act} from './live.js';
import {viewLink} from './links.js';
import {time} from './format.js';
import {problemList} from './tables.js';
import {snippets} from './snippets.js';

/** Nested messages beyond this depth are written as JSON. */
const DEPTH = 4;

/** What the reader has written, and what came of it. It is kept while the page is renewed. */
const state = {
  key: '',
  requests: '',
  headers: '',
  deadline: '5',
  busy: false,
  /** @type {any} */ result: undefined,
  problem: '',
};

/**
 * Splits a text into messages: one, a list, or one in each line.
 *
 * @param {string} text
 * @returns {any[]}
 */
export function messages(text) {
  const whole = text.trim();
  if (whole === '') return [];
  try {
    const value = JSON.parse(whole);
    return Array.isArray(value) ? value : [value];
  } catch (failure) {
    const lines = whole.split('\n').map(line => line.trim()).filter(line => line !== '');
    if (lines.length < 2 || !lines.every(line => line.startsWith('{'))) throw failure;
    return lines.map(line => JSON.parse(line));
  }
}

/** @param {string} text with a header in each line */
function headers(text) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) found[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return found;
}

/** What others may read in an address: no header that may be a secret. @param {string} text */
const shareable = text => text.split('\n').filter(line => !/^[^:]*(auth|token|cookie|secret|key)/i.test(line)).join('\n');

/** The first message of the text, as the form shows it; what is no message is an empty one. */
function draft() {
  try {
    const first = messages(state.requests)[0];
    return first !== null && typeof first === 'object' ? first : {};
  } catch {
    return {};
  }
}

/** @param {any} page @param {import('./views.js').Context} context */
export function tryIt(page, context) {
  const key = page.instance + ' ' + page.method;
  if (state.key !== key) {
    Object.assign(state, {
      key,
      requests: context.query.get('requests') ?? '',
      headers: context.query.get('headers') ?? '',
      deadline: context.query.get('deadline') ?? '5',
      result: undefined,
      problem: '',
    });
  }
  const method = page.methods.find(each => each.name === page.method);
  return html`
    <h1 tabindex="-1">Try it</h1>
    ${problemList(page.problems)}
    <div class="filter">
      <label>Endpoint
        <select id="try-endpoint" @change=${change => context.go(viewLink('try', {instance: change.target.value}))}>
          <option value="">choose one</option>
          ${page.instances.map(each => html`<option value=${each} ?selected=${each === page.instance}>${each}</option>`)}
        </select></label>
      ${page.instance === '' ? nothing : html`<label>Method
        <select id="try-method" @change=${change => context.go(viewLink('try', {instance: page.instance, method: change.target.value}))}>
          <option value="">choose one</option>
          ${page.methods.map(each => html`<option value=${each.name} ?selected=${each.name === page.method}>${each.name}</option>`)}
        </select></label>`}
    </div>
    ${method ? call(page, method, context) : nothing}`;
}

/** @param {any} method */
const shape = method =>
  (method.clientStreaming ? 'a stream of ' : 'one ') + method.input + ', answered by '
  + (method.serverStreaming ? 'a stream of ' : 'one ') + method.output;

/** @param {any} page @param {any} method @param {import('./views.js').Context} context */
function call(page, method, context) {
  const changed = () => {
    history.replaceState(null, '', viewLink('try', {
      instance: page.instance,
      method: page.method,
      requests: state.requests.length < 4000 ? state.requests : '',
      headers: shareable(state.headers),
      deadline: state.deadline === '5' ? '' : state.deadline,
    }));
    context.redraw();
  };
  /** @param {any} value of the first message */
  const edit = value => {
    const rest = method.clientStreaming ? safely(() => messages(state.requests).slice(1), []) : [];
    state.requests = [value, ...rest].map(each => JSON.stringify(each, null, rest.length ? 0 : 2)).join('\n');
    changed();
  };
  return html`
    ${method.comment ? html`<p class="remark">${method.comment}</p>` : nothing}
    <p>It takes ${shape(method)}.</p>
    <form class="try" @submit=${submit => {
      submit.preventDefault();
      run(page, context);
    }}>
      <fieldset><legend>${method.clientStreaming ? 'The first message' : 'Message'}</legend>
        ${fields(page.types, method.input, draft(), edit, 'f', 0)}
      </fieldset>
      <label>${method.clientStreaming ? 'Messages as JSON, one in each line' : 'The same as JSON'}
        <textarea id="try-requests" rows="7" spellcheck="false" .value=${live(state.requests)} @change=${change => {
          state.requests = change.target.value;
          changed();
        }}></textarea></label>
      <label>Headers, one in each line, such as <code>tenant: blue</code>
        <textarea id="try-headers" rows="2" spellcheck="false" .value=${live(state.headers)} @change=${change => {
          state.headers = change.target.value;
          changed();
        }}></textarea></label>
      <label>Deadline in seconds
        <input id="try-deadline" inputmode="decimal" .value=${live(state.deadline)} @change=${change => {
          state.deadline = change.target.value;
          changed();
        }}></label>
      <p><button ?disabled=${state.busy}>${state.busy ? 'Calling…' : 'Call'}</button>
        <small>The address of this page holds the whole call: share it.</small></p>
    </form>
    <section aria-live="polite" aria-label="Result" id="try-result">${result()}</section>
    <h2>The same elsewhere</h2>
    ${safely(() => snippets(page, method, messages(state.requests), headers(state.headers), state.deadline)
      .map(each => html`<details><summary>${each.title}</summary><pre>${each.text}</pre></details>`), [])}`;
}

/** @template T @param {() => T} read @param {T} otherwise @returns {T} */
function safely(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function result() {
  if (state.problem) return html`<p class="bad-text">${state.problem}</p>`;
  if (!state.result) return nothing;
  const {status, description, took, messages: responses} = state.result;
  return html`
    <h2><span class=${status === 'OK' ? 'good-text' : 'bad-text'}>${status}</span> after ${time(took)}</h2>
    ${description ? html`<p>${description}</p>` : nothing}
    ${responses.map(each => html`<pre>${JSON.stringify(each, null, 2)}</pre>`)}`;
}

/** @param {any} page @param {import('./views.js').Context} context */
async function run(page, context) {
  const key = state.key;
  state.busy = true;
  state.problem = '';
  state.result = undefined;
  context.redraw();
  try {
    const done = await act(
      viewLink('actions/call', {instance: page.instance, method: page.method, deadline: state.deadline}),
      {messages: messages(state.requests), headers: headers(state.headers)});
    if (state.key === key) state.result = done;
  } catch (failure) {
    if (state.key === key) state.problem = failure instanceof Error ? failure.message : String(failure);
  } finally {
    state.busy = false;
    context.redraw();
  }
}

/**
 * The fields of one message.
 *
 * @param {Record<string, any>} types
 * @param {string} type
 * @param {any} value
 * @param {(value: any) => void} edit
 * @param {string} path for the ids of inputs
 * @param {number} depth
 */
function fields(types, type, value, edit, path, depth) {
  const known = types?.[type];
  if (!known) return nothing;
  if (known.fields.length === 0) return html`<p><small>It has no fields.</small></p>`;
  return known.fields.map(field => {
    const id = path + '-' + field.name;
    /** @param {any} next */
    const set = next => {
      const copy = {...value};
      if (next === undefined) delete copy[field.name];
      else copy[field.name] = next;
      edit(copy);
    };
    const label = html`${field.name} <small>${field.repeated ? 'list of ' : ''}${field.type ?? field.kind}${
      field.oneof ? ', one of ' + field.oneof : ''}</small>`;
    // What the contract says of the field, below its label.
    const remark = field.comment ? html`<small class="remark" id=${id + '-remark'}>${field.comment}</small>` : nothing;
    const described = field.comment ? id + '-remark' : nothing;
    const now = value?.[field.name];
    if (field.repeated || field.kind === 'map' || field.kind === 'json' || (field.kind === 'message' && depth >= DEPTH)) {
      return html`<label for=${id}>${label}, as JSON</label>${remark}
        <textarea id=${id} aria-describedby=${described} rows="2" spellcheck="false" .value=${live(now === undefined ? '' : JSON.stringify(now))}
          @change=${change => set(change.target.value.trim() === '' ? undefined
            : safely(() => JSON.parse(change.target.value), change.target.value))}></textarea>`;
    }
    if (field.kind === 'message') {
      return html`<details><summary>${label}</summary>
        <fieldset><legend>${field.name}</legend>${remark}${fields(types, field.type, now ?? {}, set, id, depth + 1)}</fieldset></details>`;
    }
    if (field.kind === 'enum') {
      return html`<label for=${id}>${label}</label>${remark}
        <select id=${id} aria-describedby=${described} @change=${change => set(change.target.value || undefined)}>
          <option value="">not set</option>
          ${field.values.map(each => html`<option ?selected=${each === now}>${each}</option>`)}
        </select>`;
    }
    if (field.kind === 'boolean') {
      return html`<label for=${id}>${label}</label>${remark}
        <input id=${id} aria-describedby=${described} type="checkbox" .checked=${live(now === true)} @change=${change => set(change.target.checked || undefined)}>`;
    }
    const isNumber = ['int', 'float', 'double'].includes(field.kind);
    return html`<label for=${id}>${label}</label>${remark}
      <input id=${id} aria-describedby=${described} autocomplete="off" inputmode=${isNumber || field.kind === 'long' ? 'decimal' : 'text'} .value=${live(now === undefined ? '' : String(now))}
        @change=${change => {
          const typed = change.target.value;
          set(typed === '' ? undefined : isNumber && !Number.isNaN(Number(typed)) ? Number(typed) : typed);
        }}>`;
  });
}
