//! A fleet as files.

use crate::files::cards;
use hovera_analysis::{CardReadings, FleetBuilder, FleetOptions, Metric, Thresholds};
use hovera_report::fleet;

#[test]
fn the_files_say_who_is_unlike_the_others() {
    let cards = cards(12, 4, |card, _| if card == 5 { 1.2 } else { 1.0 });
    let id = cards[5].front_matter.device[0].id.clone().unwrap();
    let metric = Metric::Tflops;
    let options = FleetOptions { metric, mixed_methods: false, thresholds: Thresholds::default() };
    let mut builder = FleetBuilder::new(options).unwrap();
    for (number, results) in cards.iter().enumerate() {
        for card in CardReadings::of_file(&format!("card{number}"), results, None, metric).unwrap() {
            builder.add(&card).unwrap();
        }
    }
    let judged = builder.finish().unwrap();
    let csv = fleet::csv(&judged);
    let whole: Vec<&str> = csv.lines().filter(|line| line.starts_with("card,")).collect();
    assert_eq!(whole.len(), 12);
    assert!(whole[5].starts_with(&format!("card,tflops,card5,{id},,,,70,0.8")), "{}", whole[5]);
    assert!(whole[5].ends_with(",slower,0,0,0,0"), "{}", whole[5]);
    let json: serde_json::Value = serde_json::from_str(&fleet::json(&judged)).unwrap();
    assert_eq!((&json["schema"], &json["version"]), (&"hovera-fleet".into(), &1.into()));
    assert_eq!(json["cards"][5]["outlier"], "slower");
    assert_eq!(json["cards"][4]["outlier"], serde_json::Value::Null);
    assert!(fleet::markdown(&judged).contains(&format!("| card5 | {id} | -1")));
}
