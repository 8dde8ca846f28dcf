// The frame around the views: where the reader is, what is shown there, and what keeps it up to date.
import {html, nothing, render} from '../lib/lit-html.js';
import {Live, saveToken, takeToken} from './live.js';
import {mount} from './links.js';
import {notice, openActions} from './actions.js';
import {places, views} from './views.js';

/** @param {string} id */
const element = id => /** @type {HTMLElement} */ (document.getElementById(id));

const main = element('main');
/** @type {Live | undefined} */
let source;
/** @type {any} */
let page;
let paused = false;

/** Shows what there is. @param {unknown} content */
const show = content => render(content, main);

function draw() {
  const view = page && views[page.view];
  if (!view) return;
  show(view(page, {
    query: new URLSearchParams(location.search),
    go,
    redraw: draw,
    open: row => openActions(row, element('dialogs')),
  }));
  document.title = (main.querySelector('h1')?.textContent ?? 'Console') + ' – Fairlead';
}

/** @param {import('./live.js').Refusal} refusal */
function refused(refusal) {
  if (refusal.status !== 401 && refusal.status !== 403) {
    show(html`<h1>Not here</h1><p class="bad-text">${refusal.message}</p>`);
    return;
  }
  show(html`
    <h1>Who are you?</h1>
    <p>${refusal.message}</p>
    <form class="filter" @submit=${submit => {
      submit.preventDefault();
      saveToken(String(new FormData(submit.target).get('token')));
      open();
    }}>
      <label>Token <input name="token" type="password" required autocomplete="off"></label>
      <button>Use it</button>
    </form>
    <p><small>It stays in this tab, and is sent to this address alone.</small></p>`);
}

/** Opens the view that the address names. */
function open() {
  source?.close();
  page = undefined;
  drawNavigation();
  source = new Live(location.pathname + location.search, {
    page: next => {
      const first = page === undefined;
      page = next;
      element('notice').classList.remove('bad-text');
      draw();
      if (first && moved) main.querySelector('h1')?.focus();
    },
    problem: text => {
      if (page === undefined) show(html`<h1>No answer</h1><p class="bad-text">${text}</p>`);
      else notice(text);
    },
    call,
    refused,
    state: text => {
      const place = element('connection');
      if (place.textContent !== text) place.textContent = text;
    },
  }, paused);
}

let drawing = false;

/** Adds a call to a tap; however many come, the page is drawn once a frame. @param {any} next */
function call(next) {
  if (page?.view !== 'tap') return;
  page.calls = [next, ...page.calls].slice(0, 200);
  page.count = (page.count ?? 0) + 1 + next.lost;
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    draw();
  });
}

/** Whether the reader has followed a link, so that the focus goes to the new heading. */
let moved = false;

/** @param {string} url of a view */
function go(url) {
  moved = true;
  history.pushState(null, '', url);
  show(html`<h1 tabindex="-1">…</h1>`);
  open();
  scrollTo(0, 0);
}

function drawNavigation() {
  const path = location.pathname;
  const here = path === mount || path + '/' === mount ? mount + 'system' : path;
  render(html`<ul>${places.map(each => html`
    <li><a href=${each.url} aria-current=${isAt(here, each.path) ? 'page' : nothing}>${each.title}</a></li>`)}</ul>`,
  element('nav'));
}

/** @param {string} here @param {string} path of a place */
function isAt(here, path) {
  const view = here.slice(mount.length).split('/')[0];
  return view === path || (path === 'system' && (view === 'services' || view === 'methods'))
    || (path === 'calls' && view === 'traces');
}

document.addEventListener('click', click => {
  const link = click.target instanceof Element ? click.target.closest('a') : null;
  if (!link || click.defaultPrevented || click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(mount) || url.hash) return;
  click.preventDefault();
  go(url.href);
});
addEventListener('popstate', () => {
  moved = true;
  open();
});

element('pause').addEventListener('click', () => {
  paused = !paused;
  element('pause').setAttribute('aria-pressed', String(paused));
  source?.pause(paused);
});

const theme = /** @type {HTMLSelectElement} */ (element('theme'));
const THEME = 'fairlead.theme';
function applyTheme() {
  document.documentElement.dataset.theme = theme.value;
  document.dispatchEvent(new Event('themechange'));
}
theme.value = localStorage.getItem(THEME) ?? '';
theme.addEventListener('change', () => {
  localStorage.setItem(THEME, theme.value);
  applyTheme();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);

takeToken();
applyTheme();
open();
