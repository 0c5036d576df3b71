//! What the physics leaves, between calibration points: a Gaussian process on ln(measured / predicted) for each class, which
//! have no kernel in common.

use crate::place::Place;
use crate::process::{Block, Left, Process, Settings};
use crate::shape::{Class, Shape};
use crate::tiles::Tile;

/// One process for each class, in the order of [`Class::ALL`].
#[derive(Debug, Clone)]
pub(crate) struct Residual {
    processes: [Process; 3],
    /// Of each calibration point: its class, and which of its process's own points it is.
    order: Vec<(usize, usize)>,
}

/// How sure it is, in ln, that a class behaves as all classes together.
const SURE_OF_A_CLASS: f64 = 0.5;

fn class_of(shape: &Shape) -> usize {
    Class::ALL.iter().position(|class| *class == shape.class()).unwrap_or(0)
}

/// Places and residuals of one class.
type OfClass = (Vec<Place>, Vec<f64>);

fn by_class(products: &[(Shape, Tile)], residuals: &[f64]) -> ([OfClass; 3], Vec<(usize, usize)>) {
    let mut classes: [OfClass; 3] = Default::default();
    let order = products.iter().zip(residuals).map(|((shape, tile), residual)| {
        let class = class_of(shape);
        let (places, left) = &mut classes[class];
        places.push(Place::new(shape, *tile));
        left.push(*residual);
        (class, places.len() - 1)
    });
    let order = order.collect();
    (classes, order)
}

impl Residual {
    /// The processes under which the residuals are likeliest. On top of a family they are what that leaves.
    pub(crate) fn new(products: &[(Shape, Tile)], residuals: &[f64], family: Option<&Residual>) -> Residual {
        let (classes, _) = by_class(products, residuals);
        let blocks: [Block<'_>; 3] = std::array::from_fn(|class| {
            let (places, left) = &classes[class];
            Block::new(places, left, family.map(|family| &family.processes[class]))
        });
        let (start, sure) = Settings::start(family.is_some());
        let together = Settings::likeliest(&blocks.each_ref(), start, sure);
        // By what a card differs from its family its classes do not differ.
        let settings = match family {
            Some(_) => [together; 3],
            None => blocks.each_ref().map(|block| Settings::likeliest(&[block], together, SURE_OF_A_CLASS)),
        };
        Residual::with(products, residuals, settings, family)
    }

    /// The processes of settings that are known.
    pub(crate) fn with(
        products: &[(Shape, Tile)],
        residuals: &[f64],
        settings: [Settings; 3],
        family: Option<&Residual>,
    ) -> Residual {
        let (mut classes, order) = by_class(products, residuals);
        let processes = std::array::from_fn(|class| {
            let (places, left) = std::mem::take(&mut classes[class]);
            Process::with(places, &left, settings[class], family.map(|family| &family.processes[class]))
        });
        Residual { processes, order }
    }

    /// One that says nothing of any shape.
    pub(crate) fn silent(&self) -> Residual {
        Residual { processes: self.processes.each_ref().map(Process::silent), order: Vec::new() }
    }

    pub(crate) fn settings(&self) -> [Settings; 3] {
        self.processes.each_ref().map(Process::settings)
    }

    /// The mean of the residual at a product by a tile, in ln, and its standard deviation by the nearest calibration points.
    pub(crate) fn at(&self, shape: &Shape, tile: Tile) -> Left {
        self.processes[class_of(shape)].at(&Place::new(shape, tile))
    }

    /// The deviation at a calibration point of the card's own, were it not one.
    pub(crate) fn deviation_without(&self, own: usize) -> f64 {
        let (class, own) = self.order[own];
        self.processes[class].deviation_without(own)
    }
}
