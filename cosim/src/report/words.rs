//! Numbers as a reader likes them.

/// A whole number with a comma between thousands.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value <= -0.5 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same of a count.
pub(super) fn count(value: impl TryInto<u64>) -> String {
    value.try_into().map_or_else(|_| "?".to_owned(), |value| grouped(value as f64))
}

/// A part as percent, with a decimal.
pub(super) fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}

/// `part` of `whole`; nothing of nothing.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// A count and its noun.
pub(super) fn of(value: usize, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let numbers = [0.0, 7.4, 999.6, 48_846.0, 1_179_648.0, -1234.0, -0.2].map(grouped);
        assert_eq!(numbers, ["0", "7", "1,000", "48,846", "1,179,648", "-1,234", "0"]);
        assert_eq!(percent(0.6251), "62.5 %");
        assert_eq!([of(1, "token"), of(2000, "token")], ["1 token", "2,000 tokens"]);
    }
}
