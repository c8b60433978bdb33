//! The picture: speed against area, the front as a line, the rest light.
//!
//! Plain SVG text: two axes, some marks and labels need no library.

use super::output::grouped;
use super::{Exploration, Point};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole picture.
const SIZE: (f64, f64) = (1000.0, 670.0);
/// Where the axes begin and end: left, top, right, bottom.
const FRAME: (f64, f64, f64, f64) = (90.0, 92.0, 975.0, 545.0);
/// Pixels a letter of a label is wide, and a line high.
const LETTER: (f64, f64) = (6.6, 15.0);

const STYLE: &str = "text{font:13px sans-serif;fill:#333}\
.title{font-size:19px;font-weight:bold;fill:#111}\
.axis{font-size:14px;fill:#111}\
.note{font-size:12px;fill:#666}\
.tick{font-size:12px;fill:#666}\
.grid{stroke:#ececec}\
.full{stroke:#b33;stroke-dasharray:4 4}\
.line{fill:none;stroke:#1f5fa8;stroke-width:2.5}\
.front{fill:#1f5fa8}\
.aside{fill:#fff;stroke:#1f5fa8;stroke-width:1.6}\
.rest{fill:#cfcfcf}\
.current{fill:#e07b00;stroke:#fff;stroke-width:1.5}\
.lead{stroke:#888;stroke-width:1}\
.name{font-weight:bold;fill:#111}";

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    /// Pixels of both ends.
    ends: (f64, f64),
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, ends: (f64, f64)) -> Axis {
        let (low, high) = values
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        // Room for marks at the ends, for a single value, and for labels above.
        Axis { low: low / 1.25, high: high * 1.5, ends }
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value / self.low).ln() / (self.high / self.low).ln();
        self.ends.0 + part * (self.ends.1 - self.ends.0)
    }

    /// Round values inside: 1, 2 and 5 of each decade, finer where these are fewer than four.
    fn ticks(&self) -> Vec<f64> {
        let of = |steps: &[f64]| -> Vec<f64> {
            let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            let values =
                decades.flat_map(|decade| steps.iter().map(move |s| s * 10f64.powi(decade)));
            values.filter(|value| (self.low..=self.high).contains(value)).collect()
        };
        let coarse = of(&[1.0, 2.0, 5.0]);
        if coarse.len() < 4 { of(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]) } else { coarse }
    }
}

/// A rectangle that a label must not cover: left, top, right, bottom.
type Place = (f64, f64, f64, f64);

struct Picture<'a> {
    exploration: &'a Exploration,
    across: Axis,
    up: Axis,
    /// Marks of the front and its line, other marks, labels.
    taken: Vec<Place>,
    /// How many of these no label may ever cover, and how many are marks.
    kept: usize,
    marked: usize,
    text: String,
}

