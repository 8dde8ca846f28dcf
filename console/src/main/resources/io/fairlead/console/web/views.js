// One function for each view: from what the server says to what is shown. lit-html escapes all of it.
import {html, nothing} from '../lib/lit-html.js';
import {repeat} from '../lib/directives/repeat.js';
import {live} from '../lib/directives/live.js';
import './chart.js';
import {graph} from './graph.js';
import {clock, counts, percent, rate, text, time} from './format.js';
import {decisions, scaling} from './scaling.js';
import {methodLink, mount, serviceLink, traceLink, viewLink} from './links.js';
import {tryIt} from './try.js';
import {endpointColumns, methodColumns, problemList, table, trafficColumns} from './tables.js';

/** @typedef {{open: (row: any) => void, go: (url: string) => void, redraw: () => void, query: URLSearchParams}} Context */

/** @param {any} row */
const endpointKey = row => row.service + '/' + row.id + '@' + row.process;

/** @param {any} page @param {Context} context */
function system(page, context) {
  const find = context.query.get('find') ?? '';
  const endpoints = page.services.flatMap(each => each.endpoints);
  const more = page.services.reduce((sum, each) => sum + each.more, 0);
  return html`
    <h1 tabindex="-1">System</h1>
    ${problemList(page.problems)}
    ${graph(page.services, page.edges, context.go)}
    ${table('Services', [
      {title: 'Service', cell: row => html`<a href=${serviceLink(row.name)}>${row.name}</a>
          ${row.problem ? html`<br><small class="bad-text">${row.problem}</small>` : nothing}`},
      {title: 'Endpoints', number: true, cell: row => row.count},
      {title: 'Serving', number: true, cell: row => row.serving < row.count
        ? html`<span class="bad-text">${row.serving}</span>` : row.serving},
      ...trafficColumns,
      {title: 'List', cell: row => row.freshness === 'CURRENT' ? 'current' : text(row.freshness?.toLowerCase())},
    ], page.services, row => row.name)}
    ${page.edges.length === 0 ? nothing : table('Calls', [
      {title: 'Caller', cell: row => row.from},
      {title: 'Calls', cell: row => row.to},
      ...trafficColumns,
    ], page.edges, row => row.from + '>' + row.to)}
    ${search(find, context, 'system')}
    ${table('Endpoints', endpointColumns(context.open), [...endpoints, ...page.processes], endpointKey)}
    ${moreRows(more, context)}`;
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} what its fields have */
const entries = form => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));

/** @param {string} find @param {Context} context @param {string} view */
const search = (find, context, view) => html`
  <form class="filter" role="search" @submit=${submit => {
    submit.preventDefault();
    context.go(viewLink(view, entries(submit.target)));
  }}>
    <label>Find endpoints <input name="find" type="search" .value=${live(find)} placeholder="id, address, state, version or zone"></label>
    <button>Find</button>
  </form>`;

/** More rows of a service are for curl: a browser is to stay fluent. */
const MOST_ROWS = 200;

/** @param {number} more @param {Context} context */
function moreRows(more, context) {
  if (more === 0) return nothing;
  const query = new URLSearchParams(context.query);
  const limit = Number(query.get('limit') ?? '50');
  query.set('limit', String(Math.min(limit * 2, MOST_ROWS)));
  return html`<p>${more.toLocaleString('en')} more.
    ${limit < MOST_ROWS ? html`<a href=${'?' + query}>Show more of each service</a>, or find` : 'Find'} those that matter.</p>`;
}

/** @param {any} page @param {Context} context */
function service(page, context) {
  const {name} = page.service;
  return html`
    <h1 tabindex="-1">${name}</h1>
    <p>${page.service.serving} of ${page.service.count} endpoints are serving.</p>
    ${problemList(page.problems)}
    ${table('Methods, over the last ten seconds', methodColumns, page.methods, row => row.method)}
    ${page.callers.length === 0 ? nothing : table('Callers', [
      {title: 'Caller', cell: row => row.caller}, ...trafficColumns,
    ], page.callers, row => row.caller)}
    ${search(context.query.get('find') ?? '', context, 'services/' + encodeURIComponent(name))}
    ${table('Endpoints', endpointColumns(context.open), page.service.endpoints, endpointKey)}
    ${moreRows(page.service.more, context)}
    ${page.scaling ? html`<section><h2>Scaling</h2>${decisions(page.scaling)}</section>` : nothing}`;
}

