//! Memories: random writes and reads of every width against plain arrays.

use crate::bench::{Bench, pins};
use cosim::tools::Family;
use hdl::language::simulation::PortIndex;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Cycles of each test.
const CYCLES: usize = 6000;

/// Random contents of `words` words of `width` bits, as a Verilog literal, lowest word first.
fn contents(random: &mut ChaCha8Rng, words: usize, width: u32, pitch: usize) -> (Vec<u64>, String) {
    let values: Vec<u64> = (0..words).map(|_| random.random_range(0..1 << width)).collect();
    let digits: String = values.iter().rev().map(|value| format!("{value:0pitch$x}")).collect();
    (values, format!("{}'h{digits}", 4 * pitch * words))
}

#[test]
fn trellis_dpr16x4() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let (initial, literal) = contents(&mut random, 16, 4, 1);
    let kinds = ["WRE", "INV", "1", "0"];
    let instance = |(index, kind): (usize, &&str)| {
        format!(
            "TRELLIS_DPR16X4 #(.INITVAL({literal}), .WREMUX(\"{kind}\")) cell_{index} (.DI(d), \
             .WAD(w), .WRE(e), .WCK(clk_i), .RAD(r), .DO(y[{index} * 4 +: 4]));\n"
        )
    };
    let body: String = kinds.iter().enumerate().map(instance).collect();
    let inputs = [("d", 4), ("w", 4), ("e", 1), ("r", 4)];
    let cell = (Family::Ecp5, "TRELLIS_DPR16X4");
    let mut bench = Bench::new(cell, &inputs, &[("y", 16)], &body);
    let [d, w, e, r, y] = ["d", "w", "e", "r", "y"].map(|name| bench.port(name));
    let mut words = [(); 4].map(|()| initial.clone());
    for cycle in 0..CYCLES {
        let (data, to) = (random.random_range(0..16u64), random.random_range(0..16u64));
        let enable: bool = random.random();
        bench.set(d, data);
        bench.set(w, to);
        bench.set(e, u64::from(enable));
        bench.tick();
        for (words, kind) in words.iter_mut().zip(kinds) {
            let writes = match kind {
                "WRE" => enable,
                "INV" => !enable,
                kind => kind == "1",
            };
            if writes {
                words[to as usize] = data;
            }
        }
        let from = random.random_range(0..16);
        bench.set(r, from);
        bench.settle();
        for (index, words) in words.iter().enumerate() {
            let found = bench.get(y) >> (4 * index) & 15;
            assert_eq!(found, words[from as usize], "cycle {cycle}, {}", kinds[index]);
        }
    }
}

/// One way to use a DP16KD: widths, what a port reads while it writes, an output register or none.
#[derive(Clone, Copy, Debug)]
struct BlockRam {
    widths: [u32; 2],
    mode: &'static str,
    registered: bool,
}

const BLOCK_RAMS: [BlockRam; 9] = [
    BlockRam { widths: [1, 1], mode: "NORMAL", registered: false },
    BlockRam { widths: [2, 4], mode: "WRITETHROUGH", registered: false },
    BlockRam { widths: [4, 2], mode: "READBEFOREWRITE", registered: true },
    BlockRam { widths: [9, 9], mode: "NORMAL", registered: true },
    BlockRam { widths: [9, 18], mode: "READBEFOREWRITE", registered: false },
    BlockRam { widths: [18, 18], mode: "WRITETHROUGH", registered: false },
    BlockRam { widths: [18, 1], mode: "NORMAL", registered: false },
    BlockRam { widths: [36, 36], mode: "NORMAL", registered: false },
    BlockRam { widths: [36, 9], mode: "NORMAL", registered: true },
];

/// What a port is told in a cycle.
#[derive(Clone, Copy, Debug)]
struct Access {
    data: u64,
    at: u32,
    take: bool,
    write: bool,
    reset: bool,
    pass: bool,
}

/// A DP16KD as bytes of nine bits, and what its ports show: before and after the output register.
#[derive(Clone, Debug)]
struct Bytes {
    bytes: Vec<u64>,
    out: [u64; 2],
    late: [u64; 2],
}

