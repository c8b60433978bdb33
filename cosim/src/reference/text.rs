//! Texts of several stories.

/// The line that ends a story in the TinyStories files.
pub const STORY_END: &str = "<|endoftext|>";

/// The stories of a text: what stands between the marks, without the newlines around it, where
/// anything is left.
pub fn stories(text: &str) -> Vec<&str> {
    text.split(STORY_END).map(|story| story.trim_matches('\n')).filter(|s| !s.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_end_at_the_mark() {
        let text = "One.\nTwo.\n\n<|endoftext|>\nThree.\n\n<|endoftext|>\n\n";
        assert_eq!(stories(text), ["One.\nTwo.", "Three."]);
        assert_eq!(stories("plain"), ["plain"]);
        assert!(stories("").is_empty());
    }
}
