//! The other pages of a site (the index, a run's page, a comparison) in every look: they load nothing, fit the screen, and
//! their contents are whole.

use serde_json::json;

use crate::pipe::Browser;
use crate::tab::{DESK, LOOKS, Look, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("a_site_opens_in_every_look_and_fits", opens),
    ("the_contents_are_never_cut", contents),
];

fn opens(browser: &mut Browser) {
    for (name, page) in pages::site() {
        for look in LOOKS {
            let mut tab = Tab::open(browser, &page, look);
            assert!(tab.text("h1").len() > 8, "{name}");
            let wide = tab.eval("document.documentElement.scrollWidth");
            assert!(
                wide.as_u64().unwrap() <= look.width.into(),
                "{name}: {wide} at {look:?}"
            );
            let sticking_out = tab.eval(&format!(
                "[...document.querySelectorAll('main *')].filter(e => {{ const r = e.getBoundingClientRect(); \
                   return r.width > 1 && r.right > {} + 1 && !e.closest('.scroll, pre, nav'); }}).slice(0, 5).map(e => e.outerHTML.slice(0, 80))",
                look.width
            ));
            assert_eq!(sticking_out, json!([]), "{name}: {look:?}");
            std::fs::write(
                pages::dir().join(format!("site-{name}-{}.png", look.name())),
                tab.picture(3000.0),
            )
            .unwrap();
            tab.was_quiet();
        }
    }
}

/// At a desk every link of the contents is in sight, and so is the choice of a theme; in a hand they scroll.
fn contents(browser: &mut Browser) {
    let all: Vec<_> = pages::site().into_iter().map(|(_, page)| page).collect();
    for page in all.into_iter().chain([pages::any()]) {
        for width in [1440, 1280, 1024, 768] {
            let mut tab = Tab::open(browser, &page, Look { width, ..DESK });
            let cut = tab.eval(
                "(() => { const nav = document.querySelector('nav.toc').getBoundingClientRect(), list = document.querySelector('nav.toc ul').getBoundingClientRect(); \
                 const out = (r, o) => r.left < o.left - 1 || r.right > o.right + 1 || r.top < o.top - 1 || r.bottom > o.bottom + 1; \
                 return [...document.querySelectorAll('nav.toc a')].filter(e => out(e.getBoundingClientRect(), list)) \
                   .concat([...document.querySelectorAll('nav.toc select')].filter(e => out(e.getBoundingClientRect(), nav))).map(e => e.textContent); })()",
            );
            assert_eq!(cut, json!([]), "{} at {width}", page.display());
        }
        let mut tab = Tab::open(browser, &page, Look { width: 390, ..DESK });
        assert!(tab.is("(e => e.scrollWidth <= e.clientWidth || getComputedStyle(e).overflowX === 'auto')(document.querySelector('nav.toc ul'))"));
    }
}
