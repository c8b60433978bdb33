//! `prove`: what holds for all times and all inputs.

use super::{Console, Exit};
use crate::formal::{ModuleProof, Verdict, equivalences, modules, prove_all, prove_equal};
use crate::tools::{Cache, ToolName, provide};
use clap::Args;

/// Arguments of `prove`.
#[derive(Args, Debug)]
pub(super) struct ProveCommand {
    /// Prove only the module of this name.
    #[arg(long, value_name = "NAME")]
    module: Option<String>,
    /// Print the result as JSON on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// The module whose forms and netlists are proven equal.
const DOT: &str = "ternary_dot";

impl ProveCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let cache = Cache::of_user()?;
        let yosys = provide(ToolName::YowaspYosys, &cache)?;
        let mut modules = modules()?;
        let names = modules.iter().map(|module| module.name.clone());
        let names: Vec<String> = names.chain([DOT.to_owned()]).collect();
        if let Some(name) = &self.module {
            modules.retain(|module| module.name == *name);
            if modules.is_empty() && name != DOT {
                let (reason, remedy) =
                    (format!("no properties of a module `{name}`"), names.join(", "));
                anyhow::bail!("{reason}\n  = there are those of {remedy}");
            }
        }
        let mut proofs = prove_all(&yosys, &cache, &modules)?;
        let pairs = match self.module.as_deref() {
            None | Some(DOT) => equivalences(&cache)?,
            Some(_) => vec![],
        };
        proofs.extend(prove_equal(&yosys, &cache, &pairs)?);
        console.line(&format!("{:<16}{:<40}{:<28}{:>7}", "module", "property", "result", "time"));
        proofs.iter().for_each(|proof| show(console, proof));
        let count: usize = proofs.iter().map(|proof| proof.properties.len()).sum();
        console.json(&(serde_json::to_string_pretty(&proofs)? + "\n"));
        let failed = proofs.iter().filter(|proof| !proof.is_proven()).count();
        if failed > 0 {
            console.line(&format!("{failed} of {} modules are not proven", proofs.len()));
            return Ok(Exit::Failure);
        }
        console.line(&format!("{count} properties proven; {}", yosys.version));
        Ok(Exit::Success)
    }
}

/// A row a property; the time is that of the whole module, whose properties are proven together.
fn show(console: &mut Console, proof: &ModuleProof) {
    let mut time = format!("{:.2} s", proof.seconds);
    for property in &proof.properties {
        let result = match property.verdict {
            Verdict::Proven { cycles } => format!("proven, k = {cycles}"),
            Verdict::Refuted { cycle } => format!("REFUTED in cycle {cycle}"),
            Verdict::Open { cycles } => format!("OPEN: no step in {cycles}"),
        };
        console.line(&format!("{:<16}{:<40}{result:<28}{time:>7}", proof.module, property.name));
        time.clear();
    }
}
