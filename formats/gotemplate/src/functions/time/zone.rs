//! Time zones: UTC, a zone of the tz database, or an offset that a text gave.

use std::rc::Rc;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Dst, TimeZone, TimeZoneDatabase};

/// The tz database in the program itself: a container need not have one.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Where a clock hangs.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    /// Coordinated universal time.
    Utc,
    /// A zone by its name. The flag says that it is the machine's own.
    Named {
        name: Rc<str>,
        zone: TimeZone,
        local: bool,
    },
    /// An offset in seconds with the abbreviation that a text gave, possibly none.
    Fixed { name: Rc<str>, offset: i32 },
}

impl Zone {
    /// Finds a zone as `time.LoadLocation` does: nothing and `UTC` are UTC, `Local` is the machine's own.
    pub(crate) fn load(name: &str, local: &Zone) -> Option<Zone> {
        match name {
            "" | "UTC" => return Some(Zone::Utc),
            "Local" => return Some(local.clone()),
            _ if name.contains("..") || name.starts_with(['/', '\\']) => return None,
            _ => {}
        }
        Zone::of_database(name, false)
    }

    /// The machine's own zone by its name in the tz database.
    pub(crate) fn local(name: &str) -> Zone {
        match name {
            "" | "UTC" => Zone::Utc,
            _ => Zone::of_database(name, true).unwrap_or(Zone::Utc),
        }
    }

    fn of_database(name: &str, local: bool) -> Option<Zone> {
        let zone = DATABASE.get(name).ok()?;
        Some(Zone::Named {
            name: name.into(),
            zone,
            local,
        })
    }

    /// Seconds east of Greenwich, and the abbreviation, at an instant.
    pub(crate) fn at(&self, seconds: i64) -> (i32, Rc<str>) {
        match self {
            Zone::Utc => (0, "UTC".into()),
            Zone::Fixed { name, offset } => (*offset, name.clone()),
            Zone::Named { zone, .. } => {
                let (low, high) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let stamp = Timestamp::from_second(seconds.clamp(low, high)).unwrap_or(Timestamp::UNIX_EPOCH);
                let info = zone.to_offset_info(stamp);
                (info.offset().seconds(), info.abbreviation().into())
            }
        }
    }

    /// Whether daylight saving time is in force.
    pub(crate) fn is_dst(&self, seconds: i64) -> bool {
        let Zone::Named { zone, .. } = self else {
            return false;
        };
        Timestamp::from_second(seconds).is_ok_and(|stamp| zone.to_offset_info(stamp).dst() == Dst::Yes)
    }

    /// The name as `Location.String` gives it.
    pub(crate) fn name(&self) -> Rc<str> {
        match self {
            Zone::Utc => "UTC".into(),
            Zone::Named { local: true, .. } => "Local".into(),
            Zone::Named { name, .. } | Zone::Fixed { name, .. } => name.clone(),
        }
    }

    /// The instant at which a clock there shows `seconds` (counted as if it were UTC): as Go, the offset is guessed
    /// from that very number first.
    pub(crate) fn instant(&self, seconds: i64) -> i64 {
        let (offset, _) = self.at(seconds);
        if offset == 0 && matches!(self, Zone::Utc) {
            return seconds;
        }
        let guess = seconds.saturating_sub(i64::from(offset));
        let (there, _) = self.at(guess);
        if there == offset {
            guess
        } else {
            seconds.saturating_sub(i64::from(there))
        }
    }
}
