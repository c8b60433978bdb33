//! The token loop: tokens in, predictions out, the position between.
//!
//! ```text
//!  token ─► (or own prediction) ─► start ─► program runs ─► finished ─► prediction ─► out
//!                  ▲                                            │
//!                  └───────────── feed back ◄───────────────────┘
//! ```
//!
//! A token that asks for nothing only fills keys and values. One that asks is answered by
//! `generate_count_i` predictions: each but the last is fed back as the next token. The end
//! token, or a full context, ends the answer early. The last prediction of an answer is not fed
//! back: a host that goes on sends it as its next token.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Bits of a token id, and of a position.
pub const TOKEN_WIDTH: u32 = 16;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct TokenLoop {
    /// Positions of a text; 0 for texts without an end, whose positions stay at the last one.
    pub context: u32,
    /// Token ids.
    pub vocabulary: u32,
}

/// The settings of the host.
struct Settings<'m> {
    run: Signal<'m>,
    clear: Signal<'m>,
    generate_count: Signal<'m>,
    end_token: Signal<'m>,
    end_enable: Signal<'m>,
}

impl TokenLoop {
    /// The module `token_loop`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "token_loop",
            file!(),
            "tokens in, predictions out, the position between.\n\n\
             Clearing abandons the token that is under way: what was issued is finished, nothing \
             is sent.",
        );
        let (bit, token_type) = (uint(1), uint(TOKEN_WIDTH));
        b.port_group("Settings; stable while a token is under way.");
        let settings = Settings {
            run: b.input("run_i", bit, "take tokens"),
            clear: b.input("clear_i", bit, "begin a new text"),
            generate_count: b.input("generate_count_i", token_type, "predictions of an answer"),
            end_token: b.input("end_token_i", token_type, "the token that ends an answer"),
            end_enable: b.input("end_token_enable_i", bit, "there is such a token"),
        };
        b.port_group("Token.");
        let valid = b.input("token_valid_i", bit, "a token is there");
        let token = b.input("token_i", token_type, "its id");
        let beyond = b.input("token_beyond_i", bit, "it has more bits than that");
        let asked = b.input("token_asked_i", bit, "its prediction is asked for");
        b.port_group("Prediction, flow control.");
        let ready = b.input("prediction_ready_i", bit, "the prediction is taken");
        b.port_group("Sequencer and matrix unit.");
        let finished = b.input("finished_i", bit, "the program has run");
        let prediction = b.input("prediction_i", token_type, "what follows, as the logits say");

        b.section("Wires that lead back.");
        let forward = |name: &str| b.forward(name, bit);
        let (accepted, again, leaves) = (forward("accepted"), forward("again"), forward("leaves"));
        let (answers, begins) = (forward("answers"), forward("begins_text"));

        b.section("State: a token is under way; it is done and waits to be answered.");
        let busy = b.register_reset("busy_q", bit, 0);
        let busy = busy.when(accepted | again, b.flag(true)).when(leaves, b.flag(false)).signal();
        let answering = b.register_reset("answering_q", bit, 0);
        let done = b.wire("done", busy & (finished | answering.signal()));
        answering.when(leaves, b.flag(false)).when(done, b.flag(true));
        let stopping = b.register_reset("stopping_q", bit, 0);
        let stop = b.wire("stop", settings.clear | stopping.signal());
        stopping.when(leaves, b.flag(false)).when(settings.clear & busy, b.flag(true));

        b.section("Position.");
        let position = b.register_reset("position_q", token_type, 0);
        let endless = self.context == 0;
        let (last, meaning) = match self.context {
            0 => ((1 << TOKEN_WIDTH) - 1, "positions beyond are not told apart"),
            context => (i128::from(context) - 1, "positions of a text - 1"),
        };
        let last = b.constant("LAST_POSITION", last, token_type, meaning);
        let at_end = b.wire("at_end", position.signal().eq(last));
        let moves = if endless { leaves & !at_end } else { leaves };
        position.when(begins, position.signal().same(0)).when(moves, position.signal() + 1);
        let full = if endless {
            b.flag(false)
        } else {
            let full = b.register_reset("full_q", bit, 0);
            full.when(begins, b.flag(false)).when(leaves & at_end, b.flag(true)).signal()
        };

        b.section("A token is taken while none is under way.");
        let free = b.wire("free", settings.run & !settings.clear & !full & !busy);
        let taken = b.wire("taken", valid & free);
        let known = b.wire("known", !beyond & self.is_known(&b, token));
        b.assign(accepted, taken & known);
        let asked_q = b.delay("asked_q", accepted, asked);
        let token_q = b.register("token_q", token_type);
        let token_q = token_q.when(accepted, token).when(again, prediction).signal();

        b.section("An answer leaves as soon as the one before it has left.");
        let offered = b.register_reset("offered_q", bit, 0);
        let offered = offered.when(answers, b.flag(true)).when(ready, b.flag(false)).signal();
        b.assign(leaves, done & (stop | !(asked_q & offered)));
        b.assign(answers, leaves & asked_q & !stop);
        b.assign(begins, stop & (leaves | !busy));

        b.section("Generation.");
        let left = b.register("left_q", token_type);
        let count = settings.generate_count;
        left.when(accepted, count.is(0).select(count.same(0), count - 1))
            .when(again, left.signal() - 1);
        let is_end = b.wire("is_end", settings.end_enable & prediction.eq(settings.end_token));
        let is_last = left.signal().is(0) | is_end;
        let is_last = b.wire("is_last", if endless { is_last } else { is_last | at_end });
        b.assign(again, answers & !is_last);
        let answer = b.delay("prediction_q", answers, prediction);
        let answer_last = b.delay("prediction_last_q", answers, is_last);

        b.port_group("Token, flow control.");
        b.output("token_ready_o", free, "the token is taken");
        b.port_group("Prediction.");
        b.output("prediction_valid_o", offered, "a prediction is there");
        b.output("prediction_o", answer, "its id");
        b.output("prediction_last_o", answer_last, "last of its answer");
        b.port_group("To the sequencer and the units.");
        b.output("start_o", accepted | again, "run the program");
        b.output("stop_o", busy & stop, "issue nothing more");
        b.output("asked_o", asked_q, "a prediction is asked for");
        b.output("position_o", position.signal(), "position of the token");
        b.output("current_token_o", token_q, "its id");
        b.port_group("Status.");
        b.output("busy_o", busy, "a token is under way");
        b.output("context_full_o", full, "no position is left; clear to go on");
        b.output("bad_token_o", taken & !known, "a token beyond the vocabulary was dropped");
        b.output("begins_text_o", begins, "the text is forgotten");
        b.output("moved_o", leaves & !stop, "a token is done");

        b.properties();
        b.assume("finishes_what_runs", !finished | busy, "Only a program that runs finishes.");
        let (offer, data) = ((offered, ready), [answer, answer_last]);
        let meaning = "A prediction stays until it is taken.";
        b.kept(Claim::Asserted, "prediction_kept", offer, &data, meaning);
        let meaning = "No prediction overwrites one that was not taken.";
        b.assert_property("prediction_finds_room", !(answers & offered), meaning);
        let made = b.tally("made_q", 2, answers);
        let sent = b.tally("sent_q", 2, offered & ready);
        let meaning = "Predictions made are those taken and the one that waits.";
        b.assert_property("predictions_counted", (made - sent).eq(offered.extend(2)), meaning);
        let begun = b.tally("begun_q", 2, accepted | again);
        let ended = b.tally("ended_q", 2, leaves);
        let meaning = "Tokens begun are those done and the one under way.";
        b.assert_property("tokens_counted", (begun - ended).eq(busy.extend(2)), meaning);
        let meaning = "An answer that has not had its last prediction is under way.";
        let ends = b.register_reset("ends_q", bit, 1);
        let ends = ends.when(answers, is_last).when(begins, b.flag(true)).signal();
        b.assert_property("answer_ends", ends | (busy & asked_q), meaning);
        if !endless {
            let inside = full | position.signal().le(last);
            b.assert_property("position_in_text", inside, "A position is one of the text.");
            b.assert_property("full_is_idle", !(full & busy), "A full text runs no token.");
        }
        b.finish()
    }

    fn is_known<'m>(&self, b: &'m Builder, token: Signal<'m>) -> Signal<'m> {
        match self.vocabulary >> TOKEN_WIDTH {
            0 => token.lt(token.same(self.vocabulary.into())),
            _ => b.flag(true),
        }
    }
}
