//! Advice by a card that is made up: tiles of 128 x 128, and narrow loads that cost.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_advise::{Advice, AdviseError, Cause, Expected, Forecast, Size, Subject, advise};
use hovera_core::{Dtype, Point};
use hovera_model::{Transformer, Workload};

/// A card with tiles of 128 x 128, whose loads take longer the narrower they are.
struct Card {
    name: &'static str,
    /// What loads of 2 bytes cost, as a factor of the time.
    misaligned: f64,
    /// Of each time.
    half_width: f64,
}

const CARD: Card = Card { name: "made up", misaligned: 4.0, half_width: 0.05 };

impl Forecast for Card {
    fn card(&self) -> &str {
        self.name
    }

    fn expect(&self, point: &Point) -> Option<Expected> {
        let gemm = point.gemm();
        let tiles = f64::from(gemm.gemm_batch())
            * f64::from(gemm.m().div_ceil(128))
            * f64::from(gemm.n().div_ceil(128));
        let narrowest = point.alignment().operands.iter().map(|operand| operand.bytes()).min().unwrap();
        let factor = if narrowest >= 16 { 1.0 } else { self.misaligned };
        let steps = f64::from(gemm.k().div_ceil(32) * 32 + 64);
        (point.dtype != Dtype::F32)
            .then_some(Expected { time_us: tiles * steps * factor * 1e-3, half_width: self.half_width })
    }
}

fn subject(toml: &str, workload: Workload) -> Subject {
    let model = Transformer::read("m.toml", "m", toml, &[]).unwrap();
    Subject { model, workload, dtype: Dtype::Bf16, has_vocab: true }
}

fn decoder(vocab: u32, heads: u32, head_dim: u32, ffn: u32) -> String {
    format!(
        "hidden = 2048\nvocab = {vocab}\n[[layer]]\ncount = 12\nheads = {heads}\nhead_dim = {head_dim}\nqkv = \"fused\"\n\
         ffn = {ffn}\nmlp = \"gated\"\n"
    )
}

fn said(advice: &[Advice]) -> Vec<String> {
    advice.iter().map(|advice| advice.change.to_string()).collect()
}

fn of(toml: &str) -> Vec<Advice> {
    advise(&subject(toml, Workload::forward(1, 2048)), &[&CARD]).unwrap()
}

#[test]
fn a_vocabulary_that_nobody_padded_is_found() {
    for (vocab, padded) in [(50_257, 50_304), (248_077, 248_192)] {
        let advice = of(&decoder(vocab, 16, 128, 8192));
        assert_eq!(said(&advice), [format!("vocab {vocab} to {padded}")]);
        let advice = &advice[0];
        assert_eq!(advice.cause, Cause::Alignment { bytes: 2 });
        let saving = advice.worst().unwrap();
        // Only the logits change: three quarters of their time is saved, and none of the layers'.
        assert_eq!(saving.of_layers(), None);
        let logits = 1.0 - saving.layers_us / saving.before_us;
        assert!((saving.of_model() / logits - 0.75).abs() < 0.01, "{saving:?}");
        assert_eq!(advice.parameters[1] - advice.parameters[0], u128::from(padded - vocab) * 2048);
        assert_eq!(advice.flop[1] - advice.flop[0], 2 * u128::from(padded - vocab) * 2048 * 2048);
    }
}

#[test]
fn a_head_dim_between_two_tiles_becomes_the_tile() {
    let advice = of(&decoder(50_304, 16, 132, 8192));
    assert_eq!(advice[0].change.to_string(), "head_dim 132 to 128");
    assert!(advice[0].flop[1] < advice[0].flop[0] && advice[0].parameters[1] < advice[0].parameters[0]);
    let saving = advice[0].worst().unwrap();
    assert!(saving.of_layers().unwrap() > saving.of_model(), "the logits stay as they are");
    // More is saved than the FLOP that are not done any more.
    assert!(saving.beyond_flop() > 0.05 && saving.beyond_flop() < saving.of_model(), "{saving:?}");
}

#[test]
fn the_other_sizes_are_looked_at_too() {
    // 80 is a multiple of 16, but no tile: 20 heads of 128 are as wide as 32 of 80.
    let advice = of(&decoder(50_304, 32, 80, 8192));
    let heads = advice.iter().find(|advice| advice.change.size == Size::Heads).unwrap();
    assert_eq!(heads.change.to_string(), "heads 32 to 20 (head_dim 80 to 128)");
    assert_eq!(heads.parameters[0], heads.parameters[1]);
    assert_eq!(heads.cause, Cause::Tiles);
    // Eight thirds of the hidden size.
    let advice = of(&decoder(50_304, 16, 128, 5461));
    assert_eq!(said(&advice), ["ffn 5461 to 5504"]);
}

#[test]
fn sizes_that_fit_are_left_alone() {
    assert_eq!(of(&decoder(50_304, 16, 128, 8192)), []);
    // A smaller model is faster: that is no advice.
    assert_eq!(of(&decoder(50_304, 16, 256, 8192)), []);
}

