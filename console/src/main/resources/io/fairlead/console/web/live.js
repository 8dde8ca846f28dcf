// The figures of one view, as server-sent events. EventSource cannot send a token, so this reads them itself.

const RETRY_MILLIS = 2000;

/** What the console refused, with its status. */
export class Refusal extends Error {
  /** @param {number} status @param {string} text */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

const TOKEN = 'fairlead.token';

/** The token is in the part of an address that no server sees; it stays in this tab. */
export function takeToken() {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(TOKEN, decodeURIComponent(found[1]));
    history.replaceState(null, '', location.pathname + location.search);
  }
}

/** @param {string} token */
export function saveToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

/** @returns {Record<string, string>} */
function authorization() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? {authorization: 'Bearer ' + token} : {};
}

/**
 * Asks once.
 *
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the JSON
 */
export async function ask(url, options = {}) {
  const headers = {accept: 'application/json', ...authorization(), ...options.headers};
  const response = await fetch(url, {...options, headers});
  if (!response.ok) throw new Refusal(response.status, (await response.text()).trim());
  return response.json();
}

/**
 * Acts on a process.
 *
 * @param {string} url
 * @param {unknown} [body]
 */
export function act(url, body) {
  return ask(url, {
    method: 'POST',
    headers: {'x-fairlead-action': '1', 'content-type': 'application/json'},
    body: body === undefined ? '' : JSON.stringify(body),
  });
}

/** Reads a view until it is closed. It begins again after a loss, and rests while nobody sees the page. */
export class Live {
  /**
   * @param {string} url
   * @param {{page: (page: any) => void, problem: (text: string) => void, call: (call: any) => void,
   *     refused: (refusal: Refusal) => void, state: (state: string) => void}} listener
   * @param {boolean} paused whether it waits for pause(false)
   */
  constructor(url, listener, paused) {
    this.url = url;
    this.listener = listener;
    this.closed = false;
    this.paused = paused;
    this.abort = new AbortController();
    this.onVisibility = () => this.restart();
    document.addEventListener('visibilitychange', this.onVisibility);
    this.run();
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    this.restart();
  }

  restart() {
    this.abort.abort();
    this.abort = new AbortController();
    if (!this.closed) this.run();
  }

  close() {
    this.closed = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.abort.abort();
  }

  async run() {
    const {signal} = this.abort;
    while (!signal.aborted) {
      if (this.paused || document.hidden) {
        this.listener.state('paused');
        return;
      }
      try {
        await this.read(signal);
      } catch (failure) {
        if (signal.aborted) return;
        if (failure instanceof Refusal && failure.status < 500 && failure.status !== 429) {
          this.listener.refused(failure);
          return;
        }
        if (failure instanceof Refusal) this.listener.problem(failure.message);
      }
      if (signal.aborted) return;
      this.listener.state('lost; trying again');
      await new Promise(done => setTimeout(done, RETRY_MILLIS));
    }
  }

  /** @param {AbortSignal} signal */
  async read(signal) {
    const headers = {accept: 'text/event-stream', ...authorization()};
    const response = await fetch(this.url, {headers, signal, cache: 'no-store'});
    if (!response.ok || !response.body) throw new Refusal(response.status, (await response.text()).trim());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const {done, value} = await reader.read();
      if (done || signal.aborted) return;
      const events = (rest + value).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) this.take(event);
    }
  }

  /** @param {string} event */
  take(event) {
    let type = 'message';
    const data = [];
    for (const line of event.split('\n')) {
      if (line.startsWith('event: ')) type = line.slice(7);
      if (line.startsWith('data: ')) data.push(line.slice(6));
    }
    this.listener.state('live');
    if (type === 'page') this.listener.page(JSON.parse(data.join('\n')));
    if (type === 'call') this.listener.call(JSON.parse(data.join('\n')));
    if (type === 'problem') this.listener.problem(data.join('\n'));
  }
}
