//! The picture: speed against area, the front as a line, the rest light.
//!
//! Plain SVG text: two axes, some marks and labels need no library.

use super::grouped::grouped;
use super::{Exploration, Point};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use weights::config::Form;

/// The whole picture.
const SIZE: (f64, f64) = (1000.0, 670.0);
/// Where the axes begin and end: left, top, right, bottom.
const FRAME: (f64, f64, f64, f64) = (90.0, 92.0, 975.0, 545.0);
/// Pixels a letter of a label is wide, in bold and in small, and a line high.
const BOLD_LETTER: f64 = 6.9;
const SMALL_LETTER: f64 = 5.9;
const LINE: f64 = 15.0;
/// A part that is full is drawn if the largest machine takes at least this share of it.
const FULL_SHOWN: f64 = 0.6;

/// Colours for light and for dark, sizes of letters.
const STYLE: &str = include_str!("picture.css");

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
        if coarse.len() < 4 {
            of(&[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0])
        } else {
            coarse
        }
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
    let mut across = Axis::over(points.iter().map(|point| point.cells as f64), (left, right));
    let full = exploration.part.cells as f64;
    if across.high > FULL_SHOWN * full {
        // Nothing lies beyond a full part.
        across.high = 1.04 * full;
    }
    let up = Axis::over(points.iter().map(|point| point.tokens_per_second), (bottom, top));
    let (taken, text) = (vec![], String::new());
    let mut picture = Picture { exploration, across, up, taken, kept: 0, marked: 0, text };
    picture.heading();
    picture.axes();
    picture.marks();
    picture.labels();
    picture.legend();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"100%\" height=\"100%\">\n\
         <style>\n{STYLE}</style>\n<rect class=\"paper\" x=\"-50%\" y=\"-50%\" width=\"200%\" height=\"200%\"/>\n\
         {}</svg>\n",
        SIZE.0, SIZE.1, picture.text
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
        let half = if self.exploration.confirmed(point).is_some() { 10.0 } else { 6.0 };
        (x - half, y - half, x + half, y + half)
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
            self.write("tick", (x, top - 6.0), "end", "the part is full");
        }
        let title = format!("cells (LUT4, log scale; {} has {})", part.name, grouped(part.cells));
        self.write("axis", ((left + right) / 2.0, bottom + 42.0), "middle", &title);
        let middle = (top + bottom) / 2.0;
        let _ = writeln!(
            self.text,
            "<text class=\"axis\" transform=\"translate(24 {middle}) rotate(-90)\" \
             text-anchor=\"middle\">{}s per second (log scale)</text>",
            self.exploration.arrival
        );
    }

    fn circle(&mut self, class: &str, point: &Point, radius: f64) {
        let (x, y) = self.place(point);
        let arrival = self.exploration.arrival;
        let tip = format!(
            "{}: {} cells, {} block RAMs, {:.0} {arrival}s/s, {:.1} nJ a {arrival}",
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
        let exploration = self.exploration;
        let points = &exploration.points;
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
        for point in points.iter().filter(|point| exploration.confirmed(point).is_some()) {
            self.circle("confirmed", point, 9.0);
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

    /// Some lines beside every point with a name, the design itself, and what was confirmed.
    fn labels(&mut self) {
        let exploration = self.exploration;
        for point in &exploration.points {
            let confirmed = exploration.confirmed(point);
            let mut names = point.names.clone();
            if point.current {
                names.insert(0, "this design");
            }
            if names.is_empty() && confirmed.is_none() {
                continue;
            }
            let name = match names.is_empty() {
                true => shape(point),
                false => format!("{}: {}", names.join(", "), shape(point)),
            };
            let arrival = exploration.arrival;
            let figures = format!(
                "{} {arrival}s/s, {} block RAMs, {:.1} nJ a {arrival}",
                grouped(point.tokens_per_second.round() as u64),
                point.block_rams,
                point.nanojoules_per_token
            );
            let mut lines = vec![("name", name), ("note", figures)];
            if let Some(confirmed) = confirmed {
                let cells = grouped(confirmed.cells[1]);
                let off = confirmed.cells_off();
                let text = format!("built: {cells} cells (model {off:+.1} %), RTL = reference");
                lines.push(("built", text));
            }
            self.label(self.place(point), &lines);
        }
    }

    fn label(&mut self, (x, y): (f64, f64), lines: &[(&str, String)]) {
        let width = |(class, line): &(&str, String)| {
            let letter = if *class == "name" { BOLD_LETTER } else { SMALL_LETTER };
            line.chars().count() as f64 * letter
        };
        let width = lines.iter().map(width).fold(0.0, f64::max) + 6.0;
        let height = lines.len() as f64 * LINE + 4.0;
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
            "<rect class=\"card\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"/>",
            place.0, place.1
        );
        for (index, (class, line)) in lines.iter().enumerate() {
            let base = place.1 + LINE * (index as f64 + 1.0) - 2.0;
            self.write(class, (place.0 + 3.0, base), "start", line);
        }
        self.taken.push(place);
    }

    /// What the marks mean, of those that are there.
    fn legend(&mut self) {
        let (left, _, _, bottom) = FRAME;
        let y = bottom + 66.0;
        let points = &self.exploration.points;
        let any = |is: fn(&Point) -> bool| points.iter().any(is);
        let marks = [
            (true, "front", "nothing is smaller and faster"),
            (
                any(|point| point.front && !point.line),
                "aside",
                "better only in block RAM or energy",
            ),
            (any(|point| !point.front), "rest", "another is better in everything"),
            (!self.exploration.confirmed.is_empty(), "confirmed", "built and simulated"),
            (any(|point| point.current), "current", "the design that was given"),
        ];
        let mut x = left + 5.0;
        for (_, class, meaning) in marks.into_iter().filter(|(there, ..)| *there) {
            let _ = match class {
                "current" => writeln!(
                    self.text,
                    "<path class=\"current\" d=\"M{x} {y} m0 -8 l8 8 l-8 8 l-8 -8 z\"/>"
                ),
                _ => writeln!(
                    self.text,
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"4.5\"/>"
                ),
            };
            self.write("note", (x + 12.0, y + 4.0), "start", meaning);
            x += meaning.chars().count() as f64 * SMALL_LETTER + 32.0;
        }
        let Exploration { tokens: [prompt, tokens], arrival, .. } = self.exploration;
        let cells = "Cells: LUT4, predicted by the cost model, within 10 % of synthesis for networks, 16 % for \
                     single matrices. Energy: operations times ASIC";
        let figures = format!(
            "prices of the literature, sources in points.json, to compare designs. Speed: clock over mean \
             cycles, {tokens} {arrival}s after a prompt of {prompt}."
        );
        self.write("note", (left, y + 27.0), "start", cells);
        self.write("note", (left, y + 44.0), "start", &figures);
    }
}

/// What distinguishes a point, shortly.
fn shape(point: &Point) -> String {
    let design = &point.design;
    let [lanes, slots, planes] = [design.lanes, design.slots, design.planes];
    let array = match design.form {
        Form::Event => format!("{lanes} lanes of events"),
        _ => format!("{lanes} x {slots} x {planes}"),
    };
    format!("{array}, vectors of {}", design.elements)
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}
