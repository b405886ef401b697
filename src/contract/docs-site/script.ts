/** What pages do beyond being read: search, and copying. Without it, both are simply not there. */
export const script = `
for (const box of document.querySelectorAll('[data-filters]')) {
  const input = box.querySelector('input');
  const status = box.querySelector('[role=status]');
  const items = [...document.querySelectorAll(box.dataset.filters + ' > [data-text]')];
  box.hidden = false;
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\\s+/);
    for (const item of items) item.hidden = !words.every((word) => item.dataset.text.includes(word));
    const found = items.filter((item) => !item.hidden).length;
    status.textContent = input.value.trim() === '' ? '' : found + ' of ' + items.length;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement || box.offsetParent === null) return;
    event.preventDefault();
    input.focus();
  });
}
for (const block of document.querySelectorAll('.code')) {
  const code = block.querySelector('code');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
  });
  button.addEventListener('blur', () => { button.textContent = 'Copy'; });
  block.append(button);
}
`;
