//! Single keys of a design set from elsewhere, such as a command line.

use super::{ConfigError, DesignFile};
use toml::{Table, Value};

impl DesignFile {
    /// The design on a part of so many block RAMs of 18 kbit, unless it says itself how many there are.
    pub fn on_part(mut self, block_rams: u32) -> DesignFile {
        let most = &mut self.design.machine.block_ram_max;
        *most = if *most == 0 { block_rams } else { *most };
        self
    }

    /// The design with `KEY=VALUE` settings: dotted keys such as `machine.value_width`, values as in
    /// TOML; a string may leave out its quotes. Messages point into the design with the settings.
    ///
    /// # Errors
    /// If a setting has no key or value, or as [`DesignFile::parse`].
    pub fn with_settings(&self, settings: &[String]) -> Result<DesignFile, ConfigError> {
        if settings.is_empty() {
            return Ok(self.clone());
        }
        let text = self.design.to_toml();
        let mut root: Table = toml::from_str(&text).expect("a written design is TOML");
        for setting in settings {
            let refused = || ConfigError::Setting { setting: setting.clone() };
            let (key, value) = setting.split_once('=').ok_or_else(refused)?;
            put(&mut root, key.trim(), read(value.trim())).ok_or_else(refused)?;
        }
        let text = toml::to_string(&root).expect("a table with string keys is TOML");
        // A setting of a retired key would do nothing, so it is as unknown as any other.
        let file_name = format!("the design with {}", settings.join(", "));
        let file = DesignFile::parse_without(&[], &file_name, text.as_bytes())?;
        Ok(DesignFile { retired: self.retired.clone(), ..file })
    }
}

/// A value as TOML has it, otherwise a string.
fn read(text: &str) -> Value {
    let table: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    let value = table.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Puts a value where its dotted key says; nothing if the path is empty or leads through a number.
fn put(root: &mut Table, key: &str, value: Value) -> Option<()> {
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().filter(|last| !last.is_empty())?;
    let mut table = root;
    for part in parts {
        let entry = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
        table = entry.as_table_mut()?;
    }
    table.insert(last.to_owned(), value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sample;
    use crate::numeric::Radix;

    fn set(settings: &[&str]) -> Result<DesignFile, ConfigError> {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        DesignFile::bundled().with_settings(&settings)
    }

    #[test]
    fn settings_replace_keys() {
        let file = set(&["machine.value_width = 20", "array.radix=unary", "name=\"x\""]).unwrap();
        let mut design = DesignFile::bundled().design;
        design.machine.value_width = 20;
        design.array.radix = Radix::Unary;
        design.name = "x".to_owned();
        assert_eq!(file.design, design);
        let sample = set(&["sample = { blocks = 3 }"]).unwrap().design.sample;
        assert_eq!(sample, Sample { blocks: 3, ..Sample::default() });
    }

    #[test]
    fn wrong_settings_are_named() {
        let message = |setting: &str| set(&[setting]).unwrap_err().to_string();
        for setting in ["machine.value_width", "=3", "machine.=3", "name.x=3"] {
            assert!(message(setting).starts_with(&format!("`{setting}` is no setting")));
        }
        let unknown = message("machine.value_widht=20");
        assert!(
            unknown.contains("value_widht") && unknown.contains("the design with"),
            "{unknown}"
        );
        assert!(message("machine.value_width=99").contains("limit"));
    }
}
