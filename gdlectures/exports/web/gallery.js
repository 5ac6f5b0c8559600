// Posters play while they are pointed at or hold the focus; a click opens the film large.
(() => {
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const dialog = document.querySelector('dialog');
  const large = dialog.querySelector('video'), line = dialog.querySelector('.caption');

  // Captions stand under the picture: nothing of it is covered.
  const caption = (address, language) => {
    large.querySelector('track')?.remove();
    line.replaceChildren();
    const track = document.createElement('track');
    Object.assign(track, { kind: 'captions', src: address, srclang: language });
    line.lang = language;
    large.append(track);
    track.track.mode = 'hidden';
    track.track.oncuechange = () => {
      line.replaceChildren(...Array.from(track.track.activeCues, (cue) => cue.getCueAsHTML()));
    };
  };

  const openAt = (screen, seconds) => {
    dialog.style.cssText = screen.closest('article').style.cssText;
    dialog.setAttribute('aria-label', screen.closest('article').querySelector('h2').firstChild.data.trim());
    large.src = screen.getAttribute('href');
    caption(screen.dataset.captions, screen.closest('article').querySelector('h2').lang);
    large.currentTime = seconds;
    dialog.showModal();
    large.play().catch(() => {});
  };
  dialog.addEventListener('close', () => { large.pause(); large.removeAttribute('src'); large.load(); });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

  for (const screen of document.querySelectorAll('.screen')) {
    const film = screen.querySelector('video'), bar = screen.querySelector('.progress');
    const start = () => {
      if (calm.matches) return;
      if (!film.src) film.src = screen.getAttribute('href');
      // the poster stands until a frame of the film is there
      film.requestVideoFrameCallback(() => screen.classList.toggle('playing', !film.paused));
      film.play().catch(() => {});
    };
    const stop = () => {
      film.pause();
      film.currentTime = 0;
      screen.classList.remove('playing');
      bar.style.transform = '';
    };
    film.addEventListener('timeupdate', () => {
      if (film.duration) bar.style.transform = `scaleX(${film.currentTime / film.duration})`;
    });
    for (const event of ['pointerenter', 'focus']) screen.addEventListener(event, start);
    for (const event of ['pointerleave', 'blur']) screen.addEventListener(event, stop);
    screen.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      stop();
      openAt(screen, 0);
    });
    for (const beat of screen.closest('article').querySelectorAll('.beats a[data-seconds]')) {
      beat.addEventListener('click', (event) => {
        event.preventDefault();
        openAt(screen, Number(beat.dataset.seconds));
      });
    }
  }

  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  for (const form of document.querySelectorAll('.knobs')) {
    const pre = form.parentElement.querySelector('pre'), button = form.parentElement.querySelector('button');
    const base = pre.dataset.base;
    form.addEventListener('input', () => {
      const words = [...form.querySelectorAll('input')].map((each) => `${each.name} ${quoted(each.value)}`);
      pre.textContent = [base, ...words].join(' \\\n    ');
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    const before = button.textContent;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = button.dataset.copied;
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = button.dataset.selected;
      }
      setTimeout(() => { button.textContent = before; }, 1600);
    });
  }
})();
