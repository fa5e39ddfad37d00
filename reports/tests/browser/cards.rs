//! The weights of a card by keyboard: the ranking follows, the address keeps it, and it can be put back.

use crate::pipe::Browser;
use crate::tab::{DESK, Tab};
use crate::{Test, pages};

pub(crate) const TESTS: &[Test] = &[("weights_are_turned_by_keyboard", turn)];

const CARD: &str = "#summary .card:first-of-type";

/// What the card says: whom it names, why, and the order.
fn said(tab: &mut Tab<'_>) -> String {
    let parts = [".pick", ".why", ".standings"];
    let parts = parts.map(|part| tab.text(&format!("{CARD} {part}")));
    parts.join("; ")
}

fn unfold(tab: &mut Tab<'_>) {
    tab.reach(&format!("{CARD} .weights > summary"));
    tab.press("Enter");
}

fn turn(browser: &mut Browser) {
    let page = pages::whole();
    let mut tab = Tab::open(browser, &page, DESK);
    let before = said(&mut tab);
    unfold(&mut tab);
    tab.reach(&format!("{CARD} input[type=range]"));
    let value = "document.activeElement.value";
    tab.press("Home");
    assert_eq!(tab.eval(value), "0");
    tab.press("End");
    let most = tab.eval(value);
    // The address follows a moment later.
    tab.until(&format!(
        "decodeURIComponent(location.hash).match(/w-.*:{}/)",
        crate::tab::text(&most)
    ));
    let heavy = said(&mut tab);
    assert!(heavy.contains("With your weights"), "{heavy}");
    tab.reload();
    assert_eq!(said(&mut tab), heavy, "the address forgot the weights");
    unfold(&mut tab);
    tab.reach(&format!("{CARD} input[type=range]"));
    assert_eq!(tab.eval(value), most);
    // All others to nothing: the order is that of the one number.
    let sliders = format!("document.querySelectorAll('{CARD} input[type=range]')");
    let count = tab.eval(&format!("{sliders}.length")).as_u64().unwrap();
    assert!(count > 1);
    for _ in 1..count {
        tab.press("Tab");
        tab.press("Home");
    }
    let alone = said(&mut tab);
    assert_ne!(alone, heavy);
    tab.reach(&format!("{CARD} .weights button"));
    while !tab.is("document.activeElement.textContent === 'Weights as given'") {
        tab.press("Tab");
    }
    tab.press("Enter");
    tab.until("!location.hash.includes('w-')");
    assert_eq!(said(&mut tab), before, "the weights as given are not back");
    tab.was_quiet();
}
