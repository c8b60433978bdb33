//! Planted faults: one wrong operator in one printed file.
//!
//! Texts are compared without comments and with every run of blanks as one, so that a plant
//! survives a change of layout, but not one of meaning.

/// One planted fault.
#[derive(Clone, Copy, Debug)]
pub struct Plant<D> {
    /// The design that it is planted into.
    pub design: fn() -> D,
    /// The printed file.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub find: &'static str,
    /// What is put there instead.
    pub replace: &'static str,
    /// What is wrong with it.
    pub fault: &'static str,
    /// What must catch it, as [`Caught`](crate::machine_check::Caught) names it.
    pub caught_by: &'static str,
}

/// A text without comments, every run of blanks one blank; compiler directives keep their lines.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        for word in code.split_whitespace() {
            plain.push_str(word);
            plain.push(' ');
        }
        if code.starts_with('`') {
            plain.push('\n');
        }
    }
    plain
}

impl<D> Plant<D> {
    /// Puts the fault into the printed files.
    ///
    /// # Errors
    /// If the file, or the one place in it, is not there: the plant must follow the generator.
    pub fn into_sources(&self, sources: &mut [(String, String)]) -> Result<(), String> {
        let (file, find, replace) = (self.file, self.find, self.replace);
        let source = sources.iter_mut().find(|(name, _)| name == file);
        let Some((_, text)) = source else { return Err(format!("no file {file} is printed")) };
        let before = plain(text);
        match before.matches(find).count() {
            1 => *text = before.replace(find, replace),
            count => return Err(format!("{file} has `{find}` {count} times, not once")),
        }
        Ok(())
    }
}

macro_rules! plants {
    ($design_type:ty: $( $design:ident $file:literal $caught_by:literal $fault:literal
        $find:literal => $replace:literal ; )*) => {
        /// All plants.
        pub const PLANTS: &[Plant<$design_type>] = &[ $( Plant {
            design: $design,
            file: concat!($file, ".v"),
            find: $find,
            replace: $replace,
            fault: $fault,
            caught_by: $caught_by,
        }, )* ];
    };
}

pub(crate) use plants;
