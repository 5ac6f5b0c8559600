// The live figure: a descent in the hands of who looks at it. First the mathematics, which the tests hold
// to gdmath, then the figure. GDLive.mount(root, figure) draws one; a page may hold several.
const GDLive = (() => {
  'use strict';

  // -- mathematics -------------------------------------------------------------------------------------------

  const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;

  // The loss of all lines, L(b, w) = mean or sum of (b + w x - y)^2: five moments of the points say all of it.
  const bowlOf = (x, y, reduction = 'mean') => {
    const mx = mean(x), my = mean(y), weight = reduction === 'sum' ? x.length : 1;
    const v = x.every((each) => each === x[0]) ? 0 : mean(x.map((each) => (each - mx) ** 2));
    const w = mean(x.map((each, i) => (each - mx) * (y[i] - my))) / v, b = my - w * mx;
    // the eigenvalues of 2 [[1, m], [m, m^2 + v]] are s -+ d; their product is 4 v, and s - d would lose digits
    const high = 1 + mx * mx + v + Math.hypot(1 + mx * mx - v, 2 * mx * Math.sqrt(v));
    const low = Math.min(4 * v / high, high);
    return {
      x, y, reduction, weight, mx, v, b, w, low: weight * low, high: weight * high,
      least: weight * mean(x.map((each, i) => (y[i] - b - w * each) ** 2)),
      angle: Math.atan2(2 * mx, 1 - mx * mx - v) / 2, // of the steepest axis, from the axis of b
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
    const each = Math.ceil(n / size), epoch = Math.floor(k / each) % (order.length / n), first = (k % each) * size;
    return order.slice(epoch * n + first, epoch * n + Math.min(first + size, n));
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
    else if (Math.abs(rate - bowl.limit) <= 1e-12 * bowl.limit) run.ended = 'oscillates';
    else if (rate > bowl.limit && losses[last] > losses[last - 1]) run.ended = 'diverged';
    return run;
  };

  const errorKept = (bowl, rate) => Math.max(Math.abs(1 - rate * bowl.low), Math.abs(1 - rate * bowl.high));

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
    return [middle, Math.sqrt(mean(x.map((each) => (each - middle) ** 2)))];
  };
  // The same line on another scale of x.
  const lineOn = ([b, w], [middle, spread]) => [b + w * middle, w * spread];
  const lineOff = ([b, w], [middle, spread]) => [b - w / spread * middle, w / spread];

  // Losses of level lines as the films choose them: doubling, up to four times the start's, at most nine.
  const levelsOf = (bowl, start) => {
    const top = 4 * lossAt(bowl, ...start), found = [];
    for (let rung = 2 ** Math.floor(Math.log2(top)); found.length < 9 && rung > bowl.least; rung /= 2) {
      if (rung < top) found.push(rung);
    }
    return found;
  };

  // A window of b and w around the lowest point that holds the start, and all that descent from there can reach.
  const windowOf = (bowl, start) => {
    const [db, dw] = [start[0] - bowl.b, start[1] - bowl.w], [cos, sin] = [Math.cos(bowl.angle), Math.sin(bowl.angle)];
    const steep = Math.abs(db * cos + dw * sin), flat = Math.abs(dw * cos - db * sin);
    const rise = Math.max(lossAt(bowl, ...start) - bowl.least, 1e-9 * (bowl.least + 1));
    const half = [steep * Math.abs(cos) + flat * Math.abs(sin), steep * Math.abs(sin) + flat * Math.abs(cos)]
      .map((reached, axis) => 1.2 * Math.max(reached, Math.sqrt(2 * rise / bowl.curvatures[axis])));
    return [bowl.b - half[0], bowl.b + half[0], bowl.w - half[1], bowl.w + half[1]];
  };

  // The part of a segment that lies in a window [x0, x1, y0, y1], as the shares of its way; null for none.
  const clip = ([ax, ay], [bx, by], [x0, x1, y0, y1]) => {
    let from = 0, to = 1;
    for (const [at, way, low, high] of [[ax, bx - ax, x0, x1], [ay, by - ay, y0, y1]]) {
      if (way === 0 && (at < low || at > high)) return null;
      if (way !== 0) {
        const [first, last] = [(low - at) / way, (high - at) / way].sort((one, other) => one - other);
        from = Math.max(from, first);
        to = Math.min(to, last);
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
    const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
    const ticks = [];
    for (let k = Math.ceil(low / step); k * step <= high; k += 1) ticks.push(k * step);
    return ticks;
  };

  // Two columns of numbers from pasted text; what is wrong with it is thrown as a sentence.
  const readTable = (text, most = 2000) => {
    const lines = text.split(/\r?\n/).map((line, i) => [i + 1, line.trim()]).filter(([, line]) => line);
    if (!lines.length) throw new Error('No rows: paste two columns, x and y.');
    const mark = ['\t', ';', ','].find((each) => lines[0][1].includes(each)) || /\s+/;
    const cells = ([, line]) => line.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const number = (cell) => (cell ? Number(mark === ',' ? cell : cell.replace(',', '.')) : NaN);
    const head = cells(lines[0]), hasNames = !head.slice(0, 2).every((cell) => Number.isFinite(number(cell)));
    const rows = hasNames ? lines.slice(1) : lines, x = [], y = [];
    for (const row of rows) {
      const pair = cells(row).slice(0, 2);
      const wrong = pair.length < 2 ? '' : pair.find((cell) => !Number.isFinite(number(cell)));
      if (wrong !== undefined) throw new Error(`Line ${row[0]}: got ${wrong ? `“${wrong}”` : 'one column'}; allowed two numbers.`);
      x.push(number(pair[0]));
      y.push(number(pair[1]));
    }
    if (x.length < 3 || x.length > most) throw new Error(`Got ${x.length} rows; allowed 3 to ${most}.`);
    if (x.every((each) => each === x[0])) throw new Error(`x is ${x[0]} in every row; allowed a feature that varies.`);
    return { x, y, names: hasNames ? head.slice(0, 2) : ['x', 'y'] };
  };
  return { bowlOf, lossAt, slopesAt, descend, errorKept, stepsNeeded, standardised, scaleOf, levelsOf, windowOf, seenIn, readTable };
})();
