// How many instances the scaler of each service wants, why, and what it decided before.
import {html, nothing} from '../lib/lit-html.js';
import {repeat} from '../lib/directives/repeat.js';
import {clock, text} from './format.js';
import {serviceLink} from './links.js';
import {problemList, table} from './tables.js';

const KINDS = new Map([['up', 'good'], ['down', 'good'], ['kept', ''], ['held', 'warn'], ['frozen', 'warn'], ['saturated', 'bad']]);

/** @param {string} kind */
const badge = kind => html`<span class=${'badge ' + (KINDS.get(kind) ?? '')}>${text(kind)}</span>`;

/** @param {number | undefined} value */
const figure = value => value === undefined ? '–' : value.toFixed(1);

/** What the scaler of one service wants, and its last decisions. @param {any} row */
export const decisions = row => html`
  <p><strong>${row.want} wanted</strong>, ${row.age} ago: ${row.why}</p>
  ${row.decisions.length === 0 ? nothing : table('Decisions about ' + row.service + ', newest first', [
    {title: 'Decided at', cell: each => clock(each.at)},
    {title: 'Kind', cell: each => badge(each.kind)},
    {title: 'Running', number: true, cell: each => text(each.running)},
    {title: 'Wanted', number: true, cell: each => text(each.want)},
    {title: 'Why', cell: each => each.why},
  ], row.decisions, each => each.at + each.kind + each.want)}`;

/** @param {any} page */
export function scaling(page) {
  return html`
    <h1 tabindex="-1">Scaling</h1>
    ${problemList(page.problems)}
    ${page.services.length === 0 ? html`<p>No scaler announces itself in the registry; <code>fairlead scale</code> does.</p>` : html`
      ${table('What is wanted', [
        {title: 'Service', cell: row => row.listed ? html`<a href=${serviceLink(row.service)}>${row.service}</a>` : row.service},
        {title: 'Wanted', number: true, cell: row => text(row.want)},
        {title: 'Ready', number: true, cell: row => text(row.ready)},
        {title: 'Starting', number: true, cell: row => text(row.pending)},
        {title: 'Load', number: true, cell: row => row.L === undefined
          ? html`<span class="bad-text">unknown</span><br><small>${row.unknown}</small>` : figure(row.L)},
        {title: 'Capacity of one', number: true, cell: row => figure(row.C)},
        {title: 'Calls that wait', number: true, cell: row => text(row.waiting)},
        {title: 'Said', cell: row => row.age + ' ago'},
      ], page.services, row => row.service)}
      ${repeat(page.services, row => row.service, row => html`<section>
        <h2>${row.service}</h2>${decisions(row)}
      </section>`)}`}`;
}
