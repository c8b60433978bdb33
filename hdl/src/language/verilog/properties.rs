//! Properties as text: what only they read, and then they, for a prover.

use super::clocked::reset_of;
use super::expression::statement;
use super::layout::{INDENT, comment};
use crate::language::module::Module;
use crate::language::property::Claim;

/// The lines between `ifdef FORMAL` and `endif`; `items` is what the properties read.
pub(super) fn print(module: &Module, items: &str) -> String {
    let mut claims = String::new();
    for property in module.properties() {
        let keyword = match property.claim {
            Claim::Assumed => "assume",
            Claim::Asserted => "assert",
        };
        let left = format!("{}: {keyword} (", property.name);
        let indent = 3 * INDENT;
        let holds = statement(module, property.node, indent + left.len() + 2, indent);
        claims.push_str(&comment(&property.meaning, indent));
        claims.push_str(&format!("{}{left}{holds});\n", " ".repeat(indent)));
    }
    format!(
        "`ifdef FORMAL\n{items}\n    always @* begin\n        if (!{}) begin\n{claims}        \
         end\n    end\n`endif\n",
        reset_of(module)
    )
}
