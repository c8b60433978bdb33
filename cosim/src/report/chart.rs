//! What the pictures are made of. Widths are percentages, so that a picture is as wide as its page
//! while its letters keep their size.

use super::words::ratio;
use maud::{Markup, html};

/// A place or width along a picture, as an attribute.
pub(super) fn along(part: f64) -> String {
    // Three decimals are a fiftieth of a pixel.
    let text = format!("{:.3}", 100.0 * part);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{short}%")
}

/// One part of a bar.
pub(super) struct Part {
    /// What it stands for.
    pub(super) name: String,
    /// Its colour, a class of the style sheet.
    pub(super) class: &'static str,
    /// How much.
    pub(super) value: f64,
}

/// Parts side by side on a track; `whole` is its full width.
pub(super) fn bar(parts: &[Part], whole: f64, height: u32) -> Markup {
    let begins = parts.iter().scan(0.0, |next, part| {
        let begin = *next;
        *next += part.value;
        Some(begin)
    });
    html! {
        svg height=(height) role="img" {
            rect .track width="100%" height=(height) rx="3" {}
            @for (part, begin) in parts.iter().zip(begins) {
                rect class=(part.class) x=(along(ratio(begin, whole))) height=(height)
                    width=(along(ratio(part.value, whole))) {
                    title { (part.name) }
                }
            }
        }
    }
}

/// What the parts of a bar mean, with their figures.
pub(super) fn legend(parts: &[Part], figure: impl Fn(&Part) -> String) -> Markup {
    html! {
        ul .legend {
            @for part in parts {
                li { (key(part.class)) (part.name) " " b { (figure(part)) } }
            }
        }
    }
}

/// A patch of a colour.
pub(super) fn key(class: &str) -> Markup {
    html! { svg .key width="12" height="12" { rect class=(class) width="12" height="12" {} } }
}

/// Round distances of marks, so that at most `most` of them lie below `largest`.
pub(super) fn marks(largest: f64, most: usize) -> Vec<f64> {
    if !largest.is_finite() {
        return Vec::new();
    }
    let mut step = 1.0;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if largest / step <= most as f64 {
            break;
        }
        step *= factor;
    }
    (1..).map(|index| f64::from(index) * step).take_while(|&mark| mark <= largest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short() {
        assert_eq!([0.0, 0.5, 1.0, 1.0 / 3.0].map(along), ["0%", "50%", "100%", "33.333%"]);
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(marks(11_058.0, 5), [5000.0, 10_000.0]);
        assert_eq!(marks(1632.0, 4), [500.0, 1000.0, 1500.0]);
        assert_eq!(marks(3.0, 4), [1.0, 2.0, 3.0]);
        assert!(marks(0.0, 4).is_empty());
    }
}
