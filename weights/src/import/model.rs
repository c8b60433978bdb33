//! A model's folder while it is imported: its configuration, its weights, and what to tell.

use super::container::Container;
use super::fields::Fields;
use super::matrices::Matrices;
use super::{ImportError, Limits, folder, other};
use crate::bundled;
use crate::shown::shown;
use std::path::Path;

const CONFIG: &str = "config.json";

/// What a family imports from.
pub(super) struct Model<'a> {
    /// The folder.
    pub(super) folder: &'a Path,
    /// What importing it may cost.
    pub(super) limits: &'a Limits,
    /// Name of the network: that of the folder.
    pub(super) name: String,
    /// The fields of `config.json`.
    pub(super) config: Fields,
    /// What the user should know of an import that went well, a sentence each.
    pub(super) notes: Vec<String>,
    /// The form of its matrices.
    pub(super) matrices: Matrices,
    container: Option<Container>,
}

impl<'a> Model<'a> {
    /// Reads the configuration of a folder.
    pub(super) fn open(folder: &'a Path, limits: &'a Limits) -> Result<Model<'a>, ImportError> {
        folder::require(folder)?;
        let name = shown(&bundled::name(folder));
        if !folder::has(folder, CONFIG) && !Container::is_there(folder) {
            return Err(other::no_weights(folder, CONFIG));
        }
        let config = Fields::parse(CONFIG, &folder::read(folder, CONFIG, limits.json_bytes)?)?;
        let absent = Fields::absent(CONFIG);
        let mut model = Model {
            folder,
            limits,
            name,
            config: absent,
            notes: Vec::new(),
            matrices: Matrices::default(),
            container: None,
        };
        model.note_repeated(&config);
        model.config = config;
        Ok(model)
    }

    /// Notes keys that a file says twice.
    pub(super) fn note_repeated(&mut self, fields: &Fields) {
        for key in fields.repeated() {
            let file = fields.file();
            self.notes.push(format!("{file} says `{key}` twice: the last value is taken"));
        }
    }

    /// The weights. They are opened once every field of the configuration is accounted for, so
    /// that what cannot be imported is refused before anything large is read.
    pub(super) fn weights(&mut self) -> Result<&mut Container, ImportError> {
        Ok(self.parts()?.0)
    }

    /// The weights, and the form of the matrices among them.
    pub(super) fn parts(&mut self) -> Result<(&mut Container, &mut Matrices), ImportError> {
        self.config.finish()?;
        if self.container.is_none() {
            self.container = Some(Container::open(self.folder, self.limits, &mut self.notes)?);
        }
        let container = self.container.as_mut().expect("it was just opened");
        Ok((container, &mut self.matrices))
    }

    /// Refuses fields and tensors that the family did not account for.
    pub(super) fn finish(&self) -> Result<(), ImportError> {
        self.config.finish()?;
        self.container.as_ref().map_or(Ok(()), Container::require_all_used)
    }
}