const WINDOWS = [['minute', '60 seconds'], ['hour', '60 minutes'], ['day', '24 hours']];

/** @param {any} page */
function method(page) {
  const sides = [['server', 'As servers see it'], ['client', 'As callers see it']];
  return html`
    <h1 tabindex="-1">${page.method}</h1>
    <nav class="tabs" aria-label="Time">${WINDOWS.map(([key, title]) => html`
      <a href=${methodLink(page.method, key)} aria-current=${key === page.window ? 'true' : 'false'}>${title}</a>`)}
    </nav>
    ${problemList(page.problems)}
    <dl class="figures">
      <div><dt>In flight</dt><dd>${page.load.inFlight}</dd></div>
      <div><dt>Waiting at these servers</dt><dd>${page.load.waiting}</dd></div>
      <div><dt>Limit</dt><dd>${page.load.limit === 0 ? 'none' : page.load.limit}</dd></div>
      <div><dt>Rejected</dt><dd>${counts(page.load.rejected)}</dd></div>
    </dl>
    ${sides.map(([key, title]) => page[key].start.length === 0 ? nothing : side(title, page[key], page.marks))}
    ${page.marks.length === 0 ? nothing : html`
      <h2>What happened</h2>
      <ul>${page.marks.map(mark => html`<li><time>${clock(new Date(mark.at * 1000).toISOString())}</time> ${mark.text}</li>`)}</ul>`}`;
}

/** @param {string} title @param {any} curves @param {any[]} marks */
const side = (title, curves, marks) => html`
  <section>
    <h2>${title}</h2>
    <div class="charts">
      <figure><figcaption>Calls</figcaption>
        <fl-chart .data=${{times: curves.start, marks, format: rate, label: 'Calls', series: [
          {label: 'calls', values: curves.rate, colour: '--accent', fill: true},
          {label: 'failed', values: curves.failed, colour: '--bad'},
          {label: 'rejected', values: curves.rejectedRate, colour: '--warn'},
        ]}}></fl-chart></figure>
      <figure><figcaption>Time</figcaption>
        <fl-chart .data=${{times: curves.start, marks, format: time, label: 'Time', series: [
          {label: 'p50', values: curves.p50, colour: '--good'},
          {label: 'p90', values: curves.p90, colour: '--accent'},
          {label: 'p99', values: curves.p99, colour: '--warn'},
          {label: 'p99.9', values: curves.p999, colour: '--bad'},
        ]}}></fl-chart></figure>
      ${curves.inFlight.some(each => each > 0) ? html`<figure><figcaption>In flight</figcaption>
        <fl-chart .data=${{times: curves.start, marks, format: String, label: 'In flight', series: [
          {label: 'in flight', values: curves.inFlight, colour: '--accent', fill: true},
        ]}}></fl-chart></figure>` : nothing}
    </div>
    ${table('By process', [
      {title: 'Process', cell: row => row.process}, ...methodColumns.slice(1),
    ], curves.processes, row => row.process)}
  </section>`;

const KINDS = [['recent', 'Recent'], ['slow', 'Slow'], ['failed', 'Failed']];