impl Bytes {
    fn read(&self, width: u32, at: u32) -> u64 {
        let byte = (at >> 3) as usize;
        match width {
            1 | 2 | 4 => self.bytes[byte] >> (at & 7 & !(width - 1)) & ((1 << width) - 1),
            9 => self.bytes[byte],
            _ => {
                let count = width as usize / 9;
                let first = byte / count * count;
                (0..count).rev().fold(0, |all, next| all << 9 | self.bytes[first + next])
            }
        }
    }

    fn write(&mut self, width: u32, at: u32, data: u64) {
        let byte = (at >> 3) as usize;
        match width {
            1 | 2 | 4 => {
                let (low, ones) = (at & 7 & !(width - 1), (1u64 << width) - 1);
                self.bytes[byte] &= !(ones << low);
                self.bytes[byte] |= (data & ones) << low;
            }
            9 => self.bytes[byte] = data & 511,
            _ => {
                let count = width as usize / 9;
                let first = byte / count * count;
                for next in (0..count).filter(|next| at >> next & 1 == 1) {
                    self.bytes[first + next] = data >> (9 * next) & 511;
                }
            }
        }
    }

    fn step(&mut self, ram: BlockRam, accesses: [Access; 2]) {
        let pairs = ram.widths[0] == 36;
        for (port, access) in accesses.into_iter().enumerate() {
            let width = ram.widths[port];
            if access.pass {
                self.late[port] = if access.reset { 0 } else { self.out[port] };
            }
            let writes = access.take && access.write && !(pairs && port == 1);
            let old = self.read(width, access.at);
            if writes {
                let upper = if pairs { accesses[1].data << 18 } else { 0 };
                self.write(width, access.at, access.data | upper);
            }
            let shown = match (writes, ram.mode) {
                (false, _) | (true, "READBEFOREWRITE") => Some(old),
                (true, "WRITETHROUGH") => Some(self.read(width, access.at)),
                (true, _) => None,
            };
            match shown {
                _ if access.reset => self.out[port] = 0,
                Some(value) if access.take => self.out[port] = value,
                _ => {}
            }
        }
    }
}

fn block_ram_instance(index: usize, ram: BlockRam, initial: &[(usize, String)]) -> String {
    let BlockRam { widths: [a, b], mode, registered } = ram;
    let register = if registered { "OUTREG" } else { "NOREG" };
    let contents: String =
        initial.iter().map(|(row, literal)| format!(".INITVAL_{row:02X}({literal}), ")).collect();
    format!(
        "DP16KD #({contents}.DATA_WIDTH_A({a}), .DATA_WIDTH_B({b}), .WRITEMODE_A(\"{mode}\"), \
         .WRITEMODE_B(\"{mode}\"), .REGMODE_A(\"{register}\"), .REGMODE_B(\"{register}\")) \
         cell_{index} ({}, {}, {}, {}, {}, {}, .CEA(c[0]), .OCEA(c[1]), .WEA(c[2]), .RSTA(c[3]), \
         .CEB(c[4]), .OCEB(c[5]), .WEB(c[6]), .RSTB(c[7]), .CLKA(clk_i), .CLKB(clk_i), {}, {});\n",
        pins("DIA", 18, "da"),
        pins("DIB", 18, "db"),
        pins("ADA", 14, "aa"),
        pins("ADB", 14, "ab"),
        pins("DOA", 18, &format!("ya{index}")),
        pins("DOB", 18, &format!("yb{index}")),
        pins("CSA", 3, "zero"),
        pins("CSB", 3, "zero"),
    )
}

