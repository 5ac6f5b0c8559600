// A picture opens large, and the arrow keys go on to its neighbours. Films play together: when the last has
// ended, all begin again.
(() => {
  const columns = Number(document.querySelector('main').dataset.columns);
  const cells = [...document.querySelectorAll('.cell')], dialog = document.querySelector('dialog');
  const films = [...document.querySelectorAll('.cell video')];
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  let at = -1, plays = films.length > 0 && !calm.matches;

  const start = (film) => { film.play().catch(() => {}); };
  const watch = (film) => {
    film.muted = true; // a copy has the attribute, and it says nothing of the copy's sound
    film.addEventListener('playing', () => film.parentElement.classList.add('playing'));
  };

  const show = (index) => {
    at = index;
    const cell = cells[index], copy = document.createElement('figure');
    const picture = cell.querySelector('.screen')?.cloneNode(true);
    const inside = picture ? [...picture.children] : [cell.querySelector('.refused').cloneNode(true)];
    copy.append(...inside, cell.querySelector('figcaption').cloneNode(true));
    dialog.replaceChildren(copy);
    dialog.setAttribute('aria-label', cell.querySelector('b').textContent);
    const film = copy.querySelector('video');
    if (film) {
      watch(film);
      film.removeAttribute('tabindex'); // the dialog has the focus
      film.loop = true;
      film.currentTime = cell.querySelector('video').currentTime;
      if (plays) start(film);
    }
    if (!dialog.open) dialog.showModal();
  };
  cells.forEach((cell, index) => cell.querySelector('.screen')?.addEventListener('click', () => show(index)));
  dialog.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    dialog.replaceChildren();
    cells[at].querySelector('.screen')?.focus();
  });
  dialog.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    if (cells[at + step]) show(at + step);
  });

  if (!films.length) return;
  const play = document.querySelector('#play');
  const tell = () => { play.textContent = plays ? play.dataset.pause : play.dataset.play; };
  const begin = () => films.forEach((film) => { film.currentTime = 0; start(film); });
  for (const film of films) {
    watch(film);
    film.addEventListener('ended', () => { if (plays && films.every((each) => each.ended)) begin(); });
  }
  play.addEventListener('click', () => {
    plays = !plays;
    tell();
    if (!plays) films.forEach((film) => film.pause());
    else if (films.every((film) => film.ended)) begin();
    else films.forEach((film) => { if (!film.ended) start(film); });
  });
  document.querySelector('#again').addEventListener('click', () => { plays = true; tell(); begin(); });
  document.querySelector('.controls').hidden = false;
  tell();
  // the clips lie behind this script
  addEventListener('DOMContentLoaded', () => {
    for (const film of films) {
      const bytes = Uint8Array.from(atob(document.getElementById(film.dataset.clip).textContent), (c) => c.charCodeAt(0));
      film.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
    }
    const ready = films.map((film) => new Promise((done) => { film.addEventListener('canplay', done, { once: true }); }));
    Promise.all(ready).then(() => { if (plays) begin(); });
  });
})();