/// The SVG of an exploration.
pub(super) fn draw(exploration: &Exploration) -> String {
    let (left, top, right, bottom) = FRAME;
    let points = &exploration.points;
    let across = Axis::over(points.iter().map(|point| point.cells as f64), (left, right));
    let up = Axis::over(points.iter().map(|point| point.tokens_per_second), (bottom, top));
    let (taken, text) = (vec![], String::new());
    let mut picture = Picture { exploration, across, up, taken, kept: 0, marked: 0, text };
    picture.heading();
    picture.axes();
    picture.marks();
    picture.labels();
    picture.legend();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\">\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
        SIZE.0, SIZE.1, SIZE.0, SIZE.1, picture.text
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Picture<'_> {
    fn place(&self, point: &Point) -> (f64, f64) {
        (self.across.at(point.cells as f64), self.up.at(point.tokens_per_second))
    }

    /// The place of a mark.
    fn around(&self, point: &Point) -> Place {
        let (x, y) = self.place(point);
        (x - 6.0, y - 6.0, x + 6.0, y + 6.0)
    }

    /// The places of the line's steps.
    fn steps(&self, points: &[Point]) -> Vec<Place> {
        let corners: Vec<(f64, f64)> =
            points.iter().filter(|point| point.line).map(|point| self.place(point)).collect();
        let step = |pair: &[(f64, f64)]| {
            let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
            [(x, y - 3.0, next_x, y + 3.0), (next_x - 3.0, next_y, next_x + 3.0, y)]
        };
        corners.windows(2).flat_map(step).collect()
    }

    fn write(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(
            self.text,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    fn heading(&mut self) {
        let Exploration { network, part, megahertz, candidates, points, .. } = self.exploration;
        let title = format!("{network} on {}: speed against area", part.name);
        let fit = points.len();
        let note = format!(
            "Each mark is a machine that fits, {fit} of {candidates} designs. Up and left is better; \
             on the line nothing is both smaller and faster. Clock {megahertz} MHz."
        );
        self.write("title", (FRAME.0, 34.0), "start", &title);
        self.write("note", (FRAME.0, 56.0), "start", &note);
        let mut lacking: BTreeMap<&str, usize> = BTreeMap::new();
        for misfit in &self.exploration.misfits {
            *lacking.entry(misfit.resource).or_default() += 1;
        }
        if !lacking.is_empty() {
            let each = lacking.iter().map(|(resource, count)| format!("{count} for {resource}"));
            let lacks = format!("Too large: {}.", each.collect::<Vec<_>>().join(", "));
            self.write("note", (FRAME.0, 74.0), "start", &lacks);
        }
    }

    fn axes(&mut self) {
        let (left, top, right, bottom) = FRAME;
        for value in self.across.ticks() {
            let x = self.across.at(value);
            let _ = writeln!(self.text, "<path class=\"grid\" d=\"M{x:.1} {top} V{bottom}\"/>");
            self.write("tick", (x, bottom + 18.0), "middle", &grouped(value.round() as u64));
        }
        for value in self.up.ticks() {
            let y = self.up.at(value);
            let _ = writeln!(self.text, "<path class=\"grid\" d=\"M{left} {y:.1} H{right}\"/>");
            self.write("tick", (left - 8.0, y + 4.0), "end", &grouped(value.round() as u64));
        }
        let part = self.exploration.part;
        if (self.across.low..self.across.high).contains(&(part.cells as f64)) {
            let x = self.across.at(part.cells as f64);
            let _ = writeln!(self.text, "<path class=\"full\" d=\"M{x:.1} {top} V{bottom}\"/>");
            self.write("tick", (x, top - 6.0), "middle", "the part is full");
        }
        let title = format!("cells (LUT4, log scale; {} has {})", part.name, grouped(part.cells));
        self.write("axis", ((left + right) / 2.0, bottom + 42.0), "middle", &title);
        let middle = (top + bottom) / 2.0;
        let _ = writeln!(
            self.text,
            "<text class=\"axis\" transform=\"translate(24 {middle}) rotate(-90)\" \
             text-anchor=\"middle\">tokens per second (log scale)</text>"
        );
    }

    fn circle(&mut self, class: &str, point: &Point, radius: f64) {
        let (x, y) = self.place(point);
        let tip = format!(
            "{}: {} cells, {} block RAMs, {:.0} tokens/s, {:.1} nJ a token",
            point.id,
            grouped(point.cells),
            point.block_rams,
            point.tokens_per_second,
            point.nanojoules_per_token
        );
        let _ = writeln!(
            self.text,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">\
             <title>{}</title></circle>",
            escaped(&tip)
        );
    }

    fn marks(&mut self) {
        let points = &self.exploration.points;
        for point in points.iter().filter(|point| !point.front) {
            self.circle("rest", point, 3.5);
        }
        let mut path = String::new();
        for (step, point) in points.iter().filter(|point| point.line).enumerate() {
            let (x, y) = self.place(point);
            let _ = match step {
                0 => write!(path, "M{x:.1} {y:.1}"),
                _ => write!(path, " H{x:.1} V{y:.1}"),
            };
        }
        let _ = writeln!(self.text, "<path class=\"line\" d=\"{path}\"/>");
        for point in points.iter().filter(|point| point.front && !point.line) {
            self.circle("aside", point, 4.0);
        }
        for point in points.iter().filter(|point| point.line) {
            self.circle("front", point, 5.0);
        }
        if let Some(point) = points.iter().find(|point| point.current) {
            let (x, y) = self.place(point);
            let _ = writeln!(
                self.text,
                "<path class=\"current\" d=\"M{x:.1} {y:.1} m0 -10 l10 10 l-10 10 l-10 -10 z\"/>"
            );
        }
        // Marks of the front first: labels that find no other room may cover the rest.
        let (front, rest): (Vec<&Point>, Vec<&Point>) =
            points.iter().partition(|point| point.front || point.current);
        let steps: Vec<Place> = self.steps(points);
        let front: Vec<Place> = front.into_iter().map(|point| self.around(point)).collect();
        let rest: Vec<Place> = rest.into_iter().map(|point| self.around(point)).collect();
        self.kept = front.len() + steps.len();
        self.taken = front.into_iter().chain(steps).chain(rest).collect();
        self.marked = self.taken.len();
    }

    /// Two lines beside every point with a name, and the design itself.
    fn labels(&mut self) {
        let points = self.exploration.points.iter();
        let named = points.filter(|point| !point.names.is_empty() || point.current);
        for point in named {
            let mut names = point.names.clone();
            if point.current {
                names.insert(0, "this design");
            }
            let name = format!("{}: {}", names.join(", "), shape(point));
            let figures = format!(
                "{} tokens/s, {} block RAMs, {:.1} nJ a token",
                grouped(point.tokens_per_second.round() as u64),
                point.block_rams,
                point.nanojoules_per_token
            );
            self.label(self.place(point), [("name", name), ("note", figures)]);
        }
    }

    fn label(&mut self, (x, y): (f64, f64), lines: [(&str, String); 2]) {
        let longest = lines.iter().map(|(_, line)| line.chars().count()).max().unwrap_or(0);
        let (width, height) = (longest as f64 * LETTER.0 + 6.0, 2.0 * LETTER.1 + 4.0);
        let inside = |place: &Place| {
            place.0 >= FRAME.0 && place.1 >= FRAME.1 && place.2 <= FRAME.2 && place.3 <= FRAME.3
        };
        // Below and right of a mark the line does not pass; then ever farther around it.
        let far = (0..16).map(|ring| 14.0 + 10.0 * f64::from(ring));
        let tries = far.flat_map(|d| {
            let sides = [(d, d), (-width / 2.0, d), (-d - width, -d - height)];
            let more = [(-width / 2.0, -d - height), (d, -d - height), (-d - width, d)];
            sides.into_iter().chain(more).map(move |(dx, dy)| {
                let left = (x + dx).clamp(FRAME.0, FRAME.2 - width);
                (left, y + dy, left + width, y + dy + height)
            })
        });
        let free = |place: &Place| self.taken.iter().all(|other| !overlap(place, other));
        let place = tries.clone().find(|place| inside(place) && free(place));
        let spares = |place: &Place| {
            let mut kept = self.taken[..self.kept].iter().chain(&self.taken[self.marked..]);
            inside(place) && kept.all(|other| !overlap(place, other))
        };
        let place = place.or_else(|| tries.clone().find(spares));
        let Some(place) = place.or_else(|| tries.clone().find(inside)) else { return };
        let near = (x.clamp(place.0, place.2), y.clamp(place.1, place.3));
        let _ = writeln!(
            self.text,
            "<path class=\"lead\" d=\"M{x:.1} {y:.1} L{:.1} {:.1}\"/>",
            near.0, near.1
        );
        let _ = writeln!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"#fff\" fill-opacity=\"0.85\"/>",
            place.0, place.1
        );
        for (index, (class, line)) in lines.iter().enumerate() {
            let base = place.1 + LETTER.1 * (index as f64 + 1.0) - 2.0;
            self.write(class, (place.0 + 3.0, base), "start", line);
        }
        self.taken.push(place);
    }

    fn legend(&mut self) {
        let (left, _, _, bottom) = FRAME;
        let y = bottom + 66.0;
        let marks = [
            ("front", "nothing is smaller and faster", 0.0),
            ("aside", "better only in block RAM or energy", 215.0),
            ("rest", "another is better in everything", 465.0),
        ];
        for (class, meaning, x) in marks {
            let _ = writeln!(
                self.text,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y}\" r=\"4.5\"/>",
                left + x
            );
            self.write("note", (left + x + 10.0, y + 4.0), "start", meaning);
        }
        let x = left + 690.0;
        let _ = writeln!(
            self.text,
            "<path class=\"current\" d=\"M{x} {y} m0 -8 l8 8 l-8 8 l-8 -8 z\"/>"
        );
        self.write("note", (x + 13.0, y + 4.0), "start", "the design that was given");
        let [prompt, tokens] = self.exploration.tokens;
        let cells = "Cells: predicted by the cost model, within 10 % of synthesis.";
        let figures = format!(
            "Tokens per second: clock over mean cycles, {tokens} tokens after a prompt of {prompt}. \
             nJ a token: ASIC prices, to compare designs."
        );
        self.write("note", (left, y + 27.0), "start", cells);
        self.write("note", (left, y + 44.0), "start", &figures);
    }
}

/// What distinguishes a point, shortly.
fn shape(point: &Point) -> String {
    let design = &point.design;
    let [lanes, slots, planes] = [design.lanes, design.slots, design.planes];
    format!("{lanes} x {slots} x {planes}, vectors of {}", design.elements)
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}
