//! Pages in a real browser: Chromium, driven as its WebDriver says
//! (<https://www.w3.org/TR/webdriver2/>).

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The key under which an element has its name.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _home: TempDir,
}

impl Browser {
    fn start() -> Browser {
        let home = TempDir::new().unwrap();
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("install chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let port = line.split("started successfully on port ").nth(1)?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("a port");
        // Somebody has to read what it says.
        std::thread::spawn(move || for _ in lines {});
        let mut browser = Browser {
            driver,
            port,
            session: String::new(),
            _home: home,
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1000,1400",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let begun = browser.ask("POST", "/session", &wanted);
        browser.session = begun["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// One command; its value.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn get(&self, path: &str) -> Value {
        self.ask(
            "GET",
            &format!("/session/{}{path}", self.session),
            &Value::Null,
        )
    }

    fn open(&self, page: &Path) {
        self.post(
            "/url",
            &json!({ "url": format!("file://{}", page.display()) }),
        );
    }

    fn elements(&self, selector: &str) -> Vec<String> {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.post("/elements", &wanted);
        let found = found.as_array().cloned().unwrap_or_default();
        found
            .iter()
            .filter_map(|element| element[ELEMENT].as_str().map(str::to_owned))
            .collect()
    }

    fn text(&self, element: &str) -> String {
        let text = self.get(&format!("/element/{element}/text"));
        text.as_str().unwrap_or_default().to_owned()
    }

    fn click(&self, element: &str) {
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    fn is_displayed(&self, element: &str) -> bool {
        self.get(&format!("/element/{element}/displayed")) == json!(true)
    }

    fn width(&self, element: &str) -> f64 {
        self.get(&format!("/element/{element}/rect"))["width"]
            .as_f64()
            .unwrap()
    }

    /// What the page complained about.
    fn complaints(&self) -> Vec<Value> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        log.as_array().cloned().unwrap_or_default()
    }

    /// The page as a PNG, in Base64.
    fn picture(&self) -> String {
        self.get("/screenshot").as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

const RELEASE: &str = r#"runbook "Release <b>1.2.3</b>"
defaults { timeout 1m }
metric errors: percent = $ cat errors
phase deploy {
  step switch {
    $ echo "the <i>new</i> version runs"
    rollback $ echo "the old version runs again"
  }
  gate well {
    hold errors < 5% for 300ms every 50ms
  }
  parallel {
    step warm { $ true
      harmless "it only reads"
    }
    step count { $ true
      harmless "it only reads"
    }
  }
}
gate go {
  confirm "shall it stay?"
}
step last {
  $ echo "disk full" >&2; exit 1
  rollback $ true
}
"#;

fn page(place: &Path) -> PathBuf {
    fs::write(place.join("t.runbook"), RELEASE).unwrap();
    fs::write(place.join("errors"), "1\n").unwrap();
    let runbook = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .current_dir(place)
            .env("RUNBOOK_STATE", place.join("state"))
            .stdin(Stdio::null());
        command.output().unwrap()
    };
    let run = runbook(&["exec", "t.runbook", "--yes"]);
    assert_eq!(
        run.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&run.stdout)
    );
    let written = runbook(&["report", "--html", "-o", "page.html"]);
    assert!(written.status.success(), "{written:?}");
    place.join("page.html")
}

#[test]
fn a_report_is_read_in_a_browser() {
    let place = TempDir::new().unwrap();
    let page = page(place.path());
    let browser = Browser::start();
    browser.open(&page);
    // The reason first, and nothing of what was printed is markup.
    let body = browser.text(&browser.elements("body")[0]);
    let head: Vec<&str> = body.lines().take(3).collect();
    assert_eq!(head[0], "Release <b>1.2.3</b>", "{body}");
    assert!(head[1].starts_with("rolled back after "), "{body}");
    assert!(
        head[2].contains("`last` failed") || head[2].contains("last failed"),
        "{body}"
    );
    assert!(
        !body.contains("the <i>new</i> version runs"),
        "it is folded: {body}"
    );

    // What was printed unfolds.
    let outputs = browser.elements("details:has(> pre)");
    assert!(!outputs.is_empty(), "{body}");
    let printed = browser.elements("details > pre");
    assert!(!browser.is_displayed(&printed[0]));
    let summaries = browser.elements("details:has(> pre) > summary");
    browser.click(&summaries[0]);
    assert!(browser.is_displayed(&printed[0]));
    assert_eq!(
        browser.text(&printed[0]).trim(),
        "the <i>new</i> version runs"
    );

    // So does the plan, which fits the page.
    let plan = browser.elements("svg.rb-plan");
    assert_eq!(plan.len(), 1);
    assert!(!browser.is_displayed(&plan[0]));
    let summaries = browser.elements("details:has(> svg) > summary");
    browser.click(&summaries[0]);
    assert!(browser.is_displayed(&plan[0]));
    assert!((100.0..=1000.0).contains(&browser.width(&plan[0])));
    let words = browser.text(&plan[0]);
    for word in ["step switch", "gate go", "step warm"] {
        assert!(words.contains(word), "{word}: {words}");
    }

    // When all of that went on is drawn, too.
    for class in ["working", "waiting", "undoing"] {
        assert!(
            !browser
                .elements(&format!("svg.bars rect.{class}"))
                .is_empty(),
            "{class}"
        );
    }

    // What was measured is drawn with its limit.
    assert!(!browser.elements("svg .line").is_empty());
    assert!(!browser.elements("svg .limit").is_empty());
    assert_eq!(browser.complaints(), Vec::<Value>::new());

    // A page with something on it, for whoever wants to look.
    let picture = browser.picture();
    assert!(
        picture.starts_with("iVBOR") && picture.len() > 20_000,
        "{}",
        picture.len()
    );
    if let Some(place) = std::env::var_os("PICTURES") {
        fs::write(Path::new(&place).join("report.png.base64"), picture).unwrap();
    }
}

#[test]
fn a_drawing_stands_for_itself() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("t.runbook"), RELEASE).unwrap();
    let drawn = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["graph", "t.runbook", "--format", "svg"])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert!(drawn.status.success(), "{drawn:?}");
    let file = place.path().join("plan.svg");
    fs::write(&file, drawn.stdout).unwrap();
    let browser = Browser::start();
    browser.open(&file);
    // A browser reads it as XML: a mistake in it would be an error page.
    let texts = browser.elements("text");
    let words: Vec<String> = texts.iter().map(|text| browser.text(text)).collect();
    for word in [
        "Release <b>1.2.3</b>",
        "step switch",
        "gate well",
        "then undo        double border: point of no return",
    ] {
        let squeezed = word.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = words
            .iter()
            .any(|it| it.split_whitespace().collect::<Vec<_>>().join(" ") == squeezed);
        assert!(found, "{word}: {words:?}");
    }
    assert!(!browser.elements("polygon.rb-gate").is_empty());
    assert!(!browser.elements("path.rb-back").is_empty());
    assert_eq!(browser.complaints(), Vec::<Value>::new());
}

#[test]
fn a_runbook_is_ticked_off_in_a_browser() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("t.runbook"), RELEASE).unwrap();
    let written = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["export", "t.runbook", "--to", "html", "-o", "page.html"])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    let browser = Browser::start();
    browser.open(&place.path().join("page.html"));
    let heads = browser.elements("h1");
    assert_eq!(browser.text(&heads[0]), "Release <b>1.2.3</b>");
    let body = browser.text(&browser.elements("body")[0]);
    for words in [
        "1. step switch",
        "echo \"the <i>new</i> version runs\"",
        "Way back from here: switch (at most 5m).",
        "The whole way back",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    let boxes = browser.elements("input[type=checkbox]");
    let ticked = || browser.elements("input:checked").len();
    assert!(boxes.len() > 5, "{}", boxes.len());
    assert_eq!(ticked(), 0);
    browser.click(&boxes[0]);
    assert_eq!(ticked(), 1);
    assert_eq!(browser.complaints(), Vec::<Value>::new());
}
