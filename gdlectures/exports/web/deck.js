// Plays the beats: one slide, one clip. Clips lie as base64 behind this script; those near the current
// slide are turned into Blobs, so that a long deck opens at once and stays small in memory.
(() => {
  const query = new URLSearchParams(location.search);
  const isPrinted = query.has('print-pdf') || query.get('view') === 'print';
  const isPreview = query.has('receiver');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const showsStills = () => isPrinted || isPreview || calm.matches;
  const root = document.documentElement;
  const mark = () => root.classList.toggle('stills', showsStills());
  calm.addEventListener('change', mark);
  mark();

  const frame = document.querySelector('.reveal');
  const deck = new Reveal(frame, {
    width: Number(frame.dataset.width), height: Number(frame.dataset.height),
    margin: 0, minScale: 0.02, maxScale: 20, center: false, scrollActivationWidth: null,
    navigationMode: 'linear', hash: true, respondToHashChanges: true, controls: false, progress: false,
    transition: 'none', backgroundTransition: 'none', autoPlayMedia: false, viewDistance: 3,
    mobileViewDistance: 2, pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, plugins: [RevealNotes],
  });
  window.deck = deck;

  const AHEAD = 2, BEHIND = 1;
  let captions = false;
  const filmOf = (slide) => slide && slide.querySelector('video');
  const lastFrame = (film) => (Number(film.dataset.frames) - 0.5) / Number(film.dataset.fps);
  const place = (film, seconds) => {
    if (film.readyState === 0 || Math.abs(film.currentTime - seconds) > 1e-3) film.currentTime = seconds;
  };
  // Captions stand under the picture, which makes room for them; a still has the whole note.
  const say = (slide) => {
    const film = filmOf(slide), line = slide?.querySelector('.caption');
    if (!film || !captions) return;
    const isStill = showsStills() && !film.parentElement.classList.contains('played');
    line.classList.toggle('whole', isStill);
    if (isStill) line.textContent = slide.querySelector('.notes').textContent;
    else line.replaceChildren(...Array.from(film.textTracks[0].activeCues || [], (cue) => cue.getCueAsHTML()));
  };
  const caption = (film) => {
    const track = film.textTracks[0];
    track.mode = captions ? 'hidden' : 'disabled';
    track.oncuechange = () => say(film.closest('section'));
  };

  // The text of a block, once the parser has passed its end.
  const block = async (id) => {
    for (;;) {
      const found = document.getElementById(id), isParsed = document.readyState !== 'loading';
      if (found && (found.nextSibling || isParsed)) return found.textContent;
      await new Promise((next) => setTimeout(next, 30));
    }
  };
  const loads = new WeakMap();
  const load = (film) => {
    if (!loads.has(film)) loads.set(film, fill(film));
    return loads.get(film);
  };
  const fill = async (film) => {
    const bytes = Uint8Array.from(atob(await block(film.dataset.clip)), (c) => c.charCodeAt(0));
    film.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
    caption(film);
    await new Promise((done) => film.addEventListener('loadeddata', done, { once: true }));
  };
  const unload = (film) => {
    if (!film.src) return;
    URL.revokeObjectURL(film.src);
    film.removeAttribute('src');
    film.load();
    loads.delete(film);
  };

  let turn = 0; // counts slides entered: what waited for a clip while the lecturer went on is off
  const play = async (film) => {
    const asked = turn;
    await load(film);
    if (asked === turn && !deck.isPaused()) await film.play().catch(() => {});
  };
  const replay = (film) => {
    film.parentElement.classList.add('played');
    say(film.closest('section'));
    place(film, 0);
    return play(film);
  };
  // The slide that was left stays on top until the new film has drawn a frame: the eye sees no change.
  const linger = (slide, film, then) => {
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      slide.classList.remove('lingers');
      if (deck.getCurrentSlide() !== slide) then();
    };
    slide.classList.add('lingers');
    film.requestVideoFrameCallback?.(end);
    setTimeout(end, 300);
  };
  const settle = () => {
    if (isPrinted || isPreview) return;
    const slides = deck.getSlides(), here = slides.indexOf(deck.getCurrentSlide());
    slides.forEach((slide, index) => {
      const film = filmOf(slide), distance = index - here;
      if (!film || (calm.matches && distance)) return;
      if (distance < -BEHIND || distance > AHEAD) { if (film.src) unload(film); } else if (!calm.matches) load(film);
    });
  };

  // Live figures are made when their slide comes; keys that they use are not the deck's.
  const FIGURE_KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', ' ', 'Enter', 'Home', 'End'];
  const enliven = (slide) => {
    const root = slide?.querySelector('.live:empty');
    if (!root) return;
    const figure = JSON.parse(document.getElementById(root.dataset.figure).textContent);
    GDLive.mount(root, { ...figure, beat: root.dataset.beat });
    root.querySelector('.tasks').open = false;
    root.addEventListener('keydown', (event) => {
      if (FIGURE_KEYS.includes(event.key)) event.stopPropagation();
      if (!event.key.startsWith('Page') || event.defaultPrevented) return;
      event.preventDefault(); // a clicker's key goes on, whatever holds the focus
      event.stopPropagation();
      document.activeElement.blur();
      if (event.key === 'PageDown') deck.next();
      else deck.prev();
    });
  };
  let cameFrom = null;
  const goLive = () => {
    const here = deck.getCurrentSlide(), slides = deck.getSlides(), at = slides.indexOf(here);
    const isLive = (slide) => slide.classList.contains('hands') && slide.parentElement === here.parentElement;
    const wanted = isLive(here) ? cameFrom : slides.slice(at).find(isLive) || slides.find(isLive);
    cameFrom = here;
    if (wanted) location.hash = `/${wanted.id}`;
  };

  deck.on('slidechanged', ({ previousSlide, currentSlide }) => {
    turn += 1;
    const slides = deck.getSlides();
    const isBack = slides.indexOf(currentSlide) + 1 === slides.indexOf(previousSlide);
    const left = filmOf(previousSlide), film = filmOf(currentSlide);
    const leave = () => {
      if (left?.src) place(left, isBack ? 0 : lastFrame(left)); // where it will next be seen
      left?.parentElement.classList.remove('played');
    };
    left?.pause();
    if (left?.src && film && !isBack && !showsStills()) linger(previousSlide, film, leave);
    else leave();
    settle();
    enliven(currentSlide);
    say(currentSlide);
    if (!film || showsStills()) return;
    place(film, isBack && !film.loop ? lastFrame(film) : 0);
    if (!isBack || film.loop) play(film);
  });
  deck.on('ready', () => {
    // reveal calls itself an application, in which a screen reader's own keys would be off
    frame.setAttribute('role', 'region');
    frame.setAttribute('aria-label', document.title);
    settle();
    if (isPrinted) deck.getSlides().forEach(enliven);
    else enliven(deck.getCurrentSlide());
    const film = filmOf(deck.getCurrentSlide());
    if (film && !showsStills()) play(film);
  });
  deck.on('paused', () => filmOf(deck.getCurrentSlide())?.pause());
  deck.on('resumed', () => {
    const film = filmOf(deck.getCurrentSlide());
    if (film && !film.ended && !showsStills()) play(film);
  });

  const bind = (keyCode, key, description, act) => deck.addKeyBinding({ keyCode, key, description }, () => {
    const film = filmOf(deck.getCurrentSlide());
    if (film || key === 'C') act(film);
  });
  const words = frame.dataset;
  bind(82, 'R', words.again, replay);
  bind(65, 'A', words.halt, (film) => (film.paused ? play(film) : film.pause()));
  bind(67, 'C', words.captions, () => {
    captions = !captions;
    frame.classList.toggle('captions', captions);
    document.querySelectorAll('video[src]').forEach(caption);
    say(deck.getCurrentSlide());
  });
  if (document.querySelector('.live')) {
    deck.addKeyBinding({ keyCode: 76, key: 'L', description: words.live }, goLive);
  }

  deck.initialize();
})();
