//! Cron schedules: five fields, lists, ranges, steps, names and the `@hourly` kind of words.

use jiff::civil::DateTime;

/// A parsed schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether day of month and day of week are both restricted: then either may match.
    either_day: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Parse a schedule; none where it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return None;
        };
        let free = |field: &str| field.starts_with('*') || field.starts_with('?');
        let mut weekdays = parse_field(weekday, 0, 7, &WEEKDAYS, 0)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1;
        }
        Some(Self {
            minutes: parse_field(minute, 0, 59, &[], 0)?,
            hours: parse_field(hour, 0, 23, &[], 0)?,
            days: parse_field(day, 1, 31, &[], 0)?,
            months: parse_field(month, 1, 12, &MONTHS, 1)?,
            weekdays,
            either_day: !free(day) && !free(weekday),
        })
    }

    /// The first matching minute after `from`, within five years.
    pub(crate) fn next(&self, from: DateTime) -> Option<DateTime> {
        let mut at = from.with().second(0).subsec_nanosecond(0).build().ok()?;
        at = at.checked_add(jiff::Span::new().minutes(1)).ok()?;
        let last = from.year().checked_add(5)?;
        while at.year() <= last {
            if !has(self.months, at.month()) {
                at = at
                    .first_of_month()
                    .start_of_day_time()?
                    .checked_add(jiff::Span::new().months(1))
                    .ok()?;
            } else if !self.day_matches(at) {
                at = at
                    .start_of_day_time()?
                    .checked_add(jiff::Span::new().days(1))
                    .ok()?;
            } else if !has(self.hours, at.hour()) {
                at = at
                    .with()
                    .minute(0)
                    .build()
                    .ok()?
                    .checked_add(jiff::Span::new().hours(1))
                    .ok()?;
            } else if !has(self.minutes, at.minute()) {
                at = at.checked_add(jiff::Span::new().minutes(1)).ok()?;
            } else {
                return Some(at);
            }
        }
        None
    }

    fn day_matches(&self, at: DateTime) -> bool {
        let day = has(self.days, at.day());
        let weekday = has(self.weekdays, at.weekday().to_sunday_zero_offset());
        if self.either_day {
            day || weekday
        } else {
            day && weekday
        }
    }
}

/// What is wrong with a schedule, in the words of upstream's parser where they are the usual ones.
pub(crate) fn cron_error(text: &str) -> Option<String> {
    if Schedule::parse(text).is_some() {
        return None;
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!(
            "expected exactly 5 fields, found {}: [{}]",
            fields.len(),
            fields.join(" ")
        ));
    }
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    let beyond = fields
        .iter()
        .zip(bounds)
        .find_map(|(field, (low, high))| match field.parse::<u32>() {
            Ok(number) if number > high => {
                Some(format!("end of range ({number}) above maximum ({high}): {field}"))
            }
            Ok(number) if number < low => Some(format!(
                "beginning of range ({number}) below minimum ({low}): {field}"
            )),
            _ => None,
        });
    Some(beyond.unwrap_or_else(|| format!("failed to parse schedule {text}")))
}

/// The start of the day, as an option like everything else here.
trait StartOfDay {
    fn start_of_day_time(self) -> Option<DateTime>;
}

impl StartOfDay for DateTime {
    fn start_of_day_time(self) -> Option<DateTime> {
        self.with().hour(0).minute(0).second(0).build().ok()
    }
}

fn has(set: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| set & (1_u64 << value) != 0)
}

fn parse_field(field: &str, low: u32, high: u32, names: &[&str], first: u32) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = names
            .iter()
            .position(|name| *name == lower)
            .and_then(|index| u32::try_from(index).ok());
        named
            .map(|index| index + first)
            .or_else(|| text.parse().ok())
            .filter(|n| (low..=high).contains(n))
    };
    let mut set = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return None;
        }
        let mut at = from;
        while at <= to {
            set |= 1_u64 << at;
            at = at.checked_add(step)?;
        }
    }
    Some(set)
}
