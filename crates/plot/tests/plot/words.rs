//! Text in an SVG: there, readable by machines, safe, and in a font that comes along.

use crate::made_up;
use base64::Engine as _;
use hovera_plot::{Chart, Dash, Figure, PlotError, Style};
use roxmltree::Document;

fn chart(change: impl FnOnce(&mut Chart)) -> Chart {
    let mut chart = made_up::published(
        "Attention Key Query Score, a=12",
        made_up::sawtooth(100, |_| Style::Line(Dash::Solid)),
    );
    change(&mut chart);
    chart
}

fn texts(svg: &str) -> Vec<String> {
    let svg = Document::parse(svg).unwrap();
    svg.descendants().filter(|n| n.has_tag_name("text")).filter_map(|n| n.text()).map(str::to_owned).collect()
}

#[test]
fn every_word_of_a_chart_is_text() {
    let words = texts(Figure::draw(&chart(|_| {})).unwrap().svg());
    assert_eq!(
        words.join("|"),
        "h/a = 1|h/a = 2|h/a = 4|h/a = 8|h/a = 16|h/a = 32|h/a = 64|\
        Attention Key Query Score, a=12|0|4096|8192|12288|16384|20480|24576|28672|32768|\
        0|50|100|150|200|250|Hidden Size|Throughput (TFLOPs/s)|made up for a test, not measured"
    );
}

#[test]
fn the_svg_says_what_it_shows() {
    let figure = Figure::draw(&chart(|_| {})).unwrap();
    let svg = Document::parse(figure.svg()).unwrap();
    let root = svg.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let labels = root.attribute("aria-labelledby").unwrap().split(' ').map(|id| {
        let node = svg.descendants().find(|n| n.attribute("id") == Some(id)).unwrap();
        (node.tag_name().name().to_owned(), node.text().unwrap().to_owned())
    });
    assert_eq!(
        labels.collect::<Vec<_>>(),
        [
            ("title".to_owned(), "Attention Key Query Score, a=12".to_owned()),
            ("desc".to_owned(), "Made-up lines for a test.".to_owned()),
        ]
    );
}

#[test]
fn two_charts_in_one_page_have_different_ids() {
    let id = |chart: &Chart| {
        let figure = Figure::draw(chart).unwrap();
        let svg = Document::parse(figure.svg()).unwrap();
        svg.root_element().attribute("aria-labelledby").unwrap().to_owned()
    };
    assert_ne!(id(&chart(|_| {})), id(&chart(|c| c.traces[0].points[0].y += 1.0)));
}

#[test]
fn markup_and_control_characters_in_any_text_stay_text() {
    let bad = "</text><script>alert(1)</script>&amp;\u{0}\u{1b}[31m\u{202e}";
    let clean = "</text><script>alert(1)</script>&amp;[31m";
    let figure = Figure::draw(&chart(|c| {
        for text in [&mut c.title, &mut c.x.label, &mut c.y.label, &mut c.desc, &mut c.traces[0].label] {
            *text = bad.to_owned();
        }
        c.traces[0].heading = Some(bad.to_owned());
        c.caption = Some(bad.to_owned());
    }))
    .unwrap();
    let svg = Document::parse(figure.svg()).unwrap();
    assert_eq!(svg.descendants().filter(|n| n.has_tag_name("script")).count(), 0);
    assert_eq!(texts(figure.svg()).into_iter().filter(|t| t == clean).count(), 6);
    for name in ["title", "desc"] {
        let node = svg.descendants().find(|n| n.has_tag_name(name)).unwrap();
        assert_eq!(node.text(), Some(clean));
    }
}

#[test]
fn long_texts_stay_in_the_figure() {
    let long = "NVIDIA ".repeat(72);
    let figure = Figure::draw(&chart(|c| {
        for text in [&mut c.title, &mut c.x.label, &mut c.y.label, &mut c.traces[0].label] {
            text.clone_from(&long);
        }
        c.caption = Some(long.clone());
    }))
    .unwrap();
    assert_eq!(texts(figure.svg()).into_iter().filter(|t| t.ends_with('…')).count(), 4);
    let pixels = crate::files::decode(&figure.png().unwrap());
    let at_edge = |x: u32, y: u32| x < 8 || y < 8 || x >= pixels.width - 8 || y >= pixels.height - 2;
    assert!(pixels.all().all(|(x, y, rgb)| !at_edge(x, y) || rgb == [255; 3]), "text runs out of the figure");
}

#[test]
fn the_svg_carries_a_font_of_exactly_its_characters() {
    let figure = Figure::draw(&chart(|c| c.caption = Some("NVIDIA · 卡".into()))).unwrap();
    let data = figure.svg().split_once("base64,").unwrap().1.split_once(')').unwrap().0;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
    let font = ttf_parser::Face::parse(&bytes, 0).unwrap();
    for c in texts(figure.svg()).concat().chars() {
        assert!(font.glyph_index(c).is_some(), "{c} is missing");
    }
    assert!(texts(figure.svg()).contains(&"NVIDIA · \u{fffd}".to_owned()));
    assert_eq!(font.glyph_index('Z'), None);
    let bare = figure.svg_without_font();
    assert!(!bare.contains("@font-face") && !bare.contains("<style>"), "{bare}");
    assert_eq!(texts(&bare), texts(figure.svg()));
    assert!(
        !figure.svg().contains("http:") || figure.svg().matches("http:").count() == 1,
        "only the namespace"
    );
}

#[test]
fn a_chart_that_makes_no_sense_is_refused_by_name() {
    let refused = |change: fn(&mut Chart)| Figure::draw(&chart(change)).unwrap_err();
    let error = refused(|c| c.traces[3].points[0].y = f64::NAN);
    assert!(matches!(error, PlotError::Point { .. }));
    assert_eq!(
        error.to_string(),
        "\"h/a = 8\" has the point (96, NaN): want finite numbers, above 0 on a logarithmic axis"
    );
    assert!(refused(|c| c.y.max = 0.0).to_string().starts_with("axis \"Throughput (TFLOPs/s)\" from 0 to 0"));
}

#[test]
fn a_chart_without_data_is_axes() {
    let figure = Figure::draw(&chart(|c| c.traces.clear())).unwrap();
    assert!(figure.png().is_ok() && figure.pdf().is_ok());
    assert!(!figure.svg().contains("h/a"));
}
