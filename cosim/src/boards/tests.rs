use super::*;
use std::collections::BTreeSet;

fn edited(from: &str, to: &str) -> String {
    assert!(TABLE.contains(from), "no {from:?}");
    Board::parse(&TABLE.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn every_board_of_the_table_is_one() {
    let boards = Board::all().unwrap();
    assert!(boards.len() >= 5);
    let families: Vec<Family> = boards.iter().map(|board| board.facts.family).collect();
    for family in [Family::Ecp5, Family::Ice40, Family::Gowin] {
        assert!(families.contains(&family), "{family:?}");
    }
    let used = |file: &str| boards.iter().any(|board| board.facts.constraints == file);
    assert!(FILES.iter().all(|(file, _)| used(file)), "a constraint file of no board");
    assert_eq!(Board::find("ulx3s-85f").unwrap().facts.part, "LFE5U-85F-6BG381C");
}

#[test]
fn every_file_names_every_port_and_no_other() {
    for board in Board::all().unwrap() {
        let mut ports =
            BTreeSet::from(["clk_i", "serial_i", "serial_o", "button_i"].map(String::from));
        ports.extend(port_bits("leds_o", board.facts.leds.count));
        let found = constrained_ports(board.facts.family, board.constraints);
        assert_eq!(found, ports, "{}", board.name);
    }
}

#[test]
fn an_unknown_board_is_told_the_others() {
    let message = Board::find("ulx3s").unwrap_err().to_string();
    assert!(message.starts_with("there is no board `ulx3s`\n  = choose one of "), "{message}");
    assert!(message.contains("icebreaker") && message.contains("tang-nano-20k"), "{message}");
}

#[test]
fn what_is_wrong_in_the_table_is_named() {
    let message = edited("clock_mhz = 25", "clock_mhz = 0");
    assert!(message.contains("clock_mhz 0 is no oscillator\n  = choose 1..=200"), "{message}");
    let message = edited("count = 8", "count = 9");
    assert!(message.contains("leds has 9 lamps"), "{message}");
    let message = edited("pack = \"GW1N-9C\"\n", "");
    assert!(message.contains("board `tang-nano-9k`: pack is missing"), "{message}");
    let message = edited("constraints = \"ulx3s.lpf\"", "constraints = \"ulx4s.lpf\"");
    assert!(message.contains("`ulx4s.lpf` is no constraint file"), "{message}");
    let message = edited("design = \"ulx3s-85f\"", "design = \"haiku\"");
    assert!(message.contains("`haiku` is no design"), "{message}");
    let message = edited("family = \"ice40\"", "family = \"ice50\"");
    assert!(message.contains("line") && message.contains("ice50"), "{message}");
    let message = edited("part = \"iCE40UP5K-SG48\"", "prat = \"iCE40UP5K-SG48\"");
    assert!(message.contains("unknown field `prat`"), "{message}");
    let message = edited("[icebreaker]", "[ice breaker]");
    assert!(message.starts_with("boards.toml: TOML parse error at line"), "{message}");
    let message = edited("[icebreaker]", "[IceBreaker]");
    assert!(message.contains("name is no plain name"), "{message}");
}
