//! The picture of a sweep: perplexity over stored bits, both logarithmic.

use super::Row;
use std::fmt::Write as _;

/// Width and height.
const SIZE: (f64, f64) = (900.0, 600.0);
/// Left, top, right, bottom of the axes.
const FRAME: (f64, f64, f64, f64) = (80.0, 50.0, 860.0, 540.0);

/// The SVG of rows. Equal rows give equal bytes.
pub fn draw(name: &str, rows: &[Row]) -> String {
    let range = |of: fn(&Row) -> f64| {
        rows.iter().map(of).fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value / 1.1), high.max(value * 1.1))
        })
    };
    let (bits, perplexity) = (range(|row| row.bits), range(|row| row.perplexity));
    let place = |value: f64, (low, high): (f64, f64), ends: (f64, f64)| {
        ends.0 + (value / low).ln() / (high / low).ln() * (ends.1 - ends.0)
    };
    let (left, top, right, bottom) = FRAME;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"28\" font-size=\"16\">{}: perplexity over stored bits a weight</text>\n\
         <path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#444\"/>\n",
        SIZE.0,
        SIZE.1,
        escaped(name)
    );
    for value in ticks(bits) {
        let x = place(value, bits, (left, right));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{value}</text>",
            bottom + 18.0
        );
    }
    for value in ticks(perplexity) {
        let y = place(value, perplexity, (bottom, top));
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            left - 8.0,
            y + 4.0
        );
    }
    for row in rows {
        let x = place(row.bits, bits, (left, right));
        let y = place(row.perplexity, perplexity, (bottom, top));
        let colour = if row.weights.contains("nearest") { "#c60" } else { "#06c" };
        let anchor = if x > 0.7 * right { ("end", -7.0) } else { ("start", 7.0) };
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\" font-size=\"9\">{}</text>",
            x + anchor.1,
            y + 3.0,
            anchor.0,
            escaped(&row.weights)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// 1, 2 and 5 of each decade inside a range.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let values = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(decade)));
    values.filter(|value| (low..=high).contains(value)).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_point_inside_the_frame() {
        let row = |weights: &str, bits, perplexity| Row {
            weights: weights.to_owned(),
            inputs: "float".to_owned(),
            perplexity,
            trits: None,
            bits,
            spikes: None,
            nanojoules: None,
        };
        let rows = [row("3 <digits>", 4.8, 4.5), row("nearest", 1.6, 230.0)];
        let svg = draw("a & b", &rows);
        assert_eq!(svg, draw("a & b", &rows));
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("3 &lt;digits&gt;") && svg.contains("a &amp; b"));
        assert_eq!(ticks((1.5, 12.0)), [2.0, 5.0, 10.0]);
    }
}