#[test]
fn dp16kd() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    // The first and the last row of 16 words begin with something.
    let mut memory = Bytes { bytes: vec![0; 2048], out: [0; 2], late: [0; 2] };
    let mut initial = vec![];
    for row in [0, 0x3f] {
        let (words, literal) = contents(&mut random, 16, 18, 5);
        for (index, word) in words.into_iter().enumerate() {
            let byte = 2 * (16 * row + index);
            (memory.bytes[byte], memory.bytes[byte + 1]) = (word & 511, word >> 9);
        }
        initial.push((row, literal));
    }
    let mut body = "wire [2:0] zero = 3'd0;\n".to_owned();
    let (mut outputs, mut names) = (vec![], vec![]);
    for (index, ram) in BLOCK_RAMS.into_iter().enumerate() {
        body.push_str(&block_ram_instance(index, ram, &initial));
        names.push([format!("ya{index}"), format!("yb{index}")]);
    }
    names.iter().flatten().for_each(|name| outputs.push((name.as_str(), 18)));
    let inputs = [("da", 18), ("db", 18), ("aa", 14), ("ab", 14), ("c", 8)];
    let mut bench = Bench::new((Family::Ecp5, "DP16KD"), &inputs, &outputs, &body);
    let ports = ["da", "db", "aa", "ab", "c"].map(|name| bench.port(name));
    let shown: Vec<[PortIndex; 2]> =
        names.iter().map(|pair| [bench.port(&pair[0]), bench.port(&pair[1])]).collect();
    let mut memories = vec![memory; BLOCK_RAMS.len()];
    for cycle in 0..CYCLES {
        let accesses = draw(&mut random);
        let mut control = 0;
        for (port, access) in accesses.iter().enumerate() {
            bench.set(ports[port], access.data);
            bench.set(ports[2 + port], access.at.into());
            let bits = [access.take, access.pass, access.write, access.reset];
            for (bit, value) in bits.into_iter().enumerate() {
                control |= u64::from(value) << (4 * port + bit);
            }
        }
        bench.set(ports[4], control);
        bench.tick();
        for (index, (ram, memory)) in BLOCK_RAMS.into_iter().zip(&mut memories).enumerate() {
            memory.step(ram, accesses);
            let values = if ram.registered { memory.late } else { memory.out };
            let expected = match ram.widths {
                [36, 36] => [Some(values[1] & 0x3ffff), Some(values[1] >> 18)],
                [36, _] => [None, Some(values[1])],
                _ => values.map(Some),
            };
            for (port, expected) in expected.into_iter().enumerate() {
                let Some(expected) = expected else { continue };
                let found = bench.get(shown[index][port]);
                assert_eq!(found, expected, "cycle {cycle}, {ram:?}, port {port}, {accesses:?}");
            }
        }
    }
}

/// Accesses of both ports to the first and the last words, never both to one pair of words.
fn draw(random: &mut ChaCha8Rng) -> [Access; 2] {
    let mut draw = || {
        let far = random.random_range(0..4) == 0;
        let reset = random.random_range(0..12) == 0;
        Access {
            data: random.random_range(0..1 << 18),
            at: random.random_range(0..0x200) | if far { 0x3e00 } else { 0 },
            take: random.random_range(0..4) > 0,
            write: random.random::<bool>() && !reset,
            reset,
            pass: random.random_range(0..4) > 0,
        }
    };
    let a = draw();
    loop {
        let b = draw();
        if a.at >> 5 != b.at >> 5 {
            return [a, b];
        }
    }
}

/// A word that is read while it is written is neither the old nor the new one.
#[test]
fn dp16kd_shows_a_clash() {
    let ram = BlockRam { widths: [18, 18], mode: "NORMAL", registered: false };
    let body = "wire [2:0] zero = 3'd0;\n".to_owned() + &block_ram_instance(0, ram, &[]);
    let inputs = [("da", 18), ("db", 18), ("aa", 14), ("ab", 14), ("c", 8)];
    let outputs = [("ya0", 18), ("yb0", 18)];
    let mut bench = Bench::new((Family::Ecp5, "DP16KD"), &inputs, &outputs, &body);
    for (port, value) in [("da", 0x2a5a5), ("aa", 0x53), ("ab", 0x53), ("c", 0b0001_0101)] {
        let port = bench.port(port);
        bench.set(port, value);
    }
    bench.tick();
    assert_eq!(bench.get(bench.port("yb0")), 0x3ffff);
}

/// The data pins of a width, by the mode that has it: the first, and how far apart they are.
const PINS: [(usize, usize); 4] = [(0, 1), (0, 2), (1, 4), (3, 8)];

