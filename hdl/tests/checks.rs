//! Mistakes in a generator: each is refused with a message that names what is wrong, and where.

mod support;

use hdl::language::bits::Bits;
use hdl::language::builder::Builder;
use hdl::language::check::check;
use hdl::language::module::Module;
use hdl::language::signal_type::{sint, uint};
use pretty_assertions::assert_eq;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

thread_local! {
    /// Message, file and line of the last panic of this thread.
    static PANIC: RefCell<(String, String, u32)> = const {
        RefCell::new((String::new(), String::new(), 0))
    };
    /// Whether this thread waits for a panic.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// The message of a panic, which must point at `line` of this file: at the generator's line, not
/// at one inside the HDL.
fn refused<T>(line: u32, mistake: impl FnOnce() -> T) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let (text, string) = (panic.payload().downcast_ref(), panic.payload().downcast_ref());
            let text = text.map(|text: &&str| (*text).to_string());
            let message = text.or_else(|| string.cloned()).unwrap_or_default();
            let place = panic.location().map(|place| (place.file().to_string(), place.line()));
            let (file, line) = place.unwrap_or_default();
            PANIC.set((message, file, line));
            if !EXPECTED.get() {
                default(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(mistake)).map(|_| ());
    EXPECTED.set(false);
    let (message, file, found) = PANIC.with_borrow(Clone::clone);
    assert!(result.is_err(), "nothing was refused at line {line}");
    assert!(file.ends_with("checks.rs"), "{message} points at {file}:{found}");
    assert_eq!(found, line, "{message} points at {file}:{found}");
    message
}

/// The message for a module that the check refuses.
fn fault(module: Arc<Module>) -> String {
    match check(&module) {
        Ok(_) => "accepted".into(),
        Err(error) => error.to_string(),
    }
}

/// Operators refuse operands of different widths or signs, and name both.
#[test]
fn operands_must_be_of_one_type() {
    let b = Builder::new("mixed", file!(), "widths and signs that do not fit.");
    let (narrow, wide) = (b.input("narrow_i", uint(4), "x"), b.input("wide_i", uint(5), "x"));
    let (signed, bit) = (b.input("signed_i", sint(4), "x"), b.input("bit_i", uint(1), "x"));
    let add = refused(line!(), || narrow + wide);
    assert_eq!(
        add,
        "`narrow_i` is uint(4), `wide_i` is uint(5): + needs equal types; extend or cast one of them"
    );
    let less = refused(line!(), || narrow.lt(signed));
    assert_eq!(
        less,
        "`narrow_i` is uint(4), `signed_i` is sint(4): < needs equal types; extend or cast one of them"
    );
    let choose = refused(line!(), || bit.select(signed, narrow));
    assert_eq!(
        choose,
        "`signed_i` is sint(4), `narrow_i` is uint(4): ?: needs equal types; extend or cast one of them"
    );
    let condition = refused(line!(), || wide.select(narrow, narrow));
    assert_eq!(condition, "`wide_i` is uint(5): a condition must be uint(1)");
    let whole = refused(line!(), || (narrow ^ narrow) & wide);
    assert_eq!(
        whole,
        "`(narrow_i ^ narrow_i)` is uint(4), `wide_i` is uint(5): & needs equal types; extend or cast \
         one of them"
    );
}

/// Slices, shifts, extensions and constants must fit.
#[test]
fn sizes_must_fit() {
    let b = Builder::new("sizes", file!(), "sizes that do not fit.");
    let (four, signed) = (b.input("four_i", uint(4), "x"), b.input("signed_i", sint(4), "x"));
    let slice = refused(line!(), || four.bits(2, 3));
    assert_eq!(slice, "bits 2+3 are outside `four_i`, which is uint(4)");
    let none = refused(line!(), || four.bits(2, 0));
    assert_eq!(none, "bits 2+0 are outside `four_i`, which is uint(4)");
    let expression = refused(line!(), || (four + four).bits(1, 2));
    assert_eq!(
        expression,
        "a slice needs a named signal, `(four_i + four_i)` is an expression: give it a name with wire()"
    );
    let shift = refused(line!(), || four.shift_right(4));
    assert_eq!(shift, "a shift by 4 leaves nothing of uint(4)");
    let expression = refused(line!(), || (four + four).shift_left_by(four));
    assert_eq!(
        expression,
        "a shift needs a named signal, `(four_i + four_i)` is an expression: give it a name with wire()"
    );
    let amount = refused(line!(), || four.shift_right_by(signed));
    assert_eq!(amount, "`signed_i` is sint(4): a shift amount is unsigned, of at most 32 bits");
    let far = refused(line!(), || four.shift_right_by(b.literal(0, uint(33))));
    assert_eq!(far, "`33'd0` is uint(33): a shift amount is unsigned, of at most 32 bits");
    let shorter = refused(line!(), || four.extend(3));
    assert_eq!(shorter, "extend to 3 would shorten uint(4)");
    let large = refused(line!(), || four.is(16));
    assert_eq!(large, "16 does not fit uint(4): 0..=15");
    let small = refused(line!(), || signed + -9);
    assert_eq!(small, "-9 does not fit sint(4): -8..=7");
    let nothing = refused(line!(), || uint(0));
    assert_eq!(nothing, "a signal needs at least one bit");
}

/// Registers, memories, cases and forward wires take values of their own type only, and once.
#[test]
fn updates_must_fit() {
    let b = Builder::new("updates", file!(), "updates that do not fit.");
    let (four, five) = (b.input("four_i", uint(4), "x"), b.input("five_i", uint(5), "x"));
    let register = b.register("state_q", uint(4));
    let update = refused(line!(), || register.next(five));
    assert_eq!(update, "`state_q` is uint(4), its update `five_i` is uint(5)");
    let register = register.next(four);
    let late = refused(line!(), || register.next(four));
    assert_eq!(late, "an update after an unconditional one can never happen");
    let memory = b.memory("words", 8, uint(4), &[]);
    let address = refused(line!(), || memory.write(b.flag(true), four, four));
    assert_eq!(address, "an address here is uint(3), not uint(4)");
    let word = refused(line!(), || memory.write(b.flag(true), b.literal(0, uint(3)), five));
    assert_eq!(word, "a word is uint(4), not uint(5)");
    let depth = refused(line!(), || b.memory("single", 1, uint(4), &[]));
    assert_eq!(depth, "`single`: a memory has at least 2 words, not 1");
    let contents = vec![Bits::new(0, uint(4)); 3];
    let contents = refused(line!(), || b.memory("small", 2, uint(4), &contents));
    assert_eq!(contents, "`small`: more contents than words");
    let arm = refused(line!(), || b.case("table", four, &[(0, five)], four));
    assert_eq!(arm, "an arm is uint(5), the default uint(4)");
    let value = refused(line!(), || b.case("choice", four, &[(16, four)], four));
    assert_eq!(value, "16 does not fit uint(4): 0..=15");
    let wire = b.forward("loop", uint(4));
    let driver = refused(line!(), || b.assign(wire, five));
    assert_eq!(driver, "uint(5) cannot drive uint(4)");
    b.assign(wire, four);
    let twice = refused(line!(), || b.assign(wire, four));
    assert_eq!(twice, "`loop` is driven already");
}

fn child() -> Arc<Module> {
    let b = Builder::new("child", file!(), "a child.");
    let data = b.input("data_i", uint(4), "x");
    b.output("data_o", !data, "x");
    b.finish()
}

/// An instance connects every input, of the right type, and nothing else.
#[test]
fn instances_must_fit() {
    let b = Builder::new("parent", file!(), "a parent.");
    let five = b.input("five_i", uint(5), "x");
    let four = b.input("four_i", uint(4), "x");
    let open = refused(line!(), || b.instance("one", &child(), &[]));
    assert_eq!(open, "instance `one` of `child` leaves `data_i` open");
    let wide = refused(line!(), || b.instance("two", &child(), &[("data_i", five)]));
    assert_eq!(wide, "`two.data_i` is uint(4), `five_i` is uint(5)");
    let inputs = [("data_i", four), ("more_i", four)];
    let more = refused(line!(), || b.instance("three", &child(), &inputs));
    assert_eq!(more, "`child` has no input `more_i`");
    let outputs = b.instance("four", &child(), &[("data_i", four)]);
    let missing = refused(line!(), || outputs.get("more_o"));
    assert_eq!(missing, "instance `four` has no output `more_o`");
}

fn module(build: impl FnOnce(&Builder)) -> Arc<Module> {
    let b = Builder::new("faulty", file!(), "a module with a mistake.");
    build(&b);
    b.finish()
}

/// The check names a signal that nothing drives.
#[test]
fn undriven() {
    let wire = module(|b| b.output("data_o", b.forward("loose", uint(2)), "x"));
    assert_eq!(fault(wire), "faulty: nothing drives `loose`; assign it, or give it an update");
    let register = module(|b| b.output("data_o", b.register("state_q", uint(2)).signal(), "x"));
    assert_eq!(
        fault(register),
        "faulty: nothing drives `state_q`; assign it, or give it an update"
    );
    let memory = module(|b| {
        let address = b.input("address_i", uint(2), "x");
        let words = b.memory("words", 4, uint(2), &[]);
        b.output("data_o", words.read("data_q", b.flag(true), address), "x");
    });
    assert_eq!(fault(memory), "faulty: nothing drives `words`; assign it, or give it an update");
}

/// Names are legal, and each is used once.
#[test]
fn names() {
    let named = |name: &'static str| {
        fault(module(|b| {
            let data = b.input("data_i", uint(2), "x");
            b.output("data_o", b.wire(name, !data), "x");
        }))
    };
    assert_eq!(named("inverse"), "accepted");
    for name in ["case", "wire", "logic", "Mixed", "1st", "", "a-b", "_x"] {
        let expected =
            format!("faulty: `{name}` is no legal name; use lower case words that are no keyword");
        assert_eq!(named(name), expected);
    }
    for name in ["data_i", "data_o", "clk_i", "rst_i", "faulty"] {
        assert_eq!(named(name), format!("faulty: `{name}` is declared twice; rename one"));
    }
}

