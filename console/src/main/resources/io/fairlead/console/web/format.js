// Figures as people read them. Nothing here touches the page.

/** @param {number | undefined} perSecond */
export function rate(perSecond) {
  if (perSecond === undefined) return '–';
  if (perSecond === 0) return '0/s';
  return (perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en')) + '/s';
}

/** @param {number | undefined} share */
export function percent(share) {
  if (share === undefined) return '–';
  return share === 0 ? '0 %' : (share * 100).toFixed(share < 0.1 ? 2 : 1) + ' %';
}

/** @param {number | undefined} seconds */
export function time(seconds) {
  if (!seconds || seconds <= 0) return '–';
  if (seconds < 1e-3) return Math.round(seconds * 1e6) + ' µs';
  if (seconds < 0.1) return (seconds * 1e3).toFixed(1) + ' ms';
  if (seconds < 1) return Math.round(seconds * 1e3) + ' ms';
  return seconds.toFixed(seconds < 100 ? 1 : 0) + ' s';
}

/** @param {string | number | undefined | null} value */
export function text(value) {
  return value === undefined || value === null || value === '' ? '–' : String(value);
}

/** @param {Record<string, number> | undefined} counts by reason */
export function counts(counts) {
  const all = Object.entries(counts ?? {});
  return all.length === 0 ? '–' : all.map(([reason, count]) => reason + ' ' + count).join(', ');
}

/** @param {string} iso a moment, of which the time of day is shown */
export function clock(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? text(iso) : at.toLocaleTimeString('en-GB') + '.' + String(at.getMilliseconds()).padStart(3, '0');
}
