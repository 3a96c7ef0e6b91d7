//! Why an object is reconciled.

use std::fmt;

/// One reason to look at an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It is new or its spec changed (or the controller just started).
    Changed,
    /// Its `reconcile.fluxcd.io/requestedAt` annotation changed.
    Requested,
    /// It is being deleted, or it is gone.
    Deleted,
    /// What it is made from has something new.
    Source,
    /// What it depends on became ready.
    Dependency,
    /// A ConfigMap or Secret that it refers to changed.
    Config,
    /// Something that it waits for changed its health.
    Health,
    /// Its time came: the interval, or the end of a wait.
    Timer,
    /// The last pass failed and the pause is over.
    Retry,
    /// Asked for by other code.
    Manual,
}

const ALL: [Cause; 10] = [
    Cause::Changed,
    Cause::Requested,
    Cause::Deleted,
    Cause::Source,
    Cause::Dependency,
    Cause::Config,
    Cause::Health,
    Cause::Timer,
    Cause::Retry,
    Cause::Manual,
];

/// All reasons that came together before the pass began.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Causes(u16);

impl Causes {
    /// Adds one.
    pub fn insert(&mut self, cause: Cause) {
        self.0 |= 1 << cause as u16;
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: Causes) {
        self.0 |= other.0;
    }

    /// Whether this was one of them.
    pub fn contains(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }

    /// Whether it was this alone.
    pub fn is_only(self, cause: Cause) -> bool {
        self.0 == 1 << cause as u16
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Cause> {
        ALL.into_iter().filter(move |cause| self.contains(*cause))
    }
}

impl From<Cause> for Causes {
    fn from(cause: Cause) -> Self {
        Causes(1 << cause as u16)
    }
}

impl fmt::Debug for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
