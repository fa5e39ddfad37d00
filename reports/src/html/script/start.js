// The head runs this before anything is drawn: the theme first, the rest once the page is parsed.
document.documentElement.classList.add('js');
theme.show(readHash(location.hash).values.get('theme') ?? theme.kept() ?? 'system');
document.addEventListener('DOMContentLoaded', () => {
  state.load(location.hash);
  for (const start of starts) {
    // What is broken must not take the rest with it.
    try {
      start();
    } catch (error) {
      console.error(error);
    }
  }
  reveal(readHash(location.hash).anchor);
  addEventListener('hashchange', () => state.load(location.hash, true));
});
