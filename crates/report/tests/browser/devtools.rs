//! A headless Chromium, driven over its DevTools protocol.

use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// For a start, an answer, an event: a loaded machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Page {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

/// The browser's program, by `HOVERA_CHROMIUM` or on the path.
fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("HOVERA_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|path| path.is_file())
}

impl Page {
    /// A browser on an empty page. None where there is no browser, which is an error where
    /// `HOVERA_REQUIRE_TOOLS=1` says that there must be one.
    pub(crate) fn open() -> Option<Page> {
        let Some(program) = program() else {
            assert!(
                std::env::var("HOVERA_REQUIRE_TOOLS").is_err(),
                "no Chromium, and HOVERA_REQUIRE_TOOLS is set"
            );
            eprintln!("SKIPPED: no Chromium on this machine; HOVERA_CHROMIUM can name one");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let child = Command::new(program)
            // A container's root has no sandbox; the page is ours.
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (port, path) = address(profile.path());
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = tungstenite::client(url, stream).unwrap();
        let mut page =
            Page { child, socket, session: None, last_id: 0, events: Vec::new(), _profile: profile };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = page.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        page.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.size(1280, 900);
        Some(page)
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        loop {
            let message = self.receive();
            if message["id"] == json!(self.last_id) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Opens a file and waits until it is loaded.
    pub(crate) fn load(&mut self, file: &Path) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let answer =
            self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression}: {value}"))
    }

    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    /// The size of the window in CSS pixels.
    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// `light` or `dark`.
    pub(crate) fn colour_scheme(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// `mousePressed`, `mouseMoved` or `mouseReleased` at a place in the window.
    pub(crate) fn mouse(&mut self, what: &str, (x, y): (f64, f64)) {
        let held = if what == "mouseMoved" { "none" } else { "left" };
        let event = json!({ "type": what, "x": x, "y": y, "button": held, "buttons": 1, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Gives the page a touch screen.
    pub(crate) fn touch_screen(&mut self) {
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 1 }));
    }

    /// `touchStart` or `touchMove` at a place in the window, or `touchEnd` of the finger.
    pub(crate) fn touch(&mut self, what: &str, at: Option<(f64, f64)>) {
        let points: Vec<Value> = at.iter().map(|(x, y)| json!({ "x": x, "y": y })).collect();
        self.call("Input.dispatchTouchEvent", json!({ "type": what, "touchPoints": points }));
    }

    /// Has files that the page saves put into a folder.
    pub(crate) fn downloads_to(&mut self, folder: &Path) {
        let behavior = json!({ "behavior": "allow", "downloadPath": folder.display().to_string() });
        self.call("Browser.setDownloadBehavior", behavior);
    }

    /// A file that the page saves, once it is whole.
    pub(crate) fn downloaded(&mut self, file: &Path) -> String {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match std::fs::read_to_string(file) {
                Ok(text) if !text.is_empty() => return text,
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        panic!("{} was not saved", file.display());
    }

    /// Presses and releases a key, by the name that events give it.
    pub(crate) fn key(&mut self, key: &str) {
        let code = if key.len() == 1 { json!(key) } else { Value::Null };
        for what in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": what, "key": key });
            if what == "keyDown" && !code.is_null() {
                event["text"] = code.clone();
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// A picture of the whole page, where `HOVERA_SCREENSHOTS` names a folder for them.
    pub(crate) fn screenshot(&mut self, name: &str) {
        use base64::Engine as _;
        let Some(folder) = std::env::var_os("HOVERA_SCREENSHOTS") else { return };
        let picture = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        let data = picture["data"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }

    /// What should never happen on a page: errors, dialogs, and requests for anything but the file itself.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // An answer to this comes after every event so far.
        self.call("Runtime.evaluate", json!({ "expression": "0" }));
        let complaint = |event: &Value| {
            let params = &event["params"];
            let bad = match event["method"].as_str()? {
                "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" | "Page.windowOpen" => true,
                "Runtime.consoleAPICalled" => params["type"] != "log",
                "Log.entryAdded" => {
                    params["entry"]["level"] != "info" && params["entry"]["level"] != "verbose"
                }
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str()?;
                    params["type"] != "Document" || !url.starts_with("file://")
                }
                _ => false,
            };
            bad.then(|| event.to_string())
        };
        self.events.iter().filter_map(complaint).collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Both fail when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a browser that was just started listens: it writes that into its profile.
fn address(profile: &Path) -> (u16, String) {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let text = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n').filter(|(_, path)| path.starts_with('/')) {
            return (port.parse().unwrap(), path.trim().to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the browser did not say where it listens");
}
