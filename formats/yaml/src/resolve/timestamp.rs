//! The four date forms that go-yaml takes for a timestamp.

/// Whether the text is `2006-1-2`, the same with ` 15:4:5.9`, or with `T15:4:5.9` and a zone (`Z` or `+07:00`).
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut cursor = Cursor(text.as_bytes());
    date(&mut cursor).is_some() && (cursor.0.is_empty() || time(&mut cursor).is_some() && cursor.0.is_empty())
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self, wanted: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[wanted])?;
        Some(())
    }

    fn digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn take(&mut self, count: usize) -> u32 {
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    }

    /// One or two digits.
    fn short(&mut self) -> Option<u32> {
        match self.digits() {
            0 => None,
            1 => Some(self.take(1)),
            _ => Some(self.take(2)),
        }
    }
}

fn date(cursor: &mut Cursor<'_>) -> Option<()> {
    if cursor.digits() != 4 {
        return None;
    }
    let year = cursor.take(4);
    cursor.byte(b'-')?;
    let month = cursor.short()?;
    cursor.byte(b'-')?;
    let day = cursor.short()?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(())
}

fn time(cursor: &mut Cursor<'_>) -> Option<()> {
    let zoned = match cursor.0.first()? {
        b'T' | b't' => true,
        b' ' => false,
        _ => return None,
    };
    cursor.0 = &cursor.0[1..];
    // Leading spaces before the hour are skipped by Go's layout space.
    if !zoned {
        while cursor.byte(b' ').is_some() {}
    }
    let hour = cursor.short()?;
    cursor.byte(b':')?;
    let minute = cursor.short()?;
    cursor.byte(b':')?;
    let second = cursor.short()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let [b'.' | b',', digit, ..] = cursor.0
        && digit.is_ascii_digit()
    {
        cursor.0 = &cursor.0[1..];
        cursor.0 = &cursor.0[cursor.digits()..];
    }
    if zoned { zone(cursor) } else { Some(()) }
}

fn zone(cursor: &mut Cursor<'_>) -> Option<()> {
    if cursor.byte(b'Z').is_some() {
        return Some(());
    }
    cursor.byte(b'+').or_else(|| cursor.byte(b'-'))?;
    let hours = (cursor.digits() >= 2).then(|| cursor.take(2))?;
    cursor.byte(b':')?;
    let minutes = (cursor.digits() >= 2).then(|| cursor.take(2))?;
    (hours <= 24 && minutes < 60).then_some(())
}