#[test]
fn sb_ram40_4k() {
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let (initial, literal) = contents(&mut random, 16, 16, 4);
    let (mut body, mut outputs) = (String::new(), vec![]);
    let modes: Vec<(usize, usize)> =
        (0..4).flat_map(|write| (0..4).map(move |read| (write, read))).collect();
    let names: Vec<String> = (0..modes.len()).map(|index| format!("y{index}")).collect();
    for ((write, read), name) in modes.iter().zip(&names) {
        outputs.push((name.as_str(), 16));
        body.push_str(&format!(
            "SB_RAM40_4K #(.WRITE_MODE({write}), .READ_MODE({read}), .INIT_0({literal})) \
             cell_{name} (.RDATA({name}), .RCLK(clk_i), .RCLKE(c[0]), .RE(c[1]), .RADDR(r), \
             .WCLK(clk_i), .WCLKE(c[2]), .WE(c[3]), .WADDR(w), .MASK(m), .WDATA(d));\n"
        ));
    }
    let inputs = [("r", 11), ("w", 11), ("m", 16), ("d", 16), ("c", 4)];
    let mut bench = Bench::new((Family::Ice40, "SB_RAM40_4K"), &inputs, &outputs, &body);
    let ports = ["r", "w", "m", "d", "c"].map(|name| bench.port(name));
    let mut words = vec![0u64; 256];
    words[..16].copy_from_slice(&initial);
    let mut memories: Vec<(Vec<u64>, u64)> = vec![(words, 0); modes.len()];
    for cycle in 0..CYCLES {
        let (r, mut w) = (random.random_range(0..1 << 11), random.random_range(0..1 << 11));
        // Few words, never one word twice.
        let (r, keep) = (r & 0x70f, random.random_range(0..1 << 16));
        w = if w & 0xf == r & 0xf { (w ^ 1) & 0x70f } else { w & 0x70f };
        let (data, control) = (random.random_range(0..1u64 << 16), random.random_range(0..16u64));
        for (port, value) in ports.into_iter().zip([r, w, keep, data, control]) {
            bench.set(port, value);
        }
        bench.tick();
        for (index, &(write_mode, read_mode)) in modes.iter().enumerate() {
            let (words, shown) = &mut memories[index];
            if control & 3 == 3 {
                let (first, apart) = PINS[read_mode];
                let word = words[r as usize & 255] >> (r >> 8 & (apart as u64 - 1));
                *shown = (0..16 / apart)
                    .map(|bit| (word >> (bit * apart) & 1) << (first + bit * apart))
                    .sum();
            }
            if control >> 2 == 3 {
                let (first, apart) = PINS[write_mode];
                for bit in 0..16 / apart {
                    let place = bit * apart + (w >> 8) as usize % apart;
                    let value = data >> (first + bit * apart) & 1;
                    if write_mode > 0 || keep >> place & 1 == 0 {
                        let word = &mut words[w as usize & 255];
                        *word = *word & !(1 << place) | value << place;
                    }
                }
            }
            let found = bench.get(bench.port(&names[index]));
            assert_eq!(found, *shown, "cycle {cycle}, modes {:?}", modes[index]);
        }
    }
}

#[test]
fn sb_spram256ka() {
    let body = "SB_SPRAM256KA cell_0 (.ADDRESS(a), .DATAIN(d), .MASKWREN(m), .WREN(c[0]), \
                .CHIPSELECT(c[1]), .CLOCK(clk_i), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), \
                .DATAOUT(y));\n";
    let inputs = [("a", 14), ("d", 16), ("m", 4), ("c", 2)];
    let cell = (Family::Ice40, "SB_SPRAM256KA");
    let mut bench = Bench::new(cell, &inputs, &[("y", 16)], body);
    let [a, d, m, c, y] = ["a", "d", "m", "c", "y"].map(|name| bench.port(name));
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut words, mut shown) = (vec![0u64; 1 << 14], None);
    for cycle in 0..CYCLES {
        let at = random.random_range(0..16) * 0x401;
        let (data, mask, control) = (
            random.random_range(0..1 << 16),
            random.random_range(0..16u64),
            random.random_range(0..4),
        );
        for (port, value) in [(a, at), (d, data), (m, mask), (c, control)] {
            bench.set(port, value);
        }
        bench.tick();
        match control {
            2 => shown = Some(words[at as usize]),
            3 => {
                // What leaves after a write means nothing.
                shown = None;
                for digit in (0..4).filter(|digit| mask >> digit & 1 == 1) {
                    let word = &mut words[at as usize];
                    *word = *word & !(15 << (4 * digit)) | data & 15 << (4 * digit);
                }
            }
            _ => {}
        }
        assert!(shown.is_none_or(|value| bench.get(y) == value), "cycle {cycle}");
    }
}
