//! Ring `formal`: the properties of the generated modules hold for all times and all inputs, and a
//! fault makes them fail.

use cosim::formal::{ModuleProof, Verdict, modules, prove, prove_all};
use cosim::tools::{Cache, Tool, ToolName, provide};
use hdl::check::check;
use hdl::module::Module;
use rayon::prelude::*;
use std::sync::Arc;
use tests::plants::plain;
use tests::verilog;

fn prover() -> (Tool, Cache) {
    let cache = Cache::of_user().unwrap_or_else(|error| panic!("{error}"));
    let yosys = provide(ToolName::YowaspYosys, &cache);
    (yosys.unwrap_or_else(|error| panic!("{error}")), cache)
}

fn all_modules() -> Vec<Arc<Module>> {
    modules().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_property_is_proven() {
    let (yosys, cache) = prover();
    let proofs =
        prove_all(&yosys, &cache, &all_modules()).unwrap_or_else(|error| panic!("{error}"));
    let mut count = 0;
    for ModuleProof { module, properties, seconds } in &proofs {
        println!("{module}: {} properties, {seconds:.1} s", properties.len());
        for property in properties {
            println!("  {}: {:?}", property.name, property.verdict);
        }
        count += properties.len();
    }
    assert!(proofs.iter().all(ModuleProof::is_proven), "{proofs:#?}");
    assert!(count >= 10, "only {count} properties");
}

/// A fault in a printed module, and a property that it must break.
struct Plant {
    module: &'static str,
    fault: &'static str,
    find: &'static str,
    replace: &'static str,
    breaks: &'static str,
}

const PLANTS: &[Plant] = &[
    Plant {
        module: "token_loop",
        fault: "a prediction is withdrawn after a cycle",
        find: "else if (prediction_ready_i) offered_q <= 1'b0;",
        replace: "else offered_q <= 1'b0;",
        breaks: "prediction_kept",
    },
    Plant {
        module: "result_queue",
        fault: "a tile that is read is counted as waiting still",
        find: "waiting_q <= waiting_q - 3'd1;",
        replace: "waiting_q <= waiting_q;",
        breaks: "sums_counted",
    },
    Plant {
        module: "register_file",
        fault: "an answer to a write lasts one cycle",
        find: "else if (s_axil_bready) answering_q <= 1'b0;",
        replace: "else answering_q <= 1'b0;",
        breaks: "write_answer_kept",
    },
];

#[test]
fn a_fault_breaks_its_property() {
    let ((yosys, cache), modules) = (prover(), all_modules());
    let one = |plant: &Plant| {
        let module = modules.iter().find(|module| module.name == plant.module);
        let module = module.unwrap_or_else(|| panic!("no module {}", plant.module));
        let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
        let mut sources = verilog::sources(&checked);
        let file = format!("{}.v", plant.module);
        let (_, text) = sources.iter_mut().find(|(name, _)| *name == file).expect("its file");
        let before = plain(text);
        assert_eq!(before.matches(plant.find).count(), 1, "{file}: `{}`", plant.find);
        *text = before.replace(plant.find, plant.replace);
        let proof = prove(&yosys, &cache, module, &sources);
        let proof = proof.unwrap_or_else(|error| panic!("{}: {error}", plant.fault));
        let broken = proof.properties.iter().find(|property| property.name == plant.breaks);
        let verdict = broken.map(|property| property.verdict);
        println!("{}, {}: {} {verdict:?}", plant.module, plant.fault, plant.breaks);
        assert!(matches!(verdict, Some(Verdict::Refuted { .. })), "{}: {proof:#?}", plant.fault);
    };
    PLANTS.par_iter().with_max_len(1).for_each(one);
}
