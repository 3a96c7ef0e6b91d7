//! Spans of time as kubectl shows ages.

/// `seconds` in at most two units, coarser with age: `5s`, `3m20s`, `9m`, `5h10m`, `2d3h`, `400d`.
pub fn age(seconds: i64) -> String {
    match seconds {
        i64::MIN..=-2 => "<invalid>".into(),
        -1..0 => "0s".into(),
        0..120 => format!("{seconds}s"),
        _ => older(seconds),
    }
}

fn older(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 2920 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

fn two(first: i64, unit: &str, second: i64, small: &str) -> String {
    if second == 0 {
        format!("{first}{unit}")
    } else {
        format!("{first}{unit}{second}{small}")
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[track_caller]
    fn check(seconds: i64, expect: &str) {
        assert_eq!(age(seconds), expect);
    }

    #[test]
    fn coarser_with_age() {
        check(-5, "<invalid>");
        check(-1, "0s");
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(125, "2m5s");
        check(600, "10m");
        check(10_799, "179m");
        check(10_800, "3h");
        check(10_860, "3h1m");
        check(8 * 3600 + 60, "8h");
        check(48 * 3600, "2d");
        check(49 * 3600, "2d1h");
        check(8 * 86_400, "8d");
        check(730 * 86_400, "2y");
        check(731 * 86_400, "2y1d");
        check(3000 * 86_400, "8y");
    }
}