/// Every bit is read, or said to be unused.
#[test]
fn unused() {
    let nothing = module(|b| {
        b.input("data_i", uint(4), "x");
        b.output("data_o", b.flag(true), "x");
    });
    assert_eq!(fault(nothing), "faulty: nothing reads `data_i`; drop it, or say why with unused()");
    let part = |b: &Builder, explain: bool| {
        let data = b.input("data_i", uint(8), "x");
        b.output("data_o", b.concat(&[data.bits(5, 3), data.bits(0, 2)]), "x");
        if explain {
            b.unused("data", data.bits(2, 3), "The middle is not needed.");
        }
    };
    assert_eq!(
        fault(module(|b| part(b, false))),
        "faulty: nothing reads `data_i`[4:2]; drop it, or say why with unused()"
    );
    assert_eq!(fault(module(|b| part(b, true))), "accepted");
}

/// A signal is declared above the line that reads it; the builder hands none out before, and a
/// forward wire is declared where it stands.
#[test]
fn declared_first() {
    let early = module(|b| {
        let data = b.input("data_i", uint(2), "x");
        let ahead = b.forward("ahead", uint(2));
        let sum = b.wire("sum", data + ahead);
        b.assign(ahead, data);
        b.output("data_o", sum, "x");
    });
    assert_eq!(fault(early), "accepted");
}

