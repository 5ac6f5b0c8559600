// The live figure: a descent in the hands of who looks at it. First the mathematics, which the tests hold
// to gdmath, then the figure. GDLive.mount(root, figure) draws one; a page may hold several.
const GDLive = (() => {
  'use strict';
  const { abs, ceil, floor, hypot, log, max, min, sqrt } = Math;

  // -- mathematics -------------------------------------------------------------------------------------------

  const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;

  // The loss of all lines, L(b, w) = mean or sum of (b + w x - y)^2: five moments of the points say all of it.
  const bowlOf = (x, y, reduction = 'mean') => {
    const mx = mean(x), my = mean(y), weight = reduction === 'sum' ? x.length : 1;
    const v = x.every((each) => each === x[0]) ? 0 : mean(x.map((each) => (each - mx) ** 2));
    const w = mean(x.map((each, i) => (each - mx) * (y[i] - my))) / v, b = my - w * mx;
    // the eigenvalues of 2 [[1, m], [m, m^2 + v]] are s -+ d; their product is 4 v, and s - d would lose digits
    const high = 1 + mx * mx + v + hypot(1 + mx * mx - v, 2 * mx * sqrt(v));
    const low = min(4 * v / high, high);
    return {
      x, y, reduction, weight, mx, v, b, w, low: weight * low, high: weight * high,
      least: weight * mean(x.map((each, i) => (y[i] - b - w * each) ** 2)),
      // Of the steepest axis, from the axis of b.
      angle: Math.atan2(2 * mx, 1 - mx * mx - v) / 2,
      limit: 2 / (weight * high), best: 2 / (weight * (low + high)),
      curvatures: [2 * weight, 2 * weight * (mx * mx + v)],
    };
  };

  const lossAt = (bowl, b, w) => {
    const dw = w - bowl.w, across = b - bowl.b + dw * bowl.mx;
    return bowl.least + bowl.weight * (across * across + dw * dw * bowl.v);
  };

  const slopesAt = (bowl, b, w) => {
    const dw = w - bowl.w, across = b - bowl.b + dw * bowl.mx;
    return [2 * bowl.weight * across, 2 * bowl.weight * (bowl.mx * across + bowl.v * dw)];
  };

  const slopesOn = (bowl, b, w, rows) => {
    let sumB = 0, sumW = 0;
    for (const row of rows) {
      const miss = b + w * bowl.x[row] - bowl.y[row];
      sumB += miss;
      sumW += bowl.x[row] * miss;
    }
    const share = 2 / (bowl.reduction === 'sum' ? 1 : rows.length);
    return [share * sumB, share * sumW];
  };

  // The rows of the k-th update: batches of a size along a recorded order of the points, an epoch after another.
  const batchAt = ({ size, order }, n, k) => {
    const each = ceil(n / size), epoch = floor(k / each) % (order.length / n), first = (k % each) * size;
    return order.slice(epoch * n + first, epoch * n + min(first + size, n));
  };

  // p[k + 1] = p[k] - rate g[k]; only rows whose numbers are all finite are kept. `moves` holds an axis by 0.
  const descend = (bowl, start, rate, steps, batch = null, moves = [1, 1]) => {
    const run = { b: [], w: [], losses: [], ended: 'took every step' };
    let [b, w] = start;
    for (let k = 0; k <= steps; k += 1) {
      const loss = lossAt(bowl, b, w);
      const [inB, inW] = batch ? slopesOn(bowl, b, w, batchAt(batch, bowl.x.length, k)) : slopesAt(bowl, b, w);
      if (![b, w, loss, inB, inW].every(Number.isFinite)) break;
      run.b.push(b);
      run.w.push(w);
      run.losses.push(loss);
      b -= moves[0] * rate * inB;
      w -= moves[1] * rate * inW;
    }
    const { losses } = run, last = losses.length - 1;
    if (last < steps) run.ended = 'diverged';
    else if (run.b.every((each) => each === run.b[0]) && run.w.every((each) => each === run.w[0])) run.ended = 'stood still';
    else if (batch || moves.includes(0)) run.ended = 'took every step';
    else if (abs(rate - bowl.limit) <= 1e-12 * bowl.limit) run.ended = 'oscillates';
    else if (rate > bowl.limit && losses[last] > losses[last - 1]) run.ended = 'diverged';
    return run;
  };

  const errorKept = (bowl, rate) => max(abs(1 - rate * bowl.low), abs(1 - rate * bowl.high));

  // How many steps bring the loss to 1.01 times the lowest; null where 100,000 do not.
  const stepsNeeded = (bowl, start, rate) => {
    let [b, w] = start;
    for (let k = 0; k <= 1e5; k += 1) {
      const loss = lossAt(bowl, b, w);
      if (loss <= 1.01 * bowl.least) return k;
      if (!Number.isFinite(loss)) return null;
      const [inB, inW] = slopesAt(bowl, b, w);
      b -= rate * inB;
      w -= rate * inW;
    }
    return null;
  };

  const standardised = (x, [middle, spread]) => x.map((each) => (each - middle) / spread);
  const scaleOf = (x) => {
    const middle = mean(x);
    return [middle, sqrt(mean(x.map((each) => (each - middle) ** 2)))];
  };
  // The same line on another scale of x.
  const lineOn = ([b, w], [middle, spread]) => [b + w * middle, w * spread];
  const lineOff = ([b, w], [middle, spread]) => [b - w / spread * middle, w / spread];

  // Losses of level lines as the films choose them: doubling, up to four times the start's, at most nine.
  const levelsOf = (bowl, start) => {
    const top = 4 * lossAt(bowl, ...start), found = [];
    for (let rung = 2 ** floor(Math.log2(top)); found.length < 9 && rung > bowl.least; rung /= 2) {
      if (rung < top) found.push(rung);
    }
    return found;
  };

  // A window of b and w around the lowest point that holds the start, all that descent below the limit can reach
  // from there, and the first two rows of a run unless they lie far outside.
  const windowOf = (bowl, start, run) => {
    const [db, dw] = [start[0] - bowl.b, start[1] - bowl.w], [cos, sin] = [Math.cos(bowl.angle), Math.sin(bowl.angle)];
    const steep = abs(db * cos + dw * sin), flat = abs(dw * cos - db * sin);
    const rise = max(lossAt(bowl, ...start) - bowl.least, 1e-9 * (bowl.least + 1));
    const half = [steep * abs(cos) + flat * abs(sin), steep * abs(sin) + flat * abs(cos)]
      .map((reached, axis) => 1.2 * max(reached, sqrt(2 * rise / bowl.curvatures[axis])));
    let win = [bowl.b - half[0], bowl.b + half[0], bowl.w - half[1], bowl.w + half[1]];
    for (const k of [1, 2].filter((row) => row < run.b.length)) {
      const wider = [[run.b[k], 0], [run.w[k], 1]].flatMap(([value, axis]) => [
        min(win[2 * axis], value - 0.15 * half[axis]), max(win[2 * axis + 1], value + 0.15 * half[axis])]);
      if ([0, 1].some((axis) => wider[2 * axis + 1] - wider[2 * axis] > 4 * half[axis])) break;
      win = wider;
    }
    return win;
  };

  // The part of a segment that lies in a window [x0, x1, y0, y1], as the shares of its way; null for none.
  const clip = ([ax, ay], [bx, by], [x0, x1, y0, y1]) => {
    let from = 0, to = 1;
    for (const [at, way, low, high] of [[ax, bx - ax, x0, x1], [ay, by - ay, y0, y1]]) {
      if (way === 0 && (at < low || at > high)) return null;
      if (way !== 0) {
        const [first, last] = [(low - at) / way, (high - at) / way].sort((one, other) => one - other);
        from = max(from, first);
        to = min(to, last);
      }
    }
    return from <= to ? [from, to] : null;
  };

  // The rows of a run up to one that stay in a window, and where and in which step it first leaves.
  const seenIn = (xs, ys, last, win) => {
    const points = [];
    for (let k = 0; k <= last; k += 1) {
      const isIn = win[0] <= xs[k] && xs[k] <= win[1] && win[2] <= ys[k] && ys[k] <= win[3];
      if (!isIn) {
        const share = k && clip([xs[k - 1], ys[k - 1]], [xs[k], ys[k]], win)?.[1];
        if (!share) return { points, left: k, exit: null };
        const exit = [xs[k - 1] + share * (xs[k] - xs[k - 1]), ys[k - 1] + share * (ys[k] - ys[k - 1])];
        return { points: [...points, exit], left: k, exit };
      }
      points.push([xs[k], ys[k]]);
    }
    return { points, left: null, exit: null };
  };

  const ticksOf = (low, high, most) => {
    const rough = (high - low) / most, power = 10 ** floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
    const ticks = [];
    for (let k = ceil(low / step); k * step <= high; k += 1) ticks.push(k * step);
    return ticks;
  };

  // Two columns of numbers from pasted text; what is wrong with it is thrown as a sentence.
  const readTable = (text, most = 2000) => {
    const lines = text.split(/\r?\n/).map((line, i) => [i + 1, line.trim()]).filter(([, line]) => line);
    if (!lines.length) throw new Error(say`No rows: paste two columns, x and y.`);
    const mark = ['\t', ';', ','].find((each) => lines[0][1].includes(each)) || /\s+/;
    const cells = ([, line]) => line.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const number = (cell) => (cell ? Number(mark === ',' ? cell : cell.replace(',', '.')) : NaN);
    const head = cells(lines[0]), hasNames = !head.slice(0, 2).every((cell) => Number.isFinite(number(cell)));
    const rows = hasNames ? lines.slice(1) : lines, x = [], y = [];
    for (const row of rows) {
      const pair = cells(row).slice(0, 2);
      const wrong = pair.length < 2 ? '' : pair.find((cell) => !Number.isFinite(number(cell)));
      if (wrong !== undefined) throw new Error(say`Line ${row[0]}: got “${wrong || row[1]}”; allowed two numbers.`);
      x.push(number(pair[0]));
      y.push(number(pair[1]));
    }
    if (x.length < 3 || x.length > most) throw new Error(say`Got ${x.length} rows; allowed 3 to ${most}.`);
    if (x.every((each) => each === x[0])) throw new Error(say`x is ${x[0]} in every row; allowed a feature that varies.`);
    return { x, y, names: hasNames ? head.slice(0, 2) : ['x', 'y'] };
  };
  // -- numbers and marks -------------------------------------------------------------------------------------

  const RAISED = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };
  // What is said, in the language of the figure, looked up with a number in braces for each value.
  let spoken = { words: {}, decimal: '.' };
  const say = (parts, ...values) => {
    const words = parts.reduce((before, part, i) => `${before}{${i - 1}}${part}`);
    return (spoken.words[words] ?? words).replace(/\{(\d+)\}/g, (_, i) => values[i]);
  };
  const raised = (power) => [...String(power)].map((sign) => RAISED[sign]).join('');
  const written = (value, digits = 4) => {
    if (value === 0) return '0';
    const [size, power] = value.toExponential(digits - 1).split('e');
    const isPlain = power > -4 && power < 5;
    return (isPlain ? Number(value.toPrecision(digits)) + '' : `${size}×10${raised(Number(power))}`).replace('-', '−').replace('.', spoken.decimal);
  };

  const NS = 'http://www.w3.org/2000/svg';
  // Of a plane of 600 by 436.
  const BOX = { left: 76, right: 588, top: 16, bottom: 392 };
  const add = (parent, tag, values = {}) => parent.appendChild(put(document.createElementNS(NS, tag), values));
  const put = (node, values) => {
    for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
    return node;
  };
  const placesIn = ([x0, x1, y0, y1]) => {
    const wide = BOX.right - BOX.left, high = BOX.bottom - BOX.top;
    return {
      at: (x, y) => [BOX.left + (x - x0) / (x1 - x0) * wide, BOX.bottom - (y - y0) / (y1 - y0) * high],
      from: (px, py) => [x0 + (px - BOX.left) / wide * (x1 - x0), y0 + (BOX.bottom - py) / high * (y1 - y0)],
    };
  };
  const joined = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  // Dots on rows that stand apart, as one path.
  const dotted = (points, apart = 13) => {
    let d = '', last = points[0];
    for (const point of points.slice(1)) {
      if (hypot(point[0] - last[0], point[1] - last[1]) < apart) continue;
      d += `M${point[0].toFixed(1)} ${point[1].toFixed(1)}h0`;
      last = point;
    }
    return d;
  };

  const markup = () => `
<div class="top"><p class="now"><span>${say`step`} <b class="o-step"></b></span> <span class="bias"><i>b</i> <b class="o-b"></b></span>
<span class="weight"><i>w</i> <b class="o-w"></b></span> <span class="loss"><span class="o-name"></span> <b class="o-loss"></b></span></p>
<p class="verdict"></p><label class="tries">${say`From the film`} <select class="i-beat"></select></label></div>
<div class="planes"><svg class="data" role="group"></svg><svg class="map" role="group"></svg><svg class="curve" role="img"></svg></div>
<div class="dials"><div class="rate"><label>${say`Learning rate`} <input class="i-exact" inputmode="decimal" autocomplete="off"></label>
<div class="scale"><div class="marks"></div><input type="range" class="i-rate" min="0" max="1000" step="1" aria-label="${say`Learning rate on a log axis`}"><div class="decades" aria-hidden="true"></div></div></div>
<div class="time"><button type="button" class="d-play">${say`Play`}</button><label>${say`Step`} <input type="range" class="i-step" min="0" step="1"></label>
<label class="of">${say`of`} <select class="i-steps"></select></label></div></div>
<div class="switches"><label><input type="checkbox" class="i-axes"> ${say`One axis at a time`}</label>
<label><input type="checkbox" class="i-scaled"> ${say`Standardise <i>x</i>`}</label>
<label><input type="checkbox" class="i-predict"> ${say`Predict first`}</label>
<button type="button" class="d-show" hidden>${say`Show the run`}</button>
<label class="sizes">${say`Points per step`} <select class="i-size"></select></label>
<button type="button" class="d-reset">${say`Reset`}</button></div>
<div class="more"><details class="tasks" open><summary>${say`Tasks`}</summary><ol></ol></details>
<details class="own"><summary>${say`Your own points`}</summary><p>${say`Paste or drop a table: two columns, <i>x</i> and <i>y</i>.`}</p>
<textarea rows="5" aria-label="${say`Table of x and y`}" spellcheck="false"></textarea>
<button type="button" class="d-own">${say`Use them`}</button> <p class="refused" role="alert"></p></details></div>
<p class="said" role="status"></p>`;

  // -- figure ------------------------------------------------------------------------------------------------

  // A figure in an element. `figure` is what the film says (see gdlectures.exports.live); with `keepsAddress`
  // the state is in the page's address, so that it can be shared.
  const mount = (root, figure, { keepsAddress = false } = {}) => {
    spoken = figure;
    root.innerHTML = markup();
    const $ = (name) => root.querySelector(name);
    const planes = { data: $('svg.data'), map: $('svg.map'), curve: $('svg.curve') };
    const layers = {};
    for (const [name, svg] of Object.entries(planes)) {
      put(svg, { viewBox: '0 0 600 436' });
      const id = `${name}-${Math.random().toString(36).slice(2)}`;
      add(add(svg, 'clipPath', { id }), 'rect', { x: BOX.left, y: BOX.top, width: BOX.right - BOX.left, height: BOX.bottom - BOX.top });
      layers[name] = { axes: add(svg, 'g', { class: 'axes' }), inside: add(svg, 'g', { 'clip-path': `url(#${id})` }), over: add(svg, 'g') };
    }
    const { data, map, curve } = layers;
    const handle = (over, name, values) => add(over, name, { tabindex: 0, role: 'slider', ...values });
    const draw = {
      above: add(map.inside, 'rect', { class: 'above', width: '100%', height: '100%' }),
      levels: add(map.inside, 'g', { class: 'levels' }),
      misses: add(data.inside, 'path', { class: 'misses' }),
      points: add(data.inside, 'g', { class: 'points' }),
      first: add(data.inside, 'line', { class: 'first' }),
      line: add(data.inside, 'line', { class: 'line' }),
      chosen: handle(data.over, 'circle', { class: 'chosen', r: 12 }),
      lowest: add(map.inside, 'path', { class: 'lowest', d: 'M0-11L8 0 0 11-8 0Z' }),
      alone: [add(map.inside, 'polyline', { class: 'alone bias' }), add(map.inside, 'polyline', { class: 'alone weight' })],
      path: add(map.inside, 'polyline', { class: 'path' }),
      dots: add(map.inside, 'path', { class: 'dots' }),
      start: handle(map.over, 'circle', { class: 'start', r: 12, 'aria-label': say`Start` }),
      here: add(map.over, 'circle', { class: 'here', r: 10 }),
      exit: add(map.over, 'path', { class: 'exit', d: 'M-6-6L6 6M-6 6L6-6M13 0A13 13 0 1 1-13 0 13 13 0 1 1 13 0' }),
      left: add(map.over, 'text', { class: 'left', x: BOX.right - 10, y: BOX.bottom - 14, 'text-anchor': 'end' }),
      guess: handle(map.over, 'path', { class: 'guess', d: 'M-13 0H13M0-13V13M9 0A9 9 0 1 1-9 0 9 9 0 1 1 9 0', 'aria-label': say`Your guess` }),
      floor: add(curve.inside, 'line', { class: 'floor' }),
      losses: [add(curve.inside, 'polyline', { class: 'alone bias' }), add(curve.inside, 'polyline', { class: 'alone weight' })],
      fall: add(curve.inside, 'polyline', { class: 'fall' }),
      drops: add(curve.inside, 'path', { class: 'dots loss' }),
      at: add(curve.over, 'circle', { class: 'here', r: 10 }),
    };

    const fresh = () => ({
      x: [...figure.x], y: [...figure.y], names: [figure.xName, figure.yName], isOwn: false,
      start: [...figure.start], rate: figure.rate, steps: figure.steps, step: figure.step, size: 0, beat: '',
      scale: null, axes: false, predict: false, guess: null, chosen: 0, windows: null, domain: null,
    });
    const state = fresh();
    // What follows from the state: x as it is taught, the loss, the runs.
    let now = {};

    const follow = () => {
      const x = state.scale ? standardised(state.x, state.scale) : state.x, bowl = bowlOf(x, state.y, figure.reduction);
      const batch = state.isOwn ? null : figure.batches.find((each) => each.size === state.size);
      const run = descend(bowl, state.start, state.rate, state.steps, batch);
      const alone = state.axes ? [[1, 0], [0, 1]].map((moves) => descend(bowl, state.start, state.rate, state.steps, null, moves)) : [];
      const last = run.losses.length - 1, step = min(state.step, last);
      now = { x, bowl, batch, run, alone, last, step, hides: state.predict && !state.guess?.isShown };
    };

    // As much of b as of w to the pixel: the standardised bowl is round to the eye.
    const round = ([b0, b1, w0, w1]) => {
      const aspect = (BOX.right - BOX.left) / (BOX.bottom - BOX.top), half = max(b1 - b0, aspect * (w1 - w0)) / 2;
      const [b, w] = [(b0 + b1) / 2, (w0 + w1) / 2];
      return [b - half, b + half, w - half / aspect, w + half / aspect];
    };

    // Windows and the span of rates: chosen when data or settings change, kept while something is dragged.
    const look = () => {
      follow();
      const { x, bowl } = now, [b, w] = state.start;
      const spread = (values, room) => {
        const low = min(...values), high = max(...values), more = room * (high - low || 1);
        return [low - more, high + more];
      };
      const across = spread(x, 0.04), up = spread([...state.y, b + w * min(...x), b + w * max(...x)], 0.08);
      const { limit } = bowl, limits = [limit, 1 / bowl.weight];
      state.windows = { data: [...across, ...up], map: windowOf(bowl, state.start, now.run) };
      if (state.scale) state.windows.map = round(state.windows.map);
      state.domain = [min(...limits, state.rate * 100) / 400, max(...limits, state.rate) * 2];
    };

    const share = (rate) => log(rate / state.domain[0]) / log(state.domain[1] / state.domain[0]);

    const axes = (name, win, labels, decades = false) => {
      const layer = layers[name].axes, { at } = placesIn(win), told = [...win, ...labels].join();
      if (layer.dataset.told === told) return;
      layer.dataset.told = told;
      layer.replaceChildren();
      add(layer, 'path', { class: 'frame', d: name === 'map' ? `M${BOX.left} ${BOX.top}H${BOX.right}V${BOX.bottom}H${BOX.left}Z` : `M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}` });
      for (const tick of ticksOf(win[0], win[1], 4)) {
        const [x] = at(tick, win[2]);
        // There the name of the axis stands.
        if (x > BOX.right - 30 - 13 * labels[0].length) continue;
        add(layer, 'text', { x, y: BOX.bottom + 32, 'text-anchor': 'middle' }).textContent = written(tick, 3);
        add(layer, 'path', { class: 'frame', d: `M${x} ${BOX.bottom}v7` });
      }
      const powers = ticksOf(win[2], win[3], 4).filter((tick) => !decades || Number.isInteger(tick));
      for (const tick of powers) {
        const [, y] = at(win[0], tick);
        const words = decades && abs(tick) > 2 ? `10${raised(tick)}` : written(decades ? 10 ** tick : tick, 3);
        if (y < BOX.top + 40) continue;
        add(layer, 'text', { x: BOX.left - 12, y: y + 8, 'text-anchor': 'end' }).textContent = words;
        add(layer, 'path', { class: 'frame', d: `M${BOX.left} ${y}h-7` });
      }
      add(layer, 'text', { x: BOX.right, y: BOX.bottom + 32, 'text-anchor': 'end', class: `name ${labels[2]}` }).textContent = labels[0];
      add(layer, 'text', { x: BOX.left + (labels[1].length > 5 ? 10 : -12), y: BOX.top + 20, 'text-anchor': labels[1].length > 5 ? 'start' : 'end', class: `name ${labels[3]}` }).textContent = labels[1];
    };

    const drawStill = () => {
      const { x, bowl } = now, { at } = placesIn(state.windows.map);
      axes('data', state.windows.data, [...state.names.map((name) => name.slice(0, 30)), '', '']);
      axes('map', state.windows.map, ['b', 'w', 'bias', 'weight']);
      // the unit circle becomes a level line: its axes are those of the bowl
      const centre = at(bowl.b, bowl.w), cos = Math.cos(bowl.angle), sin = Math.sin(bowl.angle);
      const levels = levelsOf(bowl, state.start);
      draw.levels.replaceChildren(...levels.map((level, i) => {
        const [p, q] = [bowl.high, bowl.low].map((curved) => sqrt(2 * (level - bowl.least) / curved));
        const steep = at(bowl.b + p * cos, bowl.w + p * sin), flat = at(bowl.b - q * sin, bowl.w + q * cos);
        const turn = [steep, flat].flatMap((end) => [end[0] - centre[0], end[1] - centre[1]]);
        return put(document.createElementNS(NS, 'circle'), { r: 1, style: `--high: ${32 * (levels.length - 1 - i) / levels.length}%`, transform: `matrix(${[...turn, ...centre].join(' ')})` });
      }));
      put(draw.lowest, { transform: `translate(${centre.join(' ')})` });
      const places = placesIn(state.windows.data);
      while (draw.points.children.length > x.length) draw.points.lastChild.remove();
      while (draw.points.children.length < x.length) add(draw.points, 'circle', { r: 7 });
      x.forEach((each, i) => {
        const [cx, cy] = places.at(each, state.y[i]);
        put(draw.points.children[i], { cx, cy });
      });
      $('.o-name').textContent = figure.reduction === 'sum' ? 'SSE' : 'MSE';
      put(planes.data, { 'aria-label': `${x.length} points and the line: ${state.names[1]} over ${state.names[0]}` });
      put(planes.map, { 'aria-label': say`Loss by bias and weight, with the path of descent` });
      drawRates();
    };

    const drawRates = () => {
      const { bowl } = now, lowest = ceil(Math.log10(state.domain[0])), highest = floor(Math.log10(state.domain[1]));
      const apart = ceil((highest - lowest + 1) / 5);
      const decades = Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i).filter((power) => power % apart === 0);
      $('.decades').replaceChildren(...decades.map((power) => {
        const tick = document.createElement('span');
        tick.style.left = `${100 * share(10 ** power)}%`;
        tick.textContent = abs(power) > 3 ? `10${raised(power)}` : written(10 ** power);
        return tick;
      }));
      const marks = [[say`best`, bowl.best, 'minimum', say`best rate`], [say`limit 2/λ<sub>max</sub>`, bowl.limit, 'diverged', say`stability limit`]];
      // the limits of one axis alone are never below that of both: each label ends at its mark, above the last
      const alone = bowl.curvatures.map((curved, axis) => [say`<i>${'bw'[axis]}</i> alone`, 2 / curved, ['bias', 'weight'][axis], say`limit of ${'bw'[axis]} alone`]);
      if (state.axes) marks.push(...alone.sort((one, other) => one[1] - other[1]));
      const told = marks.map(([words, rate]) => words + rate + share(rate)).join();
      // A button that is pressed stays.
      if ($('.marks').dataset.told === told) return;
      $('.marks').dataset.told = told;
      $('.marks').replaceChildren(...marks.map(([words, rate, role, name], row) => {
        const mark = document.createElement('button');
        mark.type = 'button';
        mark.className = role;
        mark.style.cssText = `--at: ${min(100, 100 * share(rate))}; --row: ${row}`;
        mark.innerHTML = `${words} <b>${written(rate)}</b>`;
        mark.setAttribute('aria-label', say`Take the ${name}, ${written(rate)}`);
        mark.onclick = () => set({ rate });
        return mark;
      }));
      $('.marks').style.setProperty('--rows', marks.length);
      $('.scale').style.setProperty('--limit', `${100 * share(bowl.limit)}%`);
    };

    // A row of a run in a plane, hidden where it is not to be seen.
    const stand = (node, point) => {
      node.toggleAttribute('hidden', !point);
      if (point) put(node, node.tagName === 'circle' ? { cx: point[0], cy: point[1] } : { transform: `translate(${point[0]} ${point[1]})` });
    };

    const drawLine = (node, [b, w], win) => {
      const ends = [win[0], win[1]].map((x) => [x, b + w * x]), part = clip(...ends, win), { at } = placesIn(win);
      node.toggleAttribute('hidden', !part);
      if (!part) return;
      const [one, other] = part.map((way) => at(ends[0][0] + way * (ends[1][0] - ends[0][0]), ends[0][1] + way * (ends[1][1] - ends[0][1])));
      put(node, { x1: one[0], y1: one[1], x2: other[0], y2: other[1] });
    };

    const drawRun = () => {
      const { x, bowl, run, alone, step, hides } = now, { map: seen, data: win } = state.windows;
      const here = hides ? state.start : [run.b[step], run.w[step]], places = placesIn(win), { at } = placesIn(seen);
      root.classList.toggle('diverges', !hides && run.ended === 'diverged');
      root.classList.toggle('hides', hides);
      drawLine(draw.line, here, win);
      drawLine(draw.first, state.start, win);
      const kept = (value) => max(-1e4, min(1e4, value));
      put(draw.misses, { d: x.map((each, i) => `M${places.at(each, state.y[i]).map((v) => v.toFixed(1)).join(' ')}V${kept(places.at(each, here[0] + here[1] * each)[1]).toFixed(1)}`).join('') });
      stand(draw.chosen, places.at(x[state.chosen], state.y[state.chosen]));
      put(draw.chosen, { 'aria-label': say`Point ${state.chosen + 1} of ${x.length}; page keys choose another`, 'aria-valuenow': x[state.chosen], 'aria-valuetext': `x ${written(x[state.chosen])}, y ${written(state.y[state.chosen])}` });

      const path = seenIn(run.b, run.w, hides ? 0 : step, seen), spots = path.points.map((point) => at(...point));
      put(draw.path, { points: joined(spots) });
      put(draw.dots, { d: path.left === null && spots.length ? dotted(spots) : dotted(spots.slice(0, -1)) });
      stand(draw.here, !hides && path.left === null && step ? at(...here) : null);
      stand(draw.exit, path.exit ? at(...path.exit) : null);
      draw.left.textContent = path.left ? say`leaves in step ${path.left}` : '';
      stand(draw.start, at(...state.start));
      put(draw.start, { 'aria-valuenow': state.start[0], 'aria-valuetext': `b ${written(state.start[0])}, w ${written(state.start[1])}` });
      stand(draw.guess, state.predict ? at(...state.guess.at) : null);
      if (state.predict) put(draw.guess, { 'aria-valuenow': state.guess.at[0], 'aria-valuetext': `b ${written(state.guess.at[0])}, w ${written(state.guess.at[1])}` });
      draw.alone.forEach((node, axis) => {
        node.toggleAttribute('hidden', !alone.length || hides);
        if (alone.length) put(node, { points: joined(seenIn(alone[axis].b, alone[axis].w, min(step, alone[axis].b.length - 1), seen).points.map((point) => at(...point))) });
      });

      const first = run.losses[0], ends = hides ? first : run.losses[now.last];
      const lowest = max(bowl.least, 1e-12 * first), top = Math.log10(first) + (ends > first ? 6 : 0.5);
      const frame = [0, state.steps, min(Math.log10(lowest), Math.log10(first) - 1) - 0.35, top], spot = placesIn(frame).at;
      axes('curve', frame, [say`step`, figure.reduction === 'sum' ? 'SSE' : 'MSE', '', 'loss'], true);
      const spotsOf = (losses, last) => seenIn(losses.map((_, k) => k), losses.map(Math.log10), last, frame).points.map((point) => spot(...point));
      const falls = hides ? [] : spotsOf(run.losses, step);
      put(draw.fall, { points: joined(falls) });
      put(draw.drops, { d: falls.length ? dotted(falls) : '' });
      draw.losses.forEach((node, axis) => {
        node.toggleAttribute('hidden', !alone.length || hides);
        if (alone.length) put(node, { points: joined(spotsOf(alone[axis].losses, min(step, alone[axis].losses.length - 1))) });
      });
      const low = spot(0, Math.log10(lowest))[1];
      put(draw.floor, { x1: BOX.left, x2: BOX.right, y1: low, y2: low });
      const height = Math.log10(run.losses[step]);
      stand(draw.at, hides || height > frame[3] ? null : spot(step, height));

      $('.o-step').textContent = step;
      for (const [name, value] of [['b', here[0]], ['w', here[1]], ['loss', run.losses[step]]]) $(`.o-${name}`).textContent = hides && step ? '?' : written(value);
      $('.verdict').textContent = verdict();
      put(planes.curve, { 'aria-label': hides ? say`Loss by step, hidden until you have guessed` : say`Loss by step: ${written(first)} at the start, ${written(run.losses[step])} after ${step} steps, ${written(bowl.least)} at the lowest` });
      drawControls();
      drawTasks();
      if (now.last < state.steps && state.step > now.last) state.step = now.last;
    };

    const verdict = () => {
      const { run, bowl, step, hides } = now;
      if (hides) return say`Guess where step ${state.step} lands.`;
      if (state.predict) {
        const [db, dw] = [run.b[step] - state.guess.at[0], run.w[step] - state.guess.at[1]].map(abs);
        return say`Your guess is off by ${written(db, 2)} in b and ${written(dw, 2)} in w.`;
      }
      if (now.batch) return '';
      if (run.ended === 'diverged') return say`diverges`;
      if (run.ended === 'oscillates') return say`oscillates: exactly the limit`;
      const kept = errorKept(bowl, state.rate);
      if (kept > 0.9995) return kept > 1 ? say`beyond the limit` : say`keeps nearly all of the error`;
      return say`keeps ${written(100 * kept, 3)} % of the error`;
    };

    const drawControls = () => {
      const rates = $('.i-rate'), exact = $('.i-exact'), { bowl } = now;
      rates.value = Math.round(1000 * share(state.rate));
      put(rates, { 'aria-valuetext': say`${written(state.rate)}, ${written(state.rate / bowl.limit, 3)} of the limit` });
      if (document.activeElement !== exact) exact.value = Number(state.rate.toPrecision(6));
      put($('.i-step'), { max: state.steps, 'aria-valuetext': say`${now.step} of ${state.steps}` });
      $('.i-step').value = state.step;
      const choices = [...new Set([10, 50, 200, 1000, figure.steps, state.steps])].sort((one, other) => one - other);
      choose($('.i-steps'), choices.map((count) => [count, count]), state.steps);
      const sizes = state.isOwn ? [] : figure.batches.filter(() => state.x.length === figure.x.length);
      choose($('.i-size'), [[0, say`all ${state.x.length}`], ...sizes.map(({ size }) => [size, size])], state.size);
      $('.sizes').hidden = !sizes.length;
      choose($('.i-beat'), [['', say`as it begins`], ...figure.settings.map(({ beat, title }) => [beat, title])], state.beat);
      $('.tries').hidden = !figure.settings.length;
      for (const name of ['axes', 'predict']) $(`.i-${name}`).checked = state[name];
      $('.i-scaled').checked = Boolean(state.scale);
      $('.d-show').hidden = !now.hides;
      $('.d-play').textContent = timer ? say`Pause` : say`Play`;
    };

    const choose = (select, choices, value) => {
      const words = choices.map(([, each]) => each).join();
      if (select.dataset.words !== words) {
        select.replaceChildren(...choices.map(([each, told]) => new Option(told, each)));
        select.dataset.words = words;
      }
      select.value = value;
    };

    // -- tasks ---------------------------------------------------------------------------------------------

    // What a task may ask for, or want to be within limits.
    const quantities = () => {
      const { bowl, run, x, step } = now, [b, w] = state.start, slopes = slopesAt(bowl, b, w), first = lossAt(bowl, b, w);
      const [wide, high] = [state.windows.map[1] - state.windows.map[0], state.windows.map[3] - state.windows.map[2]];
      return {
        limit: bowl.limit, best: bowl.best, lowest: bowl.least, best_b: bowl.b, best_w: bowl.w,
        curvature: bowl.high, condition: bowl.high / bowl.low, kept: errorKept(bowl, bowl.best),
        slope_b: slopes[0], slope_w: slopes[1],
        steps: stepsNeeded(bowl, state.start, state.rate),
        updates: ceil(x.length / (state.size || x.length)), gain: bowlOf(standardised(state.x, scaleOf(state.x)), state.y, figure.reduction).limit / bowlOf(state.x, state.y, figure.reduction).limit,
        of_limit: state.rate / bowl.limit, of_best: state.rate / bowl.best, of_lowest: run.losses[step] / bowl.least,
        start_of_lowest: first / bowl.least, start_of_film: first / figure.startLoss, flat_b: abs(slopes[0]) / hypot(...slopes), flat_w: abs(slopes[1]) / hypot(...slopes),
        moved: hypot((b - figure.start[0]) / wide, (w - figure.start[1]) / high), step, size: state.size, standardised: Number(Boolean(state.scale)),
      };
    };

    const makeTasks = () => {
      $('.tasks').hidden = !figure.tasks.length;
      $('.tasks ol').replaceChildren(...figure.tasks.map((task) => {
        const item = document.createElement('li'), words = document.createElement('span');
        words.textContent = task.words;
        item.append(words);
        if (task.asks) {
          const form = document.createElement('form'), answer = document.createElement('input'), check = document.createElement('button');
          put(answer, { inputmode: 'decimal', 'aria-label': say`Answer: ${task.words}`, autocomplete: 'off' });
          check.textContent = say`Check`;
          form.append(answer, check);
          form.onsubmit = (event) => {
            event.preventDefault();
            const wanted = quantities()[task.asks], given = Number(answer.value.replace(',', '.').replace('−', '-'));
            if (!answer.value.trim() || !Number.isFinite(given)) tell(item, say`Type a number.`);
            else if (wanted === null) tell(item, say`Not within 100,000 steps at this rate: take another.`);
            else if (abs(given - wanted) <= task.within * abs(wanted) + 1e-12) tell(item, say`Right: ${written(wanted)}.`, true);
            else tell(item, given < wanted ? say`Not yet: too low.` : say`Not yet: too high.`);
          };
          item.append(form);
        }
        put(item.appendChild(document.createElement('p')), { role: 'status' });
        return item;
      }));
    };
    const tell = (item, words, isDone = item.classList.contains('done')) => {
      item.classList.toggle('done', isDone);
      if (item.lastChild.textContent !== words) item.lastChild.textContent = words;
    };
    const drawTasks = () => {
      const goals = figure.tasks.filter((task) => task.wants);
      if (!goals.length) return;
      const found = quantities();
      figure.tasks.forEach((task, i) => {
        if (!task.wants || now.hides) return;
        const isReached = Object.entries(task.wants).every(([name, [low, high]]) => low <= found[name] && found[name] <= high);
        if (isReached) tell($('.tasks ol').children[i], say`Done.`, true);
      });
    };

    // -- changes -------------------------------------------------------------------------------------------

    let asked = 0, looks = false;
    const set = (changes, fits = false) => {
      const again = ['rate', 'start', 'x', 'y', 'size', 'scale', 'step'].some((name) => name in changes);
      if (again && state.guess?.isShown) state.guess = { ...state.guess, isShown: false };
      Object.assign(state, changes);
      looks ||= fits;
      asked ||= requestAnimationFrame(redraw);
    };
    const redraw = () => {
      asked = 0;
      if (looks) look();
      else follow();
      looks = false;
      drawStill();
      drawRun();
      later();
    };
    let waiting = 0;
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const { run, step, hides } = now;
        $('.said').textContent = hides ? verdict() : say`After ${step} steps at rate ${written(state.rate)}: b ${written(run.b[step])}, w ${written(run.w[step])}, loss ${written(run.losses[step])}. ${verdict()}`;
        if (keepsAddress) history.replaceState(null, '', `#${addressOf()}`);
      }, 400);
    };

    const take = ({ x, y, names }) => {
      const [middle, spread] = [mean(y), sqrt(mean(y.map((each) => (each - mean(y)) ** 2)))];
      set({ x, y, names, isOwn: true, size: 0, scale: null, chosen: 0, beat: '', step: 0, start: [middle - 2 * (spread || 1), 0], rate: bowlOf(x, y, figure.reduction).best / 2 }, true);
    };
    const scaled = (isOn) => {
      const scale = isOn ? scaleOf(state.x) : null;
      set({ scale, start: isOn ? lineOn(state.start, scale) : lineOff(state.start, state.scale) }, true);
    };
    const apply = (setting) => {
      Object.assign(state, fresh(), setting, { start: [...(setting.start || figure.start)], scale: null });
      if (setting.predict) state.guess = { at: [...state.start], isShown: false };
      if (setting.standardised) {
        state.scale = scaleOf(state.x);
        state.start = lineOn(state.start, state.scale);
      }
      const bowl = bowlOf(state.scale ? standardised(state.x, state.scale) : state.x, state.y, figure.reduction);
      if (typeof state.rate === 'string') state.rate = bowl[state.rate];
      halt();
      set({}, true);
    };

    // -- address -------------------------------------------------------------------------------------------

    const addressOf = () => {
      const words = new URLSearchParams();
      if (state.beat) words.set('beat', state.beat);
      words.set('rate', Number(state.rate.toPrecision(12)));
      words.set('start', state.start.map((each) => Number(each.toPrecision(8))).join());
      words.set('steps', state.steps);
      words.set('step', state.step);
      if (state.size) words.set('size', state.size);
      for (const name of ['axes', 'predict']) if (state[name]) words.set(name, 1);
      if (state.scale) words.set('standardised', state.scale.map((each) => Number(each.toPrecision(12))).join());
      const pairs = state.x.map((x, i) => [i, x, state.y[i]]);
      if (state.isOwn && pairs.length <= 200) words.set('data', pairs.map((pair) => pair.slice(1).map((each) => Number(each.toPrecision(6))).join(':')).join(';'));
      const moved = state.isOwn ? [] : pairs.filter(([i, x, y]) => x !== figure.x[i] || y !== figure.y[i]);
      if (moved.length) words.set('moved', moved.map((pair) => pair.map((each) => Number(each.toPrecision(6))).join(':')).join(';'));
      return words;
    };
    const readAddress = () => {
      const words = new URLSearchParams(location.hash.slice(1)), numbers = (name, mark = ',') => (words.get(name) ?? '').split(mark).map(Number);
      apply(figure.settings.find(({ beat }) => beat === words.get('beat')) || {});
      const all = (values) => values.every(Number.isFinite);
      const whole = (name, most) => words.has(name) && Number.isInteger(Number(words.get(name))) && words.get(name) >= 0 && words.get(name) <= most;
      const rows = (name) => (words.get(name) || '').split(';').filter(Boolean).map((row) => row.split(':').map(Number)).filter(all);
      for (const [i, x, y] of rows('moved')) if (i in state.x && Number.isFinite(y)) [state.x[i], state.y[i]] = [x, y];
      const own = rows('data');
      if (own.length > 2) Object.assign(state, { x: own.map(([x]) => x), y: own.map(([, y]) => y), isOwn: true });
      if (words.has('rate')) {
        if (Number(words.get('rate')) > 0 && all(numbers('rate'))) [state.rate] = numbers('rate');
        if (numbers('start').length === 2 && all(numbers('start'))) state.start = numbers('start');
        state.axes = words.has('axes');
        state.predict = words.has('predict');
        state.guess = state.predict ? { at: [...state.start], isShown: false } : null;
        const scale = numbers('standardised');
        state.scale = !words.has('standardised') ? null : scale.length === 2 && all(scale) && scale[1] > 0 ? scale : scaleOf(state.x);
        state.size = figure.batches.some(({ size }) => size === Number(words.get('size'))) ? Number(words.get('size')) : 0;
      }
      if (whole('steps', 10000) && words.get('steps') > 0) state.steps = Number(words.get('steps'));
      if (whole('step', state.steps)) state.step = Number(words.get('step'));
      set({}, true);
    };

    // -- hands ---------------------------------------------------------------------------------------------

    const on = (name, event, act) => $(name).addEventListener(event, act);
    on('.i-rate', 'input', (event) => set({ rate: state.domain[0] * (state.domain[1] / state.domain[0]) ** (event.target.value / 1000) }));
    on('.i-exact', 'change', (event) => {
      const rate = Number(event.target.value.replace(',', '.'));
      const isFar = rate < state.domain[0] || rate > state.domain[1];
      if (rate > 0 && Number.isFinite(rate)) set({ rate }, isFar);
      else set({});
      event.target.value = state.rate;
    });
    on('.i-step', 'input', (event) => set({ step: Number(event.target.value) }));
    on('.i-steps', 'change', (event) => set({ steps: Number(event.target.value), step: min(state.step, event.target.value) }));
    on('.i-size', 'change', (event) => set({ size: Number(event.target.value) }));
    on('.i-beat', 'change', (event) => apply(figure.settings.find(({ beat }) => beat === event.target.value) || {}));
    on('.i-axes', 'change', (event) => set({ axes: event.target.checked }));
    on('.i-scaled', 'change', (event) => scaled(event.target.checked));
    on('.i-predict', 'change', (event) => set({ predict: event.target.checked, step: state.step || 1, guess: event.target.checked ? { at: [...state.start], isShown: false } : null }));
    on('.d-show', 'click', () => set({ guess: { ...state.guess, isShown: true } }));
    on('.d-reset', 'click', () => apply({}));

    let timer = 0;
    const halt = () => { cancelAnimationFrame(timer); timer = 0; };
    const play = () => {
      if (state.predict) state.guess = { ...state.guess, isShown: true };
      const from = state.step < now.last ? state.step : 0, pace = max(2.5, state.steps / 10), begun = performance.now();
      const tick = () => {
        const step = min(now.last, from + floor((performance.now() - begun) / 1000 * pace));
        timer = step < now.last ? requestAnimationFrame(tick) : 0;
        state.step = step;
        set({});
      };
      timer = requestAnimationFrame(tick);
    };
    on('.d-play', 'click', () => {
      if (timer) halt();
      else play();
      set({});
    });

    // A drag of a handle or of a point; `move` is told where in the plane, in its units.
    const dragging = (target, svg, win, move, done = () => {}) => {
      target.addEventListener('pointerdown', (event) => {
        if (event.button) return;
        event.preventDefault();
        const plane = planes[svg], held = event.target;
        held.setPointerCapture(event.pointerId);
        const moved = (each) => {
          const spot = new DOMPoint(each.clientX, each.clientY).matrixTransform(plane.getScreenCTM().inverse()), { from } = placesIn(state.windows[win]);
          const clamp = (value, low, high) => max(low, min(high, value));
          move(from(clamp(spot.x, BOX.left, BOX.right), clamp(spot.y, BOX.top, BOX.bottom)), held);
        };
        const over = () => {
          held.removeEventListener('pointermove', moved);
          done();
        };
        held.addEventListener('pointermove', moved);
        held.addEventListener('lostpointercapture', over, { once: true });
      });
    };
    const putPoint = (i, [x, y]) => {
      const own = state.scale ? state.scale[0] + state.scale[1] * x : x;
      set({ x: state.x.with(i, own), y: state.y.with(i, y), chosen: i });
    };
    const putGuess = (at) => set({ guess: { at, isShown: false } });
    dragging(draw.start, 'map', 'map', (start) => set({ start }));
    dragging(draw.guess, 'map', 'map', putGuess);
    dragging(draw.points, 'data', 'data', (at, held) => putPoint([...draw.points.children].indexOf(held), at), () => set({}));
    dragging(draw.chosen, 'data', 'data', (at) => putPoint(state.chosen, at));
    planes.map.addEventListener('click', (event) => {
      if ([draw.start, draw.guess].includes(event.target)) return;
      const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(planes.map.getScreenCTM().inverse());
      if (spot.x < BOX.left || spot.x > BOX.right || spot.y < BOX.top || spot.y > BOX.bottom) return;
      const at = placesIn(state.windows.map).from(spot.x, spot.y);
      if (now.hides) putGuess(at);
      else set({ start: at });
    });

    const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const keyed = (node, win, where, move, more = {}) => node.addEventListener('keydown', (event) => {
      const way = WAYS[event.key], [x0, x1, y0, y1] = state.windows[win], far = event.shiftKey ? 500 : 50, [x, y] = where();
      if (!way && !(event.key in more)) return;
      event.preventDefault();
      if (way) move([x + way[0] * (x1 - x0) / far, y + way[1] * (y1 - y0) / far]);
      else more[event.key]();
    });
    keyed(draw.start, 'map', () => state.start, (start) => set({ start }));
    keyed(draw.guess, 'map', () => state.guess.at, putGuess, { Enter: () => set({ guess: { ...state.guess, isShown: true } }) });
    const other = (by) => () => set({ chosen: (state.chosen + by + state.x.length) % state.x.length });
    keyed(draw.chosen, 'data', () => [now.x[state.chosen], state.y[state.chosen]], (at) => putPoint(state.chosen, at), { PageDown: other(1), PageUp: other(-1) });

    const read = (text) => {
      try {
        take(readTable(text));
        $('.refused').textContent = '';
      } catch (error) {
        $('.refused').textContent = error.message;
        $('.own').open = true;
      }
    };
    on('.d-own', 'click', () => read($('.own textarea').value));
    root.addEventListener('dragover', (event) => event.preventDefault());
    root.addEventListener('drop', async (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      read(file ? await file.text() : event.dataTransfer.getData('text'));
    });

    makeTasks();
    if (keepsAddress) {
      readAddress();
      addEventListener('hashchange', readAddress);
    } else apply(figure.settings.find(({ beat }) => beat === figure.beat) || {});
    redraw();
    return { state, set, apply, redraw, quantities, get now() { return now; } };
  };

  return { mount, bowlOf, lossAt, slopesAt, descend, errorKept, stepsNeeded, standardised, scaleOf, levelsOf, windowOf, seenIn, readTable };
})();
