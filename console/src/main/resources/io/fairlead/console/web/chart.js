// A curve over time. For those who do not see it, its label says the last and the highest figures.
import uPlot from '../lib/uplot.js';

/** @typedef {{label: string, values: number[], colour: string, fill?: boolean}} Series */
/** @typedef {{at: number, kind: string, text: string}} Mark */

const HEIGHT = 180;

/** The colours of marks; what people did has that of the calls. */
const MARKS = new Map([['start', '--good'], ['breaker', '--bad']]);

/** @param {string} name of a custom property of the style sheet */
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {number} at in seconds since the epoch */
const timeOfDay = at => new Date(at * 1000).toLocaleTimeString('en-GB');

class Chart extends HTMLElement {
  constructor() {
    super();
    /** @type {{times: number[], series: Series[], marks: Mark[], format: (value: number) => string, label: string} | undefined} */
    this.wanted = undefined;
    /** @type {uPlot | undefined} */
    this.plot = undefined;
    this.shape = '';
    this.onTheme = () => this.draw(true);
    this.resizing = new ResizeObserver(() => {
      if (this.plot && this.clientWidth > 0) this.plot.setSize({width: this.clientWidth, height: HEIGHT});
    });
  }

  /** What is drawn; lit sets it whenever the figures change. */
  set data(wanted) {
    this.wanted = wanted;
    if (this.isConnected) this.draw(false);
  }

  connectedCallback() {
    this.setAttribute('role', 'img');
    document.addEventListener('themechange', this.onTheme);
    this.resizing.observe(this);
    this.draw(true);
  }

  disconnectedCallback() {
    document.removeEventListener('themechange', this.onTheme);
    this.resizing.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  /** @param {boolean} fresh */
  draw(fresh) {
    const wanted = this.wanted;
    if (!wanted) return;
    const {times, series, format, label} = wanted;
    this.setAttribute('aria-label', label + ': ' + series.map(each =>
      each.label + ' ' + format(each.values.at(-1) ?? 0) + ', at most ' + format(Math.max(0, ...each.values))).join('; '));
    const data = /** @type {uPlot.AlignedData} */ ([times, ...series.map(each => each.values)]);
    const shape = series.map(each => each.label).join();
    if (!fresh && this.plot && shape === this.shape) {
      this.plot.setData(data);
      return;
    }
    this.shape = shape;
    this.plot?.destroy();
    const axis = {stroke: colour('--faint'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false}};
    this.plot = new uPlot({
      width: Math.max(200, this.clientWidth),
      height: HEIGHT,
      cursor: {drag: {x: false, y: false}},
      scales: {y: {range: (_, least, most) => [0, most > 0 ? most * 1.1 : 1]}},
      axes: [
        {...axis, space: 80, values: (_, ticks) => ticks.map(timeOfDay)},
        {...axis, size: 72, values: (_, ticks) => ticks.map(each => each === 0 ? '0' : format(each))},
      ],
      series: [{label: 'at', value: (_, at) => at === null || at === undefined ? '–' : timeOfDay(at)}, ...series.map(each => ({
        label: each.label,
        stroke: colour(each.colour),
        fill: each.fill ? colour(each.colour) + '22' : undefined,
        width: 1.5,
        points: {show: false},
        value: (_, value) => value === null || value === undefined ? '–' : format(value),
      }))],
      hooks: {draw: [plot => this.drawMarks(plot)]},
    }, data, this);
  }

  /** @param {uPlot} plot */
  drawMarks(plot) {
    const {ctx, bbox} = plot;
    ctx.save();
    for (const mark of this.wanted?.marks ?? []) {
      const x = plot.valToPos(mark.at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = colour(MARKS.get(mark.kind) ?? '--accent');
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }
}

customElements.define('fl-chart', Chart);
