// Pieces that several views share.
import {html, nothing} from '../lib/lit-html.js';
import {repeat} from '../lib/directives/repeat.js';
import {counts, percent, rate, text, time} from './format.js';
import {methodLink} from './links.js';

/** @typedef {{title: string, cell: (row: any) => unknown, number?: boolean}} Column */

/**
 * @param {string} caption
 * @param {Column[]} columns the first one names the row
 * @param {any[]} rows
 * @param {(row: any) => string} key tells rows apart while they change
 */
export function table(caption, columns, rows, key) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption>${caption}</caption>
        <thead><tr>${columns.map(each => html`<th scope="col" class=${each.number ? 'number' : ''}>${each.title}</th>`)}</tr></thead>
        <tbody>${repeat(rows, key, row => html`
          <tr>${columns.map((each, at) => at === 0
            ? html`<th scope="row">${each.cell(row)}</th>`
            : html`<td class=${each.number ? 'number' : ''}>${each.cell(row)}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>`;
}

const STATES = new Map([
  ['serving', 'good'], ['draining', 'warn'], ['no calls', 'warn'], ['silent', 'bad'], ['unknown', 'warn'],
]);

/** @param {string} state */
export const badge = state => html`<span class="badge ${STATES.get(state) ?? 'warn'}">${state}</span>`;

/** @type {Column[]} */
export const trafficColumns = [
  {title: 'Rate', number: true, cell: row => rate(row.rate)},
  {title: 'Failed', number: true, cell: row => row.failures > 0 ? html`<span class="bad-text">${percent(row.failures)}</span>` : percent(row.failures)},
  {title: 'p99', number: true, cell: row => time(row.p99)},
];

/**
 * @param {(row: any) => void} open shows what can be done to an endpoint
 * @returns {Column[]}
 */
export const endpointColumns = open => [
  {title: 'Endpoint', cell: row => html`${text(row.id)}${row.problem ? html`<br><small class="bad-text">${row.problem}</small>` : nothing}`},
  {title: 'Address', cell: row => row.process},
  {title: 'State', cell: row => html`${badge(row.state)}${(row.notReady ?? []).map(each => html`<br><small>${each}</small>`)}`},
  {title: 'Version', cell: row => text(row.version)},
  {title: 'Zone', cell: row => text(row.zone)},
  {title: 'Weight', number: true, cell: row => text(row.weight)},
  ...trafficColumns,
  {title: 'In flight', number: true, cell: row => text(row.calls)},
  {title: 'Waiting', number: true, cell: row => text(row.waiting)},
  {title: 'Actions', cell: row => html`<button type="button" @click=${() => open(row)}
      aria-label=${'Actions on ' + (row.service ? row.service + '/' : '') + row.id}>Act…</button>`},
];

/** @type {Column[]} */
export const methodColumns = [
  {title: 'Method', cell: row => html`<a href=${methodLink(row.method)}>${row.method}</a>`},
  {title: 'Rate', number: true, cell: row => rate(row.rate)},
  {title: 'Failed', number: true, cell: row => percent(row.failures)},
  {title: 'In flight', number: true, cell: row => text(row.inFlight)},
  {title: 'p50', number: true, cell: row => time(row.p50)},
  {title: 'p90', number: true, cell: row => time(row.p90)},
  {title: 'p99', number: true, cell: row => time(row.p99)},
  {title: 'p99.9', number: true, cell: row => time(row.p999)},
  {title: 'Rejected', cell: row => counts(row.rejected)},
];

/** @param {string[]} problems */
export const problemList = problems => problems.length === 0 ? nothing : html`
  <section class="problems" aria-label="Problems">
    <h2>${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}</h2>
    <ul>${problems.slice(0, 20).map(each => html`<li>${each}</li>`)}</ul>
    ${problems.length > 20 ? html`<p>and ${problems.length - 20} more</p>` : nothing}
  </section>`;
