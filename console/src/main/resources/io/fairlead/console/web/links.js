// Addresses of the views. What others chose, such as the name of a service, is one part of a path.

/** The path that the console is mounted at, with a slash at its end. */
export const mount = new URL('..', import.meta.url).pathname;

/** @param {string} name with slashes between its parts */
const parts = name => name.split('/').map(encodeURIComponent).join('/');

/** @param {string} name */
export const serviceLink = name => mount + 'services/' + encodeURIComponent(name);
/** @param {string} method @param {string} [window] */
export const methodLink = (method, window) =>
  mount + 'methods/' + parts(method) + (window && window !== 'minute' ? '?window=' + window : '');
/** @param {string} trace */
export const traceLink = trace => mount + 'traces/' + encodeURIComponent(trace);

/**
 * @param {string} view
 * @param {Record<string, string>} parameters those that are empty are left out
 */
export function viewLink(view, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''));
  return mount + view + (query.size === 0 ? '' : '?' + query);
}
