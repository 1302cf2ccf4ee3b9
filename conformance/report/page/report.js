// The filter. Without this script the page shows everything. A view can be linked to: report.html#verdict=fail&text=oip
'use strict';
(() => {
  const form = document.getElementById('filter');
  const verdict = document.getElementById('filter-verdict');
  const text = document.getElementById('filter-text');
  const count = document.getElementById('filter-count');
  const requirements = Array.from(document.querySelectorAll('.requirement'));
  const words = new Map(requirements.map(r => [r, r.textContent.toLowerCase()]));

  const apply = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const r of requirements) {
      const fits = (verdict.value === '' || verdict.value === r.dataset.verdict || (verdict.value === 'bad' && 'bad' in r.dataset)) &&
          wanted.every(word => words.get(r).includes(word));
      r.hidden = !fits;
      if (fits) ++shown;
    }
    count.textContent = shown + ' of ' + requirements.length;
  };
  const fromAddress = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (!parts.has('verdict') && !parts.has('text')) {
      // A link to a requirement must find it, whatever is filtered.
      const named = requirements.find(r => r.id === decodeURIComponent(location.hash.slice(1)));
      if (named && named.hidden) {
        verdict.value = '';
        text.value = '';
        apply();
        named.scrollIntoView();
      }
      return;
    }
    verdict.value = parts.get('verdict') || '';
    if (verdict.selectedIndex < 0) verdict.value = '';
    text.value = parts.get('text') || '';
    apply();
  };

  form.hidden = false;
  form.addEventListener('submit', event => event.preventDefault());
  verdict.addEventListener('change', apply);
  text.addEventListener('input', apply);
  addEventListener('hashchange', fromAddress);
  addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(d => { d.open = true; }));
  apply();
  fromAddress();
})();
