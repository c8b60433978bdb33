//! The frame of every page: head, style, sections.

use super::summary::Title;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// A whole page.
pub(super) fn whole(title: &Title, body: Markup) -> Markup {
    html! {
        (DOCTYPE) "\n"
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title.design) ": " (title.verdict()) }
                style { "\n" (PreEscaped(STYLE)) }
            }
            "\n"
            body { main { (title.show()) (body) } }
        }
        "\n"
    }
}

/// Sections one under the other, a line each in the file.
pub(super) fn stacked(sections: impl IntoIterator<Item = Markup>) -> Markup {
    html! { @for section in sections { "\n" (section) } "\n" }
}
