// Who calls whom, drawn in columns from left to right. The same is in a table below it.
import {html, nothing, svg} from '../lib/lit-html.js';
import {serviceLink} from './links.js';
import {percent, rate} from './format.js';

const WIDTH = 170;
const HEIGHT = 40;
const GAP_X = 190;
const GAP_Y = 22;

/** @typedef {{from: string, to: string, rate: number, failures: number}} Edge */

/**
 * Puts each name into a column: callers before what they call. A circle ends where it began.
 *
 * @param {string[]} names
 * @param {Edge[]} edges
 * @returns {Map<string, number>}
 */
export function columns(names, edges) {
  /** @type {Map<string, string[]>} */
  const calls = new Map(names.map(name => [name, []]));
  for (const edge of edges) if (edge.from !== edge.to) calls.get(edge.from)?.push(edge.to);
  /** @type {Map<string, number>} */
  const column = new Map(names.map(name => [name, 0]));
  const called = new Set(edges.filter(edge => edge.from !== edge.to).map(edge => edge.to));
  const roots = names.filter(name => !called.has(name));
  const path = new Set();
  let steps = 0;
  /** @param {string} name @param {number} depth */
  const visit = (name, depth) => {
    // A fleet in which everybody calls everybody has more paths than anyone can walk.
    if (path.has(name) || steps++ > 20000) return;
    column.set(name, Math.max(column.get(name) ?? 0, depth));
    path.add(name);
    for (const next of calls.get(name) ?? []) if ((column.get(next) ?? 0) <= depth) visit(next, depth + 1);
    path.delete(name);
  };
  for (const root of roots.length ? roots : names.slice(0, 1)) visit(root, 0);
  return column;
}

/** @param {string} name */
const short = name => name.length > 22 ? '…' + name.slice(-21) : name;

/**
 * @param {{name: string, serving: number, count: number}[]} services
 * @param {Edge[]} edges
 * @param {(url: string) => void} go
 */
export function graph(services, edges, go) {
  if (edges.length === 0) return nothing;
  const known = new Map(services.map(each => [each.name, each]));
  const names = [...new Set([...services.map(each => each.name), ...edges.flatMap(each => [each.from, each.to])])].sort();
  const column = columns(names, edges);
  /** @type {number[]} */
  const filled = [];
  const places = new Map(names.map(name => {
    const at = column.get(name) ?? 0;
    const row = filled[at] = (filled[at] ?? 0) + 1;
    return [name, {x: at * (WIDTH + GAP_X), y: (row - 1) * (HEIGHT + GAP_Y)}];
  }));
  const width = Math.max(...[...places.values()].map(each => each.x)) + WIDTH;
  const height = Math.max(...filled.map(each => each ?? 0)) * (HEIGHT + GAP_Y);
  const most = Math.max(1, ...edges.map(each => each.rate));
  return html`
    <div class="graph" role="img" aria-label="Call graph of ${names.length} services and callers; the table Calls has the same">
      <svg viewBox="-4 -4 ${width + 8} ${height + 8}" width=${width + 8} height=${height + 8} aria-hidden="true">
        ${edges.map(edge => edgeLine(edge, places, most))}
        ${names.map(name => node(name, places, known.get(name), go))}
      </svg>
    </div>`;
}

/**
 * @param {Edge} edge
 * @param {Map<string, {x: number, y: number}>} places
 * @param {number} most
 */
function edgeLine(edge, places, most) {
  const from = places.get(edge.from) ?? {x: 0, y: 0};
  const to = places.get(edge.to) ?? {x: 0, y: 0};
  const x1 = from.x + WIDTH;
  const y1 = from.y + HEIGHT / 2;
  const x2 = to.x;
  const y2 = to.y + HEIGHT / 2;
  const bend = Math.max(40, (x2 - x1) / 2);
  const kind = edge.failures > 0.05 ? 'bad' : edge.failures > 0 ? 'warn' : 'good';
  return svg`
    <path class="edge ${kind}" d="M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}"
        stroke-width=${1 + 4 * edge.rate / most}></path>
    <text class="edge-label" x=${(x1 + x2) / 2} y=${(y1 + y2) / 2 - 6} text-anchor="middle"
        >${rate(edge.rate)}${edge.failures > 0 ? ', ' + percent(edge.failures) + ' failed' : ''}</text>`;
}

/**
 * @param {string} name
 * @param {Map<string, {x: number, y: number}>} places
 * @param {{serving: number, count: number} | undefined} service
 * @param {(url: string) => void} go
 */
function node(name, places, service, go) {
  const {x, y} = places.get(name) ?? {x: 0, y: 0};
  const kind = !service ? '' : service.serving === service.count ? 'good' : service.serving === 0 ? 'bad' : 'warn';
  const body = svg`
    <rect class="node ${kind}" x=${x} y=${y} width=${WIDTH} height=${HEIGHT} rx="5"></rect>
    <text class="node-name" x=${x + 10} y=${y + 17}><title>${name}</title>${short(name)}</text>
    <text class="node-detail" x=${x + 10} y=${y + 32}
        >${service ? service.serving + ' of ' + service.count + ' serving' : 'caller'}</text>`;
  // For the mouse alone: the table of services has the links.
  return service ? svg`<g class="link" @click=${() => go(serviceLink(name))}>${body}</g>` : body;
}