/** @type {import('./tables.js').Column[]} */
const callColumns = [
  {title: 'Ended', cell: row => row.trace
    ? html`<a href=${traceLink(row.trace)} aria-label=${'Story of the call of ' + row.method + ' at ' + clock(row.ended)}>${clock(row.ended)}</a>`
    : clock(row.ended)},
  {title: 'Process', cell: row => row.process},
  {title: 'Side', cell: row => row.side},
  {title: 'Method', cell: row => row.method},
  {title: 'Status', cell: row => row.code === 'OK' ? 'OK' : html`<span class="bad-text">${row.code}</span>`},
  {title: 'Took', number: true, cell: row => time(row.took)},
  {title: 'Waited', number: true, cell: row => time(row.queued)},
  {title: 'Peer', cell: row => text(row.peer)},
  {title: 'How it went', cell: row => html`<details><summary>show</summary><pre>${text(row.explanation)}</pre></details>`},
];

/** @param {any} row */
const callKey = row => row.process + row.side + row.method + row.ended + row.took + row.peer;

/** @param {any} page @param {Context} context */
function calls(page, context) {
  return html`
    <h1 tabindex="-1">Calls</h1>
    <nav class="tabs" aria-label="Kind of call">${KINDS.map(([key, title]) => html`
      <a href=${viewLink('calls', {kind: key === 'recent' ? '' : key, method: page.method})}
          aria-current=${key === page.kind ? 'true' : 'false'}>${title}</a>`)}
    </nav>
    <form class="filter" role="search" @submit=${submit => {
      submit.preventDefault();
      context.go(viewLink('calls', {kind: page.kind, ...entries(submit.target)}));
    }}>
      <label>Method <input name="method" .value=${live(page.method)} placeholder="shop.v1.Inventory/Reserve"></label>
      <button>Filter</button>
    </form>
    ${problemList(page.problems)}
    ${page.calls.length === 0 ? html`<p>No calls.</p>` : table('Calls, newest first', callColumns, page.calls, callKey)}`;
}

/** @param {any} page @param {Context} context */
function tap(page, context) {
  return html`
    <h1 tabindex="-1">Tap</h1>
    <form class="filter" role="search" @submit=${submit => {
      submit.preventDefault();
      context.go(viewLink('tap', entries(submit.target)));
    }}>
      <label>Method or service <input name="method" .value=${live(page.method)} placeholder="shop.v1.Inventory"></label>
      <label>Slower than, in ms <input name="slow" inputmode="numeric" .value=${live(page.slow)}></label>
      <label><input name="failed" type="checkbox" value="true" .checked=${live(page.failed)}> failed</label>
      <button>Tap</button>
    </form>
    ${problemList(page.problems)}
    <p>${page.count ?? 0} calls have ended. Each process shows 100 a second at most.</p>
    ${page.calls.length === 0 ? nothing : table('Calls as they end, newest first', callColumns, page.calls, callKey)}`;
}

/** @param {any} page */
function trace(page) {
  return html`
    <h1 tabindex="-1">Story of one call</h1>
    <p>Trace <code>${page.trace}</code></p>
    ${problemList(page.problems)}
    ${page.calls.length === 0 ? html`<p>No process has a call of this trace any more.</p>` : html`
      <ol class="story">${repeat(page.calls, callKey, call => html`
        <li class=${'depth' + Math.min(call.depth, 8)}>
          <p><strong>${call.method}</strong> ${call.side === 'server' ? 'served by' : 'called by'} ${call.process}:
            <span class=${call.code === 'OK' ? '' : 'bad-text'}>${call.code}</span> after ${time(call.took)}${
            call.queued > 0 ? ', of which it waited ' + time(call.queued) : ''}</p>
          <p><small>${call.side === 'server' ? 'from' : 'to'} ${text(call.peer)}, ended at ${clock(call.ended)}</small></p>
          <pre>${text(call.explanation)}</pre>
        </li>`)}
      </ol>`}`;
}

/**
 * What decided a value, and which live override it was.
 *
 * @param {any} row
 */
function origin(row) {
  const kind = row.origin === 'LIVE' ? 'warn' : row.origin === 'DEFAULT' ? '' : 'good';
  return html`<span class=${'badge ' + kind}>${row.origin.toLowerCase()}</span> ${row.source}`;
}

