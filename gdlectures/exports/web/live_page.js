// The figure of a page that is this figure.
{
  const place = document.querySelector('.live');
  const figure = JSON.parse(document.getElementById('figure').textContent);
  window.live = GDLive.mount(place, figure, { keepsAddress: 'keepsAddress' in place.dataset });
}
