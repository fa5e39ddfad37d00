//! A tab of its own for a test: opened on a file with a width and a theme, asked by script, moved by keys and mouse.

use std::path::Path;

use serde_json::{Value, json};

use crate::keys;
use crate::pipe::Browser;

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) dark: bool,
    pub(crate) scripts: bool,
}

/// A desk, by day.
pub(crate) const DESK: Look = Look {
    width: 1440,
    dark: false,
    scripts: true,
};
/// Both widths in both themes.
pub(crate) const LOOKS: [Look; 4] = [
    DESK,
    Look { dark: true, ..DESK },
    Look { width: 390, ..DESK },
    Look {
        width: 390,
        dark: true,
        scripts: true,
    },
];

impl Look {
    pub(crate) fn name(self) -> String {
        let theme = if self.dark { "dark" } else { "light" };
        format!("{}-{theme}", self.width)
    }
}

/// One page, in a context of its own: no storage, no history of another test.
pub(crate) struct Tab<'a> {
    pub(crate) browser: &'a mut Browser,
    pub(crate) context: String,
    session: String,
    url: String,
}

impl<'a> Tab<'a> {
    /// Opens a file.
    pub(crate) fn open(browser: &'a mut Browser, file: &Path, look: Look) -> Self {
        let url = format!("file://{}", file.canonicalize().unwrap().display());
        Self::open_url(browser, &url, look)
    }

    /// Opens an address, which may hold a fragment.
    pub(crate) fn open_url(browser: &'a mut Browser, url: &str, look: Look) -> Self {
        browser.forget();
        let mut call = |method, params| browser.call(None, method, params).unwrap();
        let context = text(&call("Target.createBrowserContext", json!({}))["browserContextId"]);
        let target = call(
            "Target.createTarget",
            json!({ "url": "about:blank", "browserContextId": context }),
        );
        let session = call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let mut tab = Self {
            session: text(&session["sessionId"]),
            browser,
            context,
            url: url.to_owned(),
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        let scheme = if look.dark { "dark" } else { "light" };
        tab.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ] }),
        );
        tab.resize(look.width, 900);
        tab.call(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": !look.scripts }),
        );
        tab.go(url);
        tab
    }

    /// Goes to an address and waits until it is loaded.
    pub(crate) fn go(&mut self, url: &str) {
        let gone = self.call("Page.navigate", json!({ "url": url }));
        assert!(gone["errorText"].is_null(), "{url}: {gone}");
        self.loaded();
    }

    /// Loads the page again as its address now says.
    pub(crate) fn reload(&mut self) {
        self.call("Page.reload", json!({}));
        self.loaded();
    }

    fn loaded(&mut self) {
        let session = self.session.clone();
        let loaded = |e: &Value| e["method"] == "Page.loadEventFired" && e["sessionId"] == session;
        self.browser.event(loaded).unwrap();
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.browser.call(Some(&self.session), method, params);
        answer.unwrap_or_else(|e| panic!("{e}"))
    }

    /// The value of an expression in the page; a promise is waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let mut answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true }),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    /// Whether an expression is true.
    pub(crate) fn is(&mut self, expression: &str) -> bool {
        self.eval(&format!("!!({expression})")) == true
    }

    /// Text of the first element a selector finds, with every run of blanks as one.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.eval(&format!(
            "document.querySelector({}).innerText.replace(/\\s+/g, ' ').trim()",
            json!(selector)
        ));
        text(&found)
    }

    /// Waits until an expression is true: what a key sets off may take a moment.
    pub(crate) fn until(&mut self, expression: &str) {
        let waiting = format!(
            "new Promise((done, fail) => {{ let left = 1500; const ask = () => ({expression}) ? done(true) : \
             left-- ? setTimeout(ask, 20) : fail(new Error('it never became true')); ask(); }})"
        );
        assert_eq!(self.eval(&waiting), true, "{expression}");
    }

    /// A key goes down and up again.
    pub(crate) fn press(&mut self, key: &str) {
        for event in keys::events(key) {
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Moves by Tab alone until the focus is on what the selector finds.
    pub(crate) fn reach(&mut self, selector: &str) {
        let there = format!("document.activeElement.matches({})", json!(selector));
        let stops = self.eval(
            "document.querySelectorAll('a,button,input,select,summary,textarea,[tabindex]').length",
        );
        for _ in 0..stops.as_u64().unwrap() + 10 {
            self.press("Tab");
            if self.is(&there) {
                return;
            }
        }
        panic!("Tab never comes to {selector}");
    }

    /// A click in the middle of what the selector finds, once it is in view.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.eval(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center', inline: 'center' }}); \
             const r = e.getClientRects()[0]; const x = r.x + r.width / 2, y = r.y + r.height / 2; \
             const hit = document.elementFromPoint(x, y); return {{ x, y, hit: !!hit && (e.contains(hit) || hit.contains(e)) }}; }})()",
            json!(selector)
        ));
        assert_eq!(place["hit"], true, "{selector} is covered");
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 }),
            );
        }
    }

    /// The page as a picture, from the top, no longer than so many pixels.
    pub(crate) fn picture(&mut self, longest: f64) -> Vec<u8> {
        let size = self
            .call("Page.getLayoutMetrics", json!({}))
            .get_mut("cssContentSize")
            .unwrap()
            .take();
        let height = size["height"].as_f64().unwrap().min(longest);
        let shot = self.call(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true,
                "clip": { "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 } }),
        );
        bytes(&shot["data"])
    }

    /// The page as a printer gets it.
    pub(crate) fn printed(&mut self) -> Vec<u8> {
        let pdf = self.call("Page.printToPDF", json!({ "printBackground": false }));
        bytes(&pdf["data"])
    }

    /// What the page asked for beside itself, and what it or the browser complained of.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // An answer comes after all that happened before.
        self.eval("1");
        let own = self.url.split('#').next().unwrap_or_default();
        let told = self.browser.events(&self.session).filter_map(|event| {
            let params = &event["params"];
            let what = match event["method"].as_str()? {
                "Network.requestWillBeSent" => {
                    let asked = params["request"]["url"].as_str()?;
                    let inside = ["data:", "blob:"].iter().any(|s| asked.starts_with(s));
                    return (!inside && !asked.starts_with(own))
                        .then(|| format!("it asked for {asked}"));
                }
                "Runtime.exceptionThrown" => "the script failed",
                "Runtime.consoleAPICalled" => "the script wrote to the console",
                "Log.entryAdded" => "the browser complained",
                _ => return None,
            };
            Some(format!("{what}: {params}"))
        });
        told.collect()
    }

    /// Fails if the page asked for anything but itself, or complained.
    pub(crate) fn was_quiet(&mut self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let context = json!({ "browserContextId": self.context });
        drop(
            self.browser
                .call(None, "Target.disposeBrowserContext", context),
        );
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(value.as_str().unwrap())
        .unwrap()
}
