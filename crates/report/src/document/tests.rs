use super::made_up::{file, imported, lost, other_product, results, row, two_lines};
use super::measurements::Measurements;
use super::{Report, ResultsFile};
use hovera_core::made_up::{self, predicted};
use hovera_core::{Cache, Device, Engine, Layout, Op, Pacing, Point, Results, SecondSpeed, Status};

fn text(file: &super::OutputFile) -> String {
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn report(files: &[ResultsFile]) -> Report {
    Report::new(files, "hovera 0.0.0").unwrap()
}

/// Every format's document.
fn documents(report: &Report) -> [String; 3] {
    [
        text(&report.html("r.html")),
        text(&report.markdown("r.md")[0]),
        text(&report.latex("r.tex").unwrap()[0]),
    ]
}

/// The same rows on another card, so many times as fast.
fn on_an_h200(factor: f64) -> ResultsFile {
    let mut other = results(two_lines());
    other.front_matter.device = vec![Device {
        name: "NVIDIA H200".into(),
        backend: "cuda".into(),
        sm_count: Some(132),
        ..Device::default()
    }];
    for timing in other.rows.iter_mut().filter_map(|row| row.timing.as_mut()) {
        for time in [&mut timing.min_us, &mut timing.median_us, &mut timing.mean_us, &mut timing.max_us] {
            *time = time.map(|us| us / factor);
        }
    }
    file(&other)
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let files = [file(&results(two_lines())), on_an_h200(1.5)];
    assert_eq!(documents(&report(&files)), documents(&report(&files)));
}

#[test]
fn issue_12_7_the_page_knows_which_points_are_noisy() {
    let page = |status| {
        let mut rows = vec![row(64, 100.0), row(128, 110.0)];
        rows[1].status = status;
        text(&report(&[file(&results(rows))]).html("r.html"))
    };
    assert!(page(Status::Noisy).contains(r#""noisy":[1]"#));
    assert!(!page(Status::Ok).contains(r#""noisy":["#));
}

#[test]
fn kernels_and_second_speeds_are_in_every_format_and_in_the_page_s_tooltips() {
    let mut rows = two_lines();
    for row in &mut rows {
        let odd = row.point.layer().unwrap().head_dim().get() % 2 == 1;
        let name = if odd {
            "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1"
        } else {
            "nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_NTT"
        };
        row.kernel.name = Some(name.into());
    }
    let timing = rows[9].timing.as_mut().unwrap();
    timing.second = timing.median_us.map(|us| SecondSpeed { time_us: us * 1.25, share: 0.25 });
    let report = report(&[file(&results(rows))]);
    let [html, markdown, latex] = documents(&report);
    assert!(
        markdown.contains("a Turing kernel for rows of any length, `cutlass_75_…_align1`;"),
        "{markdown}"
    );
    assert!(markdown.contains("1 of 106 points has two speeds, which is not noise: it is hidden size 7680"));
    assert!(latex.contains("cutlass\\_75\\_") && latex.contains("1 of 106 points has two speeds"), "{latex}");
    assert!(html.contains("<q>cutlass_75_…_align1</q>"));
    for said in [
        "25.0 % of the launches at another speed, ",
        "Hopper nvjet 256x128",
        "Turing cutlass align1",
        r#""second":[[9,"#,
        "<th scope=\"col\" class=\"n\">Other speed, µs",
        "<td>nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_NTT",
    ] {
        assert!(html.contains(said), "no {said:?}");
    }
    let [without, ..] = documents(&self::report(&[file(&results(two_lines()))]));
    for none in ["Other speed", "nvjet", r#""second":["#, "The kernels that the library picks"] {
        assert!(!without.contains(none), "{none}");
    }
}

#[test]
fn files_that_make_no_report_are_refused_by_name() {
    let refused = |files: &[ResultsFile]| Report::new(files, "hovera").unwrap_err().to_string();
    assert_eq!(refused(&[]), "no results file: want one or more");
    assert_eq!(refused(&[file(&results(vec![]))]), "made-up.csv: no row to report: want at least one");
    let one = file(&results(two_lines()));
    assert_eq!(
        refused(&[one.clone(), one]),
        "made-up.csv: the same bytes as made-up.csv: want each file once"
    );
}

#[test]
fn a_file_in_which_every_point_failed_is_reported_as_such() {
    let failed =
        results(vec![lost(64, Status::Failed, "wrong result"), lost(128, Status::Failed, "wrong result")]);
    for document in documents(&report(&[file(&failed)])) {
        assert!(document.contains("Of 2 points, 2 failed and 0 were skipped"), "{document}");
        assert!(!document.contains("Plateaus"));
    }
}

#[test]
fn several_files_stand_side_by_side_with_a_verdict() {
    let files = [file(&results(two_lines())), on_an_h200(1.5)];
    let markdown = text(&report(&files).markdown("r.md")[0]);
    assert!(markdown.starts_with("# Attention GEMMs on `NVIDIA H100 80GB HBM3` and `NVIDIA H200`\n"));
    let said = "Of 106 points that both have, `NVIDIA H200` is faster at 106, slower at 0 and the same at 0";
    assert!(markdown.contains(said), "{markdown}");
    assert!(markdown.contains("in the geometric mean, 1.500 ("), "{markdown}");
    assert!(markdown.contains("| 64 | 702 | 1054 |"), "{markdown}");
    // A file alone has nothing at its side.
    assert!(!text(&report(&files[..1]).markdown("r.md")[0]).contains("Side by side"));
}

#[test]
fn files_measured_by_different_methods_get_no_ratio() {
    let mut other: Results = results(two_lines());
    other.front_matter.method.timer = "host".to_owned();
    let files = [file(&results(two_lines())), file(&other)];
    let markdown = text(&report(&files).markdown("r.md")[0]);
    assert!(markdown.contains("**Not compared.** No ratio is given: `"), "{markdown}");
    assert!(markdown.contains("timer"));
    assert!(!markdown.contains("Verdict"));
}

#[test]
fn imported_numbers_are_called_so_and_by_which_time_they_are() {
    let report = self::report(&[file(&imported(two_lines()))]);
    let markdown = text(&report.markdown("r.md")[0]);
    for said in [
        "# Attention GEMMs on `NVIDIA A100-SXM4-40GB (imported)`\n",
        "\n## `NVIDIA A100-SXM4-40GB (imported)`\n",
        "**Not measured by hovera: imported from `h_sweep.out` of `somebody's <benchmark>`, under `Apache-2.0`. \
         Each point's time is the slowest of its 99 launches.**\n",
        "All 106 points were imported.",
        "| method | time that counts | `max` |",
        "| source | its format | `cookbook` |",
    ] {
        assert!(markdown.contains(said), "no {said:?} in {markdown}");
    }
    assert!(!markdown.contains("were measured."));
    let html = text(&report.html("r.html"));
    assert!(html.contains("imported from <q>h_sweep.out</q> of <q>somebody&#39;s &lt;benchmark&gt;</q>"));
    assert!(html.contains("Slowest, µs") && !html.contains("Median, µs"));
    let latex = text(&report.latex("r.tex").unwrap()[0]);
    assert!(latex.contains("Not measured by hovera: imported from"), "{latex}");
    // What hovera measured by its own rule needs no such words.
    let measured = text(&self::report(&[file(&results(two_lines()))]).markdown("r.md")[0]);
    assert!(!measured.contains("imported") && !measured.contains("Each point is by"), "{measured}");
}

/// Both kinds of files, of the same products.
fn measured_and_imported() -> [Results; 2] {
    let mut measured = results(two_lines());
    // As measured rows have: all of their times.
    for timing in measured.rows.iter_mut().filter_map(|row| row.timing.as_mut()) {
        timing.max_us = timing.median_us.map(|us| us * 1.25);
    }
    [measured, imported(two_lines())]
}

#[test]
fn imported_numbers_are_compared_by_the_time_that_both_have_and_it_is_said_how_they_differ() {
    let all = report(&measured_and_imported().map(|results| file(&results))).markdown("r.md");
    let markdown = text(&all[0]);
    // By the slowest launch the measured ones take 1.25 times as long.
    assert!(markdown.contains("is, in the geometric mean, 1.250 ("), "{markdown}");
    let differ = "**Not alike.** The times were not taken alike; they are compared by the slowest launch of each point. \
                  `NVIDIA H100 80GB HBM3`: pacing burst. `NVIDIA A100-SXM4-40GB (imported)`: pacing none.";
    assert!(markdown.contains(differ), "{markdown}");
    assert!(markdown.contains("were measured by different methods: timer is "), "{markdown}");
    let against =
        "Against `NVIDIA H100 80GB HBM3`, `NVIDIA A100-SXM4-40GB (imported)` is 25.0 % faster in score";
    assert!(markdown.contains(against), "{markdown}");
    let heads = "| h/a | `NVIDIA H100 80GB HBM3`, by the median launch, TFLOP/s | `NVIDIA A100-SXM4-40GB (imported)`, \
                 by the slowest launch, TFLOP/s |";
    assert!(markdown.contains(heads), "{markdown}");
    let names: Vec<&str> = all.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "r.md",
            "r-all-score-a12-by-gpu.svg",
            "r-all-score-a12-ratio-by-gpu.svg",
            "r-1-score-a12.svg",
            "r-2-score-a12.svg"
        ]
    );
}

#[test]
fn rows_of_conditions_that_nobody_knows_are_compared_with_one_kind_of_the_measured_ones() {
    let [mut measured, mut other] = measured_and_imported();
    let cold = measured.rows.clone().into_iter().map(|mut row| {
        row.point.cache = Cache::Cold;
        row
    });
    measured.rows.extend(cold.collect::<Vec<_>>());
    for row in &mut other.rows {
        (row.point.engine, row.point.cache, row.point.layout) = (Engine::Other, Cache::Other, Layout::Other);
    }
    let markdown = text(&report(&[file(&measured), file(&other)]).markdown("r.md")[0]);
    let differ = "`NVIDIA H100 80GB HBM3`: layout nn, engine cublas, pacing burst and cache hot. Its 106 rows with cache cold \
                  are not compared. `NVIDIA A100-SXM4-40GB (imported)`: pacing none. Of \
                  `NVIDIA A100-SXM4-40GB (imported)` layout, engine and cache are not known.";
    assert!(markdown.contains(differ), "{markdown}");
    assert!(markdown.contains("Of 106 points that both have"), "{markdown}");
    assert!(!markdown.contains("unfinished"), "{markdown}");
}

#[test]
fn where_no_time_is_in_both_or_operands_lie_otherwise_there_is_no_ratio_and_it_is_said_why() {
    let [mut measured, other] = measured_and_imported();
    for timing in measured.rows.iter_mut().filter_map(|row| row.timing.as_mut()) {
        timing.max_us = None;
    }
    let markdown = text(&report(&[file(&measured), file(&other)]).markdown("r.md")[0]);
    assert!(
        markdown.contains("**Not compared.** No ratio is given: no time is in all files. "),
        "{markdown}"
    );
    assert!(
        markdown.contains("`NVIDIA A100-SXM4-40GB (imported)` has that of the slowest launch."),
        "{markdown}"
    );
    let [measured, mut other] = measured_and_imported();
    other.rows.iter_mut().for_each(|row| row.point.layout = Layout::Nt);
    let markdown = text(&report(&[file(&measured), file(&other)]).markdown("r.md")[0]);
    assert!(markdown.contains("have no point in common: layout is nn and nt"), "{markdown}");
    assert!(!markdown.contains("Verdict"), "{markdown}");
}

#[test]
fn a_third_file_that_has_nothing_in_common_does_not_keep_the_others_from_being_compared() {
    let mut apart = results(two_lines());
    apart.front_matter.device[0].name = "NVIDIA L40S".into();
    apart.rows.iter_mut().for_each(|row| row.point.dtype = hovera_core::Dtype::F32);
    let files = [file(&results(two_lines())), file(&apart), on_an_h200(1.5)];
    let markdown = text(&report(&files).markdown("r.md")[0]);
    assert!(markdown.contains("`NVIDIA H200` is faster at 106"), "{markdown}");
    assert!(markdown.contains("and NVIDIA L40S have no point in common: dtype is f16 and f32"), "{markdown}");
}

#[test]
fn predictions_are_called_so_in_every_document() {
    let report = self::report(&[file(&predicted(results(two_lines())))]);
    let markdown = text(&report.markdown("r.md")[0]);
    for said in [
        "# Attention GEMMs on `NVIDIA H100 80GB HBM3 (predicted)`\n",
        "**Not measured: predicted by a model whose constants are fitted to 60 points of `Made-Up 90` with `cuBLAS 13`. \
         80 % of measured times should lie in its intervals.**\n",
        "All 106 points were predicted.",
        "### How it was predicted\n",
        "The spec that was predicted:\n",
        "| prediction | constants of | `Made-Up 90` |",
        "points are predicted, not measured",
    ] {
        assert!(markdown.contains(said), "no {said:?} in {markdown}");
    }
    assert!(!markdown.contains("were measured") && !markdown.contains("was measured"), "{markdown}");
    let html = text(&report.html("r.html"));
    for said in
        ["How it was predicted", "All predictions", "Predicted, µs", "From, µs", "predicted (tier family), "]
    {
        assert!(html.contains(said), "no {said:?}");
    }
    assert!(!html.contains("All measurements") && !html.contains("Median, µs"));
    // The legend's word is what a pointer over a line tells beside its series.
    assert!(html.contains("[\"h/a = 1\",\"predicted\"]"), "{html}");
    let latex = text(&report.latex("r.tex").unwrap()[0]);
    assert!(
        latex.contains("Not measured: predicted by a model") && latex.contains("How it was predicted"),
        "{latex}"
    );
    // Of what was measured none of these words stands anywhere.
    for document in documents(&self::report(&[file(&results(two_lines()))])) {
        assert!(!document.to_lowercase().contains("predict"), "{document}");
    }
}

#[test]
fn predictions_stand_beside_measurements_without_a_verdict() {
    let files = [file(&results(two_lines())), file(&predicted(results(two_lines())))];
    let all = report(&files).markdown("r.md");
    let markdown = text(&all[0]);
    assert!(markdown.contains("**Not compared.** No ratio is given: "), "{markdown}");
    assert!(markdown.contains("its rows are predicted, not measured"), "{markdown}");
    assert!(
        markdown.contains(
            "| h/a | `NVIDIA H100 80GB HBM3`, TFLOP/s | `NVIDIA H100 80GB HBM3 (predicted)`, TFLOP/s |"
        ),
        "{markdown}"
    );
    assert!(!markdown.contains("Verdict"), "{markdown}");
}

#[test]
fn every_product_has_a_chart_a_table_and_rows_and_the_title_names_attention_only_where_all_is() {
    let others = || {
        vec![
            other_product(Op::Gemm, (1, 8192, 2304, 768)),
            other_product(Op::Bmm, (7, 3, 4, 5)),
            other_product(Op::Bmm, (8, 3, 4, 5)),
        ]
    };
    let plain = report(&[file(&results(others()))]);
    for document in documents(&plain) {
        assert!(document.contains("GEMMs on") && !document.contains("Attention GEMMs"), "{document}");
        assert!(document.contains("Batched GEMM, m=3 n=4 k=5"), "{document}");
        assert!(document.contains("GEMM, m=8192 n=2304 k=768"), "{document}");
        assert!(!document.contains("h/a = 8"), "{document}");
    }
    let markdown = text(&plain.markdown("r.md")[0]);
    assert!(markdown.contains("**Fastest point.** 1.12 TFLOP/s at m 8192."), "{markdown}");
    let html = text(&plain.html("r.html"));
    assert!(html.contains("<td>1x8192x2304x768") && html.contains("<td>7x3x4x5"));

    let both = report(&[file(&results([two_lines(), others()].concat()))]);
    let [_, markdown, _] = documents(&both);
    assert!(markdown.starts_with("# GEMMs on ") && markdown.contains("a line `h/a = 8` is every head dim"));
    assert!(
        markdown.contains("### Attention Key Query Score, a=12\n") && markdown.contains("### GEMM, m=8192")
    );
}

#[test]
fn a_softmax_is_told_in_gb_per_second_and_held_against_no_product() {
    let softmax = |seq: u64, time_us| {
        made_up::row_of(made_up::softmax((12, 4, seq, seq))).time_us(time_us).clock_mhz(1500.0).build()
    };
    // 4·48·s² bytes: 1006.6 and 1677.7 GB/s, and 1.26 and 2.10 TFLOP/s by the five operations of each element.
    let softmaxes = vec![softmax(1024, 200.0), softmax(2048, 480.0)];
    let alone = report(&[file(&results(softmaxes.clone()))]);
    let [html, markdown, _] = documents(&alone);
    for says in
        ["Attention Softmax, a=12", "Highest, GB/s", "**Fastest point.** 1678 GB/s at sequence length 2048."]
    {
        assert!(markdown.contains(says), "{says}: {markdown}");
    }
    // The page's table has a column of its own for it, and none of TFLOP/s.
    assert!(html.contains("GB/s") && html.contains("<td>1678") && !html.contains("<td>2.097"), "{html}");
    assert!(!markdown.contains("2.10") && !markdown.contains("2.097"), "{markdown}");
    let both = report(&[file(&results([two_lines(), softmaxes].concat()))]);
    let [_, markdown, _] = documents(&both);
    assert!(markdown.contains("**Fastest point.** 1678 GB/s"), "{markdown}");
    // The head of the report is of products.
    assert!(!markdown.contains("in softmax at"), "{markdown}");
}

#[test]
fn two_files_of_plain_products_stand_side_by_side_and_what_cannot_says_why() {
    let gemms = |card: &str, n: u64, tflops: f64| {
        let row = |m: u64| {
            let row = other_product(Op::Gemm, (1, m, n, 64));
            hovera_core::made_up::row_of(row.point).tflops(tflops).interval(0.001).build()
        };
        let mut results = results([64, 128, 256, 512].map(row).to_vec());
        results.front_matter.device[0].name = card.to_owned();
        file(&results)
    };
    let all = report(&[gemms("NVIDIA H100 80GB HBM3", 64, 100.0), gemms("NVIDIA H200", 64, 150.0)]);
    let files = all.markdown("r.md");
    let markdown = text(&files[0]);
    assert!(
        markdown.contains("## Side by side") && markdown.contains("is, in the geometric mean, 1.5"),
        "{markdown}"
    );
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert!(names.contains(&"r-all-gemm-over-m-by-gpu.svg"), "{names:?}");
    assert!(names.contains(&"r-all-gemm-over-m-ratio-by-gpu.svg"), "{names:?}");

    let apart = report(&[gemms("NVIDIA H100 80GB HBM3", 64, 100.0), gemms("NVIDIA H200", 128, 150.0)]);
    let markdown = text(&apart.markdown("r.md")[0]);
    assert!(markdown.contains("**Not compared.** No ratio is given: "), "{markdown}");
}

#[test]
fn ranks_that_share_the_heads_have_charts_of_their_own() {
    let share = |mut row: hovera_core::Row| {
        row.point.gemm = row.point.layer().unwrap().share(Op::Score, 4).unwrap();
        row
    };
    let rows = [two_lines(), two_lines().into_iter().map(share).collect()].concat();
    let markdown = text(&report(&[file(&results(rows))]).markdown("r.md")[0]);
    for title in
        ["### Attention Key Query Score, a=12: tp 1\n", "### Attention Key Query Score, a=12: tp 4\n"]
    {
        assert!(markdown.contains(title), "{markdown}");
    }
}

#[test]
fn pictures_are_named_after_the_document_and_linked_by_it() {
    let report = report(&[file(&results(two_lines()))]);
    let markdown = report.markdown("my report.md");
    assert_eq!(markdown[1].name, "my report-1-score-a12.svg");
    assert!(text(&markdown[0]).contains("](my%20report-1-score-a12.svg)"));
    let latex = report.latex("r.tex").unwrap();
    assert_eq!(latex[1].name, "r-1-score-a12.pdf");
    assert!(text(&latex[0]).contains("{r-1-score-a12.pdf}") && latex[1].bytes.starts_with(b"%PDF"));
}

#[test]
fn the_page_loads_nothing_and_allows_only_its_own_script() {
    let html = text(&report(&[file(&results(two_lines()))]).html("r.html"));
    assert!(html.contains("default-src 'none'; style-src 'sha256-"));
    for reference in ["http:", "https:", "src=", "url(data", "@import", "style=\"", "onclick"] {
        let found = html.replace("http://www.w3.org/2000/svg", "").contains(reference);
        assert!(!found, "{reference} in the page");
    }
}

/// Everything in a results file that is text, as an attack on each format.
fn hostile() -> ResultsFile {
    let evil = "</script><script>alert(1)</script>|`*[x](javascript:y)*`\\input{/etc/passwd}%$#&_{}~^\"'<!--\u{1b}[31m\u{202e}\n=1+1";
    let mut hostile = results(two_lines());
    let front_matter = &mut hostile.front_matter;
    let device = &mut front_matter.device[0];
    device.name = evil.to_owned();
    device.id = Some(evil.to_owned());
    front_matter.sweep.name = evil.to_owned();
    front_matter.sweep.spec = format!("```\n{evil}\n```");
    front_matter.software.gemm = evil.to_owned();
    front_matter.software.driver = Some(evil.repeat(10_000));
    front_matter.started = evil.to_owned();
    front_matter.method.data = evil.to_owned();
    hostile.rows[0].note = evil.replace('\n', " ");
    hostile.rows.push(lost(2720, Status::Failed, &evil.replace('\n', " ")));
    hostile.rows.push(row(2721, 140.0));
    ResultsFile { name: evil.to_owned(), ..file(&hostile) }
}

#[test]
fn text_of_strangers_is_only_text_in_every_format() {
    let [html, markdown, latex] = documents(&report(&[hostile()]));
    for document in [&html, &markdown, &latex] {
        assert!(!document.contains(['\u{1b}', '\u{202e}']), "a control character came through");
        assert!(document.len() < 400_000, "{} bytes: a huge field came through", document.len());
    }
    assert_eq!(html.matches("<script").count(), 2);
    assert!(html.contains("&lt;script&gt;alert(1)"));
    // In LaTeX every backslash is the report's own.
    let latex = latex.replace(r"\hspace{0pt}", "");
    assert!(!latex.contains("\\input") && latex.contains(r"\textbackslash{}input\{"));
    // In Markdown it stands in code spans and blocks: without these nothing of it is left.
    let mut outside = String::new();
    let mut fenced = None;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fenced {
            None if ticks >= 3 && !line[ticks..].contains('`') => fenced = Some(ticks),
            Some(fence) if ticks >= fence && line.len() == ticks => fenced = None,
            Some(_) => {}
            None => outside += &without_code_spans(line),
        }
    }
    assert!(!outside.contains("alert") && !outside.contains("javascript"), "{outside}");
}

/// A line without its code spans, as CommonMark (section 6.1) finds them.
fn without_code_spans(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside += &rest[..start];
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let after = &rest[start + ticks..];
        let mut at = 0;
        let end = loop {
            let Some(next) = after[at..].find('`') else { break None };
            let run = after[at + next..].len() - after[at + next..].trim_start_matches('`').len();
            if run == ticks {
                break Some(at + next + run);
            }
            at += next + run;
        };
        match end {
            Some(end) => rest = &after[end..],
            None => {
                outside += &rest[start..start + ticks];
                rest = after;
            }
        }
    }
    outside + rest
}

#[test]
fn issue_12_8_a_condition_without_a_time_has_no_chart_and_the_report_says_so() {
    let rows = vec![lost(64, Status::Failed, "the device was lost"), lost(128, Status::Skipped, "memory")];
    let report = report(&[file(&results(rows))]);
    for document in documents(&report) {
        assert!(document.contains("none of its 2 points has a time"), "{document}");
    }
    assert_eq!(report.markdown("r.md").len(), 1, "no picture beside the document");
}

#[test]
fn of_very_many_rows_a_page_shows_some_and_says_of_how_many() {
    let many = |rows| results((1..=rows).map(|head_dim| row(head_dim, 140.0)).collect());
    let page = text(&report(&[file(&many(10_001))]).html("r.html"));
    assert!(page.contains("10001 rows of made-up.csv") && !page.contains("evenly spread"));
    let (_, table) = page.split_once("<table class=\"rows\"").unwrap();
    let (table, more) = table.split_once("</table>").unwrap();
    assert_eq!(table.matches("\n<tr>").count(), 6_000);
    let (_, more) = more.split_once("class=\"more\">").unwrap();
    let more: Vec<String> = serde_json::from_str(more.split_once("</script>").unwrap().0).unwrap();
    assert_eq!((more.len(), more[0].split('\t').nth(1)), (4_001, Some("72012")), "{}", more[0]);
    assert!(page.contains("Without scripts only the first 6000 of these rows are here."));
    assert!(page.contains("of each of 500 columns are shown"));
    let sample = Measurements::of_results(&many(100_001));
    assert_eq!(sample.caption("x.csv"), "100000 of the 100001 rows of x.csv, evenly spread");
    // Of fewer all are there.
    let page = text(&report(&[file(&results(two_lines()))]).html("r.html"));
    assert!(page.contains("106 rows of made-up.csv") && !page.contains("evenly spread"));
    assert!(!page.contains("of each of 500 columns"));
}

#[test]
fn of_very_many_conditions_a_page_draws_some_and_says_of_how_many() {
    let mut rows = Vec::new();
    for layout in [Layout::Nn, Layout::Nt] {
        for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
            for pacing in [Pacing::None, Pacing::Burst, Pacing::Sustained] {
                for cache in [Cache::Hot, Cache::Cold] {
                    let mut row = row(64, 500.0);
                    row.point = Point { layout, engine, pacing, cache, ..row.point };
                    rows.push(row);
                }
            }
        }
    }
    let page = text(&report(&[file(&results(rows))]).html("r.html"));
    assert_eq!(page.matches("<figure class=\"chart\"").count(), 24);
    assert!(page.contains("24 of the 36 conditions of the file have a chart here"), "said");
}

