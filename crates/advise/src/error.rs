//! Why there is no advice.

use hovera_core::Dtype;
use hovera_model::ModelError;

/// Why there is no advice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdviseError {
    /// The model makes no products, as where ranks do not divide what they share.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No card to advise for.
    #[error("no card to advise for: want a card file or the name of a GPU")]
    NoCard,
    /// A product that a card's forecast knows nothing of.
    #[error(
        "{card}: nothing tells what a product of {product} takes in {dtype}: want a card calibrated for {dtype}"
    )]
    Unknown {
        /// The card.
        card: String,
        /// Its gemm_batch, m, n and k.
        product: String,
        /// The element type.
        dtype: Dtype,
    },
}
