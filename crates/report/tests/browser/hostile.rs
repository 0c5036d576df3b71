//! A results file of a stranger whose every text is an attack.

use crate::{Html, assert_quiet, recorded};

#[test]
fn markup_and_scripts_in_a_results_file_are_only_text() {
    let evil = r#"</script></title></style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"><a href=\"javascript:alert(1)\">&lt;\u001b[31m\u202e"#;
    let note =
        r#""</td><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>""#;
    let text = String::from_utf8(recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let mut in_spec = false;
    let hostile: String = text
        .lines()
        .map(|line| {
            in_spec ^= line.matches("\"\"\"").count() == 1;
            let texts = ["name", "spec_hash", "gemm", "driver", "id", "hovera", "point", "data", "started"];
            let key = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
            match line.split_once(",ok,,compute") {
                Some((row, rest)) => format!("{row},ok,{note},compute{rest}\n"),
                None if !in_spec && line.contains(" = \"") && texts.contains(&key) => {
                    format!("# {key} = \"{evil}\"\n")
                }
                None => format!("{line}\n"),
            }
        })
        .collect();
    assert!(hostile.matches("owned").count() > 700);
    let html = Html::of_files(&[hostile.into_bytes()]);
    let Some(mut page) = html.open() else { return };
    assert!(page.text("document.title").starts_with("Attention GEMMs on </script>"));
    assert_eq!(page.number("document.scripts.length"), 2.0);
    assert_eq!(
        page.number("document.querySelectorAll('img, iframe, object, link, a[href^=javascript]').length"),
        0.0
    );
    assert!(page.text("document.querySelector('table.rows').textContent").contains("<script>"));
    assert_eq!(page.value("/[\\u001b\\u202e]/.test(document.documentElement.textContent)"), false);
    // The live charts carry texts of their own.
    page.value("document.querySelector('.live > svg').focus()");
    page.key("ArrowRight");
    assert_quiet(&mut page);
}
