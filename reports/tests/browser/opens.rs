//! The page opens: from disk, without a network, without a word on the console, in both themes, on a desk and in a hand.

use serde_json::json;

use crate::pipe::Browser;
use crate::tab::{DESK, LOOKS, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[
    ("opens_in_every_look_and_asks_for_nothing", quiet),
    ("fits_the_screen", fits),
    ("follows_the_theme_of_the_system", themes),
    ("a_request_would_be_seen", would_be_seen),
    ("leaves_pictures_to_look_at", pictures),
];

fn quiet(browser: &mut Browser) {
    let page = pages::any();
    for look in LOOKS {
        let mut tab = Tab::open(browser, &page, look);
        assert!(tab.text("h1").len() > 20, "{look:?}");
        // What only shows when it is needed may load something too.
        tab.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        tab.eval("window.scrollTo(0, document.body.scrollHeight)");
        tab.was_quiet();
    }
}

/// What is wider than the screen scrolls in a frame of its own.
fn fits(browser: &mut Browser) {
    let page = pages::any();
    for width in [1440, 768, 390, 320] {
        let mut tab = Tab::open(browser, &page, crate::tab::Look { width, ..DESK });
        let sticking_out = tab.eval(&format!(
            "[...document.querySelectorAll('body *')].filter(e => {{ \
               const r = e.getBoundingClientRect(); \
               return r.width > 1 && r.right > {width} + 1 \
                 && !e.closest('.scroll, pre, svg, .skip, nav, [hidden]'); \
             }}).slice(0, 5).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 60))",
        ));
        assert_eq!(sticking_out, json!([]), "at {width}");
        let wide = tab.eval("document.documentElement.scrollWidth");
        let widest = tab.eval(&format!(
            "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > {width} && !e.parentElement.closest('.scroll, nav')) \
             .slice(0, 9).map(e => e.outerHTML.slice(0, 90))",
        ));
        assert!(
            wide.as_u64().unwrap() <= width.into(),
            "{wide} at {width}: {widest:#}"
        );
    }
}

fn themes(browser: &mut Browser) {
    let page = pages::any();
    let mut light = [0.0; 2];
    for (look, ink_and_paper) in LOOKS.iter().take(2).zip(&mut light) {
        let mut tab = Tab::open(browser, &page, *look);
        let brightness = |of: &str| {
            format!(
                "getComputedStyle(document.body).{of}.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
            )
        };
        let paper = tab.eval(&brightness("backgroundColor")).as_f64().unwrap();
        let ink = tab.eval(&brightness("color")).as_f64().unwrap();
        *ink_and_paper = paper - ink;
    }
    assert!(light[0] > 300.0 && light[1] < -300.0, "{light:?}");
}

/// The other tests would pass if nothing were watched.
fn would_be_seen(browser: &mut Browser) {
    let page = pages::dir().join("loud.html");
    for (body, what) in [
        ("<img src=\"file:///nothing.png\">", "it asked for"),
        ("<script>nothing()</script>", "the script failed"),
        ("<script>console.log(1)</script>", "wrote to the console"),
        (
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"><script>1</script>",
            "the browser complained",
        ),
    ] {
        std::fs::write(&page, format!("<!DOCTYPE html><title>x</title>{body}")).unwrap();
        let mut tab = Tab::open(browser, &page, DESK);
        let said = tab.complaints();
        assert!(said.iter().any(|s| s.contains(what)), "{body}: {said:?}");
    }
}

fn pictures(browser: &mut Browser) {
    let page = pages::any();
    for look in LOOKS {
        let mut tab = Tab::open(browser, &page, look);
        let png = tab.picture(6000.0);
        let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!(size(16), look.width, "{look:?}");
        assert!(size(20) > 2000 && png.len() > 50_000, "{look:?}");
        std::fs::write(pages::dir().join(format!("{}.png", look.name())), png).unwrap();
    }
}
