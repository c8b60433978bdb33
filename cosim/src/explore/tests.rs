use super::*;
use firmware::lower::PositionOrder;
use firmware::machine::Program;
use std::sync::Arc;
use weights::packing::Packing;
use weights::sample;

fn small(part: &str) -> (DesignFile, Network, ExploreOptions) {
    let axes = Axes {
        lanes: vec![4, 8],
        slots: vec![8],
        planes: vec![4],
        elements: vec![4],
        packing: vec![Packing::Base3, Packing::TwoBit],
        ..Axes::default()
    };
    let options = ExploreOptions {
        axes,
        part: Part::find(part).unwrap(),
        megahertz: 50.0,
        prompt: vec![1, 2],
        tokens: 2,
        predicted: Arc::default(),
    };
    (DesignFile::bundled(), sample::network(1), options)
}

#[test]
fn the_same_sweep_leaves_the_same_bytes() {
    let (file, network, options) = small("LFE5U-45F");
    let found = explore(&file, &network, &options).unwrap();
    let first = files(&found, &file).unwrap();
    let again = files(&explore(&file, &network, &options).unwrap(), &file).unwrap();
    assert_eq!(first, again);
    assert_eq!(table(&found), table(&explore(&file, &network, &options).unwrap()));
    let svg = &first[1].1;
    assert!(svg.starts_with("<svg ") && svg.contains("this design") && !svg.contains("NaN"));
    // Every chosen point is a design that reads back as the point.
    let designs = first.iter().filter(|(name, _)| name.starts_with("designs/"));
    let ids: Vec<String> = designs
        .map(|(_, text)| {
            Candidate::of(&weights::config::Design::parse("it", text.as_bytes()).unwrap()).id()
        })
        .collect();
    assert_eq!(ids, found.chosen().map(|point| point.id.clone()).collect::<Vec<_>>());
}

#[test]
fn points_are_what_the_models_say() {
    let (file, network, options) = small("LFE5U-45F");
    let found = explore(&file, &network, &options).unwrap();
    assert_eq!((found.candidates, found.points.len(), found.refused), (5, 5, 0));
    let current = found.points.iter().find(|point| point.current).unwrap();
    assert_eq!(current.id, "8x16x4-v8-base3-k26-b4.4");
    let program = firmware::lower::lower(&network, &file.design).unwrap();
    let module = hdl::blocks::machine::Machine::new(&program).module();
    let cells = hdl::language::cost::estimate(&hdl::language::check::check(&module).unwrap());
    assert_eq!((current.cells, current.block_rams), (cells.cells(), cells.block_rams));
    let speed = options.megahertz * 1e6 / current.cycles_per_token;
    assert_eq!(current.tokens_per_second, speed);
    // Of 72 multipliers that is more than its share of 43,848 cells.
    assert_eq!((current.multipliers, current.binding), (51, "multipliers"));
    let sum: f64 = current.nanojoules.iter().sum();
    assert!((sum - current.nanojoules_per_token).abs() < 1e-9);
    // Corners have their names, and none is twice the same.
    let names: Vec<&str> = found.front().flat_map(|point| point.names.clone()).collect();
    assert_eq!(names.len(), 4);
}

#[test]
fn what_is_too_large_says_of_what() {
    let (file, network, mut options) = small("LFE5U-25F");
    options.axes =
        Axes { lanes: vec![32], slots: vec![32], elements: vec![16], ..options.axes.clone() };
    let error = explore(&file, &network, &options).unwrap_err().to_string();
    assert!(error.contains("none of the 3 machines fits LFE5U-25F: the nearest"), "{error}");
    assert!(error.contains("takes 51 multipliers, LFE5U-25F has 28"), "{error}");
    options.axes = Axes { planes: vec![1], ..options.axes };
    let narrow = file.with_settings(&["array.acc_width=8".to_owned()]).unwrap();
    let error = explore(&narrow, &network, &options).unwrap_err().to_string();
    assert!(error.starts_with("none of the 3 designs is a machine for `sample-1`"), "{error}");
}

/// What a loop remembers is written with what it reads of itself, at once.
#[test]
fn machines_with_loops_have_an_estimate() {
    for network in [
        sample::neurtransformer(0, &sample::neurtransformer_shape(0)),
        sample::spikingbert(0, &sample::spikingbert_shape(0)),
    ] {
        let mut design = weights::config::Design::spiking();
        (design.array.lanes, design.array.slots, design.machine.elements) = (8, 8, 4);
        let programs = firmware::lower::position_orders(&network, &design).unwrap();
        let loops = |it: &(PositionOrder, Program)| it.0.apart && !it.0.unrolled;
        let (_, program) = programs.into_iter().find(loops).unwrap();
        assert!(program.parameters.loop_depth > 1, "{}", program.name);
        let module = hdl::blocks::machine::Machine::new(&program).module();
        let cells = hdl::language::cost::estimate(&hdl::language::check::check(&module).unwrap());
        let map: u32 = program.memories().iter().map(|memory| memory.blocks()).sum();
        assert_eq!(u64::from(map), cells.block_rams, "{}", program.name);
        assert!(cells.cells() > 4000, "{}: {} cells", program.name, cells.cells());
    }
}
