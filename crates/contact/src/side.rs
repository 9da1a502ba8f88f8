//! The sides of merges, splits and separations.

/// The side of a merge, a split or a separation that a record is on. A separation keeps its sides from merging.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The side of the contact that was kept, or was named first.
    Kept,
    /// The side of the contact that was split off, or was named second.
    Parted,
}

/// What a merge by a person chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The side that changed last, whose values are chosen.
    pub newer_side: Side,
    /// Whether the person named the contact whose id is kept.
    pub has_target: bool,
}