/// A combinational loop is found within a module and through the modules below it.
#[test]
fn loops() {
    let within = module(|b| {
        let data = b.input("data_i", uint(1), "x");
        let back = b.forward("back", uint(1));
        let sum = b.wire("sum", back ^ data);
        b.assign(back, !sum);
        b.output("data_o", sum, "x");
    });
    assert_eq!(
        fault(within),
        "faulty: combinational loop back → sum → back; put a register into it"
    );
    let through = module(|b| {
        let back = b.forward("back", uint(4));
        let inverse = b.instance("inverter", &child(), &[("data_i", back)]).get("data_o");
        b.assign(back, inverse);
        b.output("data_o", inverse, "x");
    });
    assert_eq!(
        fault(through),
        "faulty: combinational loop back → inverter_data → back; put a register into it"
    );
    let registered = module(|b| {
        let back = b.forward("back", uint(4));
        let inverse = b.instance("inverter", &child(), &[("data_i", back)]).get("data_o");
        b.assign(back, b.delay("back_q", b.flag(true), inverse));
        b.output("data_o", inverse, "x");
    });
    assert_eq!(fault(registered), "accepted");
}

/// Two modules of one name must be the same module.
#[test]
fn module_names() {
    let other = || {
        let b = Builder::new("child", file!(), "another child.");
        let data = b.input("data_i", uint(4), "x");
        b.output("data_o", data, "x");
        b.finish()
    };
    let parent = |second: Arc<Module>| {
        module(|b| {
            let data = b.input("data_i", uint(4), "x");
            let first = b.instance("one", &child(), &[("data_i", data)]).get("data_o");
            let second = b.instance("two", &second, &[("data_i", first)]).get("data_o");
            b.output("data_o", second, "x");
        })
    };
    assert_eq!(fault(parent(child())), "accepted");
    assert_eq!(
        fault(parent(other())),
        "two different modules are called `child`; give each shape its own name"
    );
}

/// A word that is read in the cycle that writes it has no bit right, where that was ruled out.
#[test]
fn exclusive_memories_spoil_what_was_ruled_out() {
    let module = module(|b| {
        let address = b.input("address_i", uint(2), "x");
        let on = b.flag(true);
        let words = b.memory("words", 4, uint(2), &[]).exclusive();
        words.write(on, address, address);
        b.output("data_o", words.read("data_q", on, address), "x");
    });
    let mut bench = support::Bench::new(&module);
    bench.set("address_i", 2);
    bench.tick();
    assert_eq!(bench.get("data_o"), 0b11, "it was 0");
    bench.tick();
    assert_eq!(bench.get("data_o"), 0b01, "it was 2");
}