fn recorded(sweep: &str) -> ResultsFile {
    let path =
        format!("{}/../../sweeps/recorded/nvidia-h100-80gb-hbm3/{sweep}.csv", env!("CARGO_MANIFEST_DIR"));
    ResultsFile::parse(sweep, &format!("{sweep}.csv"), &std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_report_of_whole_models_begins_with_where_their_time_goes() {
    let report = report(&[recorded("models-8192-tokens")]);
    let [html, markdown, latex] = documents(&report);
    let (before, _) = html.split_once("<svg").unwrap();
    assert!(before.contains("<h3>Where the Time of Models Goes</h3>"), "another chart is first");
    assert!(html.contains("llama-3-8b: "), "each bar in words, for those who cannot see it");
    assert!(markdown.contains("![Where the Time of Models Goes](r-all-model-shares.svg)"), "{markdown}");
    assert!(latex.contains("{r-all-model-shares.pdf}"), "{latex}");
    let names: Vec<String> = report.markdown("r.md").into_iter().map(|file| file.name).collect();
    assert_eq!(names.iter().filter(|name| name.contains("model-shares")).count(), 1, "{names:?}");
    // A sweep of no model has none.
    assert!(!documents(&self::report(&[file(&results(two_lines()))]))[0].contains("Time of Models"));
}

#[test]
fn models_of_two_cards_have_a_bar_for_each_card() {
    let one = recorded("models-8192-tokens");
    let mut other = one.results.clone();
    other.front_matter.device[0].name = "NVIDIA H200".into();
    let report = report(&[one, file(&other)]);
    let (_, picture) = report.first_picture().unwrap();
    let desc = &picture.chart.desc;
    assert!(desc.contains("gpt2, NVIDIA H100 80GB HBM3: ") && desc.contains("gpt2, NVIDIA H200: "), "{desc}");
}

#[test]
fn of_very_many_models_some_have_a_bar_and_the_report_says_so() {
    let mut results = recorded("models-8192-tokens").results;
    let models = results.front_matter.model.clone();
    results.front_matter.model = models.iter().cycle().take(30).cloned().collect();
    let report = report(&[file(&results)]);
    let (_, picture) = report.first_picture().unwrap();
    let said = "24 of 30 models are in this chart, evenly spread; hovera plot --chart shares draws them all";
    assert!(picture.notes.iter().any(|note| note == said), "{:?}", picture.notes);
}

#[test]
fn a_sweep_of_a_gemm_over_two_sizes_is_a_heat_map() {
    let report = report(&[recorded("gemm-mnk")]);
    let markdown = text(&report.markdown("r.md")[0]);
    let pictures: Vec<_> = report.pictures().map(|(_, picture)| picture).collect();
    assert_eq!(pictures.len(), 2, "one for each k");
    assert!(pictures.iter().all(|picture| picture.chart.cells.is_some()));
    assert!(markdown.contains("**Slowest point.**"), "{markdown}");
}

#[test]
fn a_heat_map_is_not_said_to_have_lines() {
    for document in documents(&report(&[recorded("heads-by-head-dim")])) {
        assert!(document.contains("hroughput over the sizes that each sweep varies."), "{document}");
        assert!(!document.contains("one line for each power of two"));
    }
}
