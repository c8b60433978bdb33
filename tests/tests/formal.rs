//! Ring `formal`: the properties of the generated modules hold for all times and all inputs, and a
//! fault makes them fail.

use cosim::formal::{
    Equivalence, ModuleProof, Verdict, forms_of_dot, modules, netlist_of_dot, prove, prove_all,
    prove_equal,
};
use cosim::tools::{Cache, Family, Tool, ToolName, provide};
use hdl::language::check::check;
use hdl::language::module::Module;
use rayon::prelude::*;
use std::sync::Arc;
use tests::netlists::wrong_bit;
use tests::plants::plain;
use tests::verilog;
use weights::config::Target;

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
        module: "vector_output",
        fault: "a beat is offered for one cycle",
        find: "else if (ready_i) offered_q <= 1'b0;",
        replace: "else offered_q <= 1'b0;",
        breaks: "beat_kept",
    },
    Plant {
        module: "vector_input",
        fault: "a vector that waits is forgotten when the next one ends",
        find: "ready = run_i & ~waits_q & ~busy_i",
        replace: "ready = run_i & ~busy_i",
        breaks: "writes_when_free",
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

/// Slots of the sample; `spikewright prove` takes larger ones too.
const SLOTS: [u32; 3] = [1, 3, 6];

fn forms(slots: u32) -> Equivalence {
    forms_of_dot(slots).unwrap_or_else(|error| panic!("{error}"))
}

fn netlists(cache: &Cache) -> Vec<Equivalence> {
    let pairs = [
        (Target::Portable, Family::Ecp5),
        (Target::Portable, Family::Ice40),
        (Target::Ecp5, Family::Ecp5),
    ];
    let netlist = |(target, family)| netlist_of_dot(6, target, family, cache);
    pairs.map(netlist).into_iter().map(|pair| pair.unwrap_or_else(|e| panic!("{e}"))).collect()
}

/// Proves pairs; the verdict of each.
fn verdicts(pairs: &[Equivalence]) -> Vec<Verdict> {
    let (yosys, cache) = prover();
    let proofs = prove_equal(&yosys, &cache, pairs).unwrap_or_else(|error| panic!("{error}"));
    for ModuleProof { properties, seconds, .. } in &proofs {
        println!("{}: {:?}, {seconds:.1} s", properties[0].name, properties[0].verdict);
    }
    proofs.into_iter().flat_map(|proof| proof.properties).map(|one| one.verdict).collect()
}

#[test]
fn forms_and_netlists_of_the_dot_are_equal() {
    let mut pairs: Vec<Equivalence> = SLOTS.into_iter().map(forms).collect();
    pairs.extend(netlists(&prover().1));
    let proven = |verdict: &Verdict| matches!(verdict, Verdict::Proven { .. });
    assert!(verdicts(&pairs).iter().all(proven));
}

/// A wrong line in either form, a wrong bit of a LUT in each netlist, a form that comes early.
#[test]
fn a_fault_makes_forms_differ() {
    let fault = |side: usize, file: &str, find: &str, replace: &str| {
        let mut pair = forms(6);
        let (sources, _) = &mut pair.sides[side];
        let (_, text) = sources.iter_mut().find(|(name, _)| name == file).expect("its file");
        let before = plain(text);
        assert_eq!(before.matches(find).count(), 1, "{file}: `{find}`");
        *text = before.replace(find, replace);
        pair
    };
    let majority = "(carry_0_q & carry_1_q) |";
    let mut pairs = vec![
        fault(0, "ternary_dot.v", majority, "(carry_0_q | carry_1_q) |"),
        fault(1, "slot_fields_3.v", ".A1 (high_i[0])", ".A1 (low_i[0])"),
    ];
    let mut early = forms(6);
    early.sides[1].1 -= 1;
    pairs.push(early);
    for mut pair in netlists(&prover().1) {
        wrong_bit(&mut pair.sides[1].0[0].1, 0);
        pairs.push(pair);
    }
    let verdicts = verdicts(&pairs);
    for (pair, verdict) in pairs.iter().zip(verdicts) {
        assert!(matches!(verdict, Verdict::Refuted { .. }), "{} still holds", pair.name);
    }
}