/** @param {any} page */
function policy(page) {
  return html`
    <h1 tabindex="-1">Policy</h1>
    ${problemList(page.problems)}
    ${page.fields.length === 0 ? html`<p>No channel that is shown has called a method.</p>` : table(
      'Values in force, and what decided each', [
        {title: 'Method', cell: row => row.method},
        {title: 'Process', cell: row => row.process},
        {title: 'Target', cell: row => row.target},
        {title: 'Field', cell: row => row.name},
        {title: 'Value', cell: row => row.value},
        {title: 'Origin', cell: origin},
      ], page.fields, row => [row.process, row.target, row.method, row.name].join())}
    ${page.limits.length === 0 ? '' : table('Limits of servers', [
      {title: 'Process', cell: row => row.process},
      {title: 'Server', cell: row => row.server},
      {title: 'Limits', cell: row => row.value},
      {title: 'Origin', cell: origin},
    ], page.limits, row => [row.process, row.server].join())}
    ${page.settings.length === 0 ? '' : table('Settings', [
      {title: 'Process', cell: row => row.process},
      {title: 'Setting', cell: row => row.name},
      {title: 'Value', cell: row => row.value},
      {title: 'Origin', cell: row => row.origin},
    ], page.settings, row => [row.process, row.name].join())}`;
}

/** @param {any} page @param {Context} context */
function registry(page, context) {
  return html`
    <h1 tabindex="-1">Registry</h1>
    ${problemList(page.problems)}
    ${table('Lists', [
      {title: 'Service', cell: row => html`<a href=${serviceLink(row.service)}>${row.service}</a>`},
      {title: 'Endpoints', number: true, cell: row => row.endpoints},
      {title: 'List', cell: row => row.list},
      {title: 'Revision', number: true, cell: row => text(row.revision)},
    ], page.lists, row => row.service)}
    ${search(context.query.get('find') ?? '', context, 'registry')}
    ${table('Keys, and what their processes say of them', [
      {title: 'Key', cell: row => row.service + '/' + row.id},
      {title: 'Addresses', cell: row => row.process},
      {title: 'Started ago', cell: row => text(row.age)},
      {title: 'Registration', cell: row => html`${row.state === '' ? '–' : html`<span
          class=${'badge ' + (row.state === 'registered' ? 'good' : 'bad')}>${row.state}</span>`}
          ${row.detail ? html`<br><small>${row.detail}</small>` : nothing}`},
      {title: 'For', cell: row => text(row.held)},
      {title: 'Weight', number: true, cell: row => row.weight},
      {title: 'Draining', cell: row => row.draining ? 'yes' : 'no'},
      {title: 'Version', cell: row => text(row.version)},
      {title: 'Zone', cell: row => text(row.zone)},
      {title: 'Tags', cell: row => text(row.tags)},
    ], page.rows, endpointKey)}
    ${moreRows(page.more, context)}`;
}

/** @param {any} page */
function lint(page) {
  return html`
    <h1 tabindex="-1">Lint</h1>
    ${problemList(page.problems)}
    ${page.findings.length === 0 ? html`<p>Nothing was found.</p>` : html`
      <ul class="findings">${repeat(page.findings, row => [row.process, row.rule, row.subject].join(), row => html`
        <li>
          <h2>${row.rule} <small>${row.subject}</small></h2>
          <p>${row.text}</p>
          <p><strong>Way out:</strong> ${row.wayOut}</p>
          <p><small>${row.process}</small></p>
        </li>`)}
      </ul>`}`;
}

/** @type {Record<string, (page: any, context: Context) => unknown>} */
export const views = {system, service, method, calls, tap, trace, policy, scaling, registry, lint, try: tryIt};

/** What the navigation offers. */
export const places = [
  ['system', 'System'],
  ['calls', 'Calls'],
  ['tap', 'Tap'],
  ['policy', 'Policy'],
  ['scaling', 'Scaling'],
  ['registry', 'Registry'],
  ['lint', 'Lint'],
  ['try', 'Try it'],
].map(([path, title]) => ({path, title, url: mount + path}));