#[test]
fn an_interval_that_reaches_zero_keeps_it_silent() {
    let toml = decoder(50_257, 16, 128, 8192);
    let subject = subject(&toml, Workload::forward(1, 2048));
    let said_at = |half_width| said(&advise(&subject, &[&Card { half_width, ..CARD }]).unwrap());
    assert_eq!(said_at(0.05), ["vocab 50257 to 50304"]);
    // The logits after the change take a quarter of what they took: three times that is what is saved.
    assert_eq!(said_at(1.9), ["vocab 50257 to 50304"]);
    assert_eq!(said_at(2.2), Vec::<String>::new());
}

#[test]
fn less_than_one_percent_is_not_worth_a_word() {
    let toml = decoder(50_257, 16, 128, 8192);
    let subject = subject(&toml, Workload::forward(1, 2048));
    let said_at =
        |misaligned| said(&advise(&subject, &[&Card { misaligned, half_width: 0.0, ..CARD }]).unwrap());
    assert_eq!(said_at(1.15), ["vocab 50257 to 50304"]);
    assert_eq!(said_at(1.02), Vec::<String>::new());
}

#[test]
fn of_several_cards_the_one_that_saves_least_decides() {
    let toml = decoder(50_257, 16, 128, 8192);
    let subject = subject(&toml, Workload::forward(1, 2048));
    let modest = Card { name: "modest", misaligned: 1.5, ..CARD };
    let advice = advise(&subject, &[&CARD, &modest]).unwrap();
    assert_eq!(advice[0].savings.len(), 2);
    assert_eq!(advice[0].worst().unwrap().card, "modest");
    let indifferent = Card { name: "indifferent", misaligned: 1.0, ..CARD };
    assert_eq!(advise(&subject, &[&CARD, &indifferent]).unwrap(), []);
}

#[test]
fn ranks_share_what_is_advised() {
    let toml = decoder(50_257, 40, 128, 8192);
    let workload = Workload { tensor_parallel: 8, ..Workload::forward(1, 2048) };
    let advice = advise(&subject(&toml, workload), &[&CARD]).unwrap();
    // 50304 / 8 is no multiple of 16 elements of a tile: the vocabulary is padded until each rank's share is.
    let vocab = advice.iter().find(|advice| advice.change.size == Size::Vocab).unwrap();
    assert_eq!(vocab.change.to_string(), "vocab 50257 to 51200");
    // Where ranks cannot share the heads, the error says so.
    let workload = Workload { tensor_parallel: 16, ..Workload::forward(1, 2048) };
    let error = advise(&subject(&toml, workload), &[&CARD]).unwrap_err();
    assert!(error.to_string().contains("a divisor of heads = 40"), "{error}");
}

#[test]
fn a_layer_alone_has_no_vocabulary() {
    let whole = subject(&decoder(50_257, 16, 132, 8192), Workload::forward(1, 2048));
    let layer = Subject { has_vocab: false, ..whole.clone() };
    let advice = advise(&layer, &[&CARD]).unwrap();
    assert_eq!(said(&advice), ["head_dim 132 to 128", "heads 16 to 11 (head_dim 132 to 192)"]);
    let saving = advice[0].worst().unwrap();
    assert_eq!(saving.layers_us, saving.before_us);
    assert_eq!(saving.of_layers(), Some(saving.of_model()));
    // Without the logits, nor are their weights counted.
    let with_logits = &advise(&whole, &[&CARD]).unwrap()[0];
    assert_eq!(with_logits.parameters[0] - advice[0].parameters[0], 50_257 * 2048);
}

#[test]
fn every_kind_of_layer_with_the_value_changes() {
    let kind = |count: u32, window: &str, ffn: u32| {
        format!(
            "[[layer]]\ncount = {count}\nheads = 16\nhead_dim = 132\nqkv = \"fused\"\nffn = {ffn}\nmlp = \"plain\"\n{window}"
        )
    };
    let toml =
        format!("hidden = 2048\nvocab = 50304\n{}{}", kind(6, "window = 512\n", 8192), kind(6, "", 4096));
    let advice = of(&toml);
    let head_dim = advice.iter().filter(|advice| advice.change.size == Size::HeadDim).collect::<Vec<_>>();
    assert_eq!(head_dim.len(), 1, "{advice:?}");
    let changed = head_dim[0].apply(&subject(&toml, Workload::forward(1, 2048)).model);
    assert_eq!(changed.layers.iter().map(|layer| layer.count).collect::<Vec<_>>(), [6, 6]);
    assert!(format!("{:?}", changed.layers).matches("head_dim: 128").count() == 2, "{changed:?}");
}

#[test]
fn what_no_card_knows_is_an_error_with_the_card() {
    let subject =
        Subject { dtype: Dtype::F32, ..subject(&decoder(50_257, 16, 128, 8192), Workload::forward(1, 2048)) };
    assert_eq!(
        advise(&subject, &[&CARD]).unwrap_err().to_string(),
        "made up: nothing tells what a product of 1x2048x6144x2048 takes in f32: want a card calibrated for f32"
    );
    assert!(matches!(advise(&subject, &[]), Err(AdviseError::NoCard)));
}
