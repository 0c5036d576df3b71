use super::*;
use proptest::prelude::*;

const PUBLISHED: &str = include_str!("../../../../../sweeps/reference/a100-sxm4-40gb-attention-a12.csv");

const SMALL: &str = "# gpu = \"A100\"\n# dtype = \"f16\"\n# heads = 12\n# batch = 4\n# seq = 2048\n\
# source = \"a chart\"\n# [[reading]]\n# name = \"by eye\"\n# uncertainty = \"10 TFLOP/s\"\n\
reading,op,series,hidden,tflops\nby eye,score,8,0,0\nby eye,score,8,4096,180.5\n";

fn refused(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from));
    Readings::parse("r.csv", SMALL.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_published_readings_are_read() {
    let readings = Readings::parse("a100.csv", PUBLISHED).unwrap();
    assert_eq!(readings.gpu, "NVIDIA A100-SXM4-40GB");
    assert_eq!((readings.heads.get(), readings.batch.get(), readings.seq.get()), (12, 4, 2048));
    assert_eq!(readings.uncertainty.keys().collect::<Vec<_>>(), ["description", "fixed-ratio chart"]);
    let right_end = |op, power| {
        let series = Series::from_power(power).unwrap();
        let mut line = readings.points.iter().filter(move |p| p.op == op && p.series == series);
        line.find(|p| p.reading == "description" && p.hidden == 32_768).map(|p| p.tflops)
    };
    assert_eq!(right_end(Op::Score, 1), Some(95.0));
    assert_eq!(right_end(Op::Score, 64), Some(250.0));
    assert_eq!(right_end(Op::Values, 8), Some(230.0));
    assert_eq!(readings.points.len(), 49);
    let errors = |hidden| {
        let at = readings.points.iter().find(|p| p.reading == "description" && p.hidden == hidden).unwrap();
        readings.error_of(at).unwrap().round()
    };
    assert_eq!([4096, 8192, 32_768].map(errors), [60.0, 53.0, 10.0]);
}

#[test]
fn a_reading_that_no_card_can_do_is_refused() {
    let said = refused("180.5", "1e308");
    assert_eq!(said, "r.csv:12: tflops = \"1e308\": want no more than 1000000 TFLOP/s");
}

#[test]
fn how_far_off_a_reading_may_be_is_not_guessed() {
    let small = Readings::parse("r.csv", SMALL).unwrap();
    assert!(small.points.iter().all(|point| small.error_of(point).is_none()));
    for within in ["-1", "[]", "[[4096, 1], [4096, 2]]", "[[1, inf]]", "\"2\""] {
        let said = refused("# name =", &format!("# within = {within}\n# name ="));
        assert!(said.contains("want"), "{within}: {said}");
    }
}

#[test]
fn a_reading_that_cannot_be_is_named_with_file_line_column_value_and_what_would_be_right() {
    assert_eq!(
        refused("by eye,score", "guess,score"),
        "r.csv:11: reading = \"guess\": want the name of a [[reading]]: by eye"
    );
    assert_eq!(refused("score,8,0", "sore,8,0"), "r.csv:11: op = \"sore\": want score, values, attention");
    assert_eq!(refused("8,4096", "128,4096"), "r.csv:12: series = \"128\": want 1, 2, 4, 8, 16, 32, 64");
    assert_eq!(refused("4096", "-1"), "r.csv:12: hidden = \"-1\": want an integer, 0 to 2147483647");
    assert_eq!(refused("180.5", "NaN"), "r.csv:12: tflops = \"NaN\": want a finite number, 0 or more");
    assert_eq!(
        refused("8,4096", "8,0"),
        "r.csv:12: the same reading of the same place as on line 11: want each once"
    );
    assert!(refused("180.5\n", "18").starts_with("r.csv:12: the last row, or what follows it, is cut off"));
}

#[test]
fn conditions_that_cannot_be_are_refused() {
    assert_eq!(refused("heads = 12", "heads = 0"), "r.csv:3: front matter: heads = 0: want 1 to 2147483647");
    assert_eq!(
        refused("\"f16\"", "\"fp16\""),
        "r.csv:2: front matter: dtype = \"fp16\": want f16, bf16, f32, tf32, e4m3, int8"
    );
    assert_eq!(
        refused("reading,op,", "# [[reading]]\n# name = \"by eye\"\n# uncertainty = \"1\"\nreading,op,"),
        "r.csv:11: front matter: two [[reading]]s have name = \"by eye\": want each name once"
    );
    assert!(refused("# source = \"a chart\"\n", "").contains("missing field `source`"));
}

proptest! {
    #[test]
    fn no_mutation_of_a_file_makes_the_reader_panic(start in 0..SMALL.len(), length in 0usize..30, insert in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut file = SMALL.as_bytes().to_vec();
        let end = (start + length).min(file.len());
        file.splice(start..end, insert);
        let _ = Readings::parse("r.csv", &file);
    }
}
