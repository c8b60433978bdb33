//! RWKV's weighted key values, in the numerically safe form, per channel:
//!
//! ```text
//! n = max(o, u + k);  A = e^(o−n);  B = e^(u+k−n);   wkv = (A p + B v) / (A q + B)
//! n = max(w + o, k);  A = e^(w+o−n);  B = e^(k−n);   p = A p + B v;  q = A q + B;  o = n
//! ```

use super::super::LowerError;
use super::super::factor::exp2;
use super::super::pool::Area;
use super::composer::Composer;
use super::draft::Draft;
use super::elementwise::TABLE_FRACTION;
use super::value::{At, Value, Vector};
use crate::isa::{Function, Join, Multiply, Restart, RestartAt};
use std::rc::Rc;
use weights::numeric::pass::FunctionTable;

/// The range of an exponential's argument: −8..0; beyond it is zero.
const REACH: i64 = 8;

/// One recurrence under way: its width and the fractions of its exponents, p, and q.
struct Wkv {
    width: usize,
    name: String,
    exponential: Function,
    exponent_fraction: i64,
    p_fraction: i64,
    q_fraction: i64,
    value_fraction: i64,
    state: [At; 3],
}

impl<'n> Composer<'n> {
    /// The fraction bits that exponents have room for, of keys that are at most `bound`.
    pub(super) fn exponent_fraction(&self, bound: f64, bonus: &[f32]) -> i64 {
        let largest = bonus.iter().fold(0f64, |largest, &u| largest.max(f64::from(u).abs()));
        let room = i64::from(self.machine.value_width) - 2;
        (room - (bound + largest).log2().ceil() as i64).max(1)
    }

    pub(super) fn wkv(
        &mut self,
        key: &str,
        value: &str,
        decay: &[f32],
        bonus: &[f32],
    ) -> Result<Value<'n>, LowerError> {
        let (k, v) = (self.vector(key)?, self.vector(value)?);
        let name = self.operation().output().to_owned();
        let words = k.layout.width / self.elements();
        let limit = i64::from(self.machine.value_width);
        let decays: Vec<f64> = decay.iter().map(|&w| -f64::from(w)).collect();
        let bonuses: Vec<f64> = bonus.iter().map(|&u| f64::from(u)).collect();
        let slowest = decays.iter().fold(f64::INFINITY, |least, w| least.min(-w)).max(1e-4);
        let sum = 1.0 / (1.0 - (-slowest).exp());
        // The exponents need a fine fraction: the slowest decay is small.
        let exponent_fraction = self.exponent_fraction(k.bound, bonus).min(k.fraction).max(1);
        let k = self.plain(&k, exponent_fraction)?;
        let v = self.plain(&v, limit)?;
        let q_fraction = self.fraction(sum.min(512.0) + 1.0).min(TABLE_FRACTION);
        let p_fraction = self.fraction(v.bound * sum.min(512.0)).min(v.fraction + 2);
        let p_fraction = p_fraction.min(v.fraction + q_fraction);
        let span = (REACH.ilog2()) + exponent_fraction as u32;
        let low = -(REACH << exponent_fraction);
        let one = exp2(-exponent_fraction);
        let table = FunctionTable::new("exp", (low, span), one, q_fraction as u32, |x| {
            if x <= -(REACH as f64) { 0.0 } else { x.exp() }
        });
        let table =
            table.map_err(|error| self.refuse(error.to_string(), "lower machine.value_width"))?;
        let exponential = self.table(table)?;
        let state =
            ["p", "q", "o"].map(|part| self.state(&format!("{name}: {part}"), words, false));
        let wkv = Wkv {
            width: k.layout.width,
            name: name.clone(),
            exponential,
            exponent_fraction,
            p_fraction,
            q_fraction,
            value_fraction: v.fraction,
            state,
        };
        let named = |what: &str| format!("{name}: {what}");
        let (u, u_fraction) =
            self.real_constant(&named("bonus"), &bonuses, &k.layout, exponent_fraction);
        let (w, w_fraction) =
            self.real_constant(&named("decay"), &decays, &k.layout, exponent_fraction);
        if u_fraction != exponent_fraction || w_fraction != exponent_fraction {
            return Err(self.refuse(
                "its decay or bonus is beyond the range of its keys",
                "raise machine.value_width",
            ));
        }
        let output = self.wkv_output(&wkv, &k, &v, u)?;
        self.wkv_update(&wkv, &k, &v, w)?;
        Ok(Value::Vector(Rc::new(output)))
    }

    fn wkv_pass(&mut self, wkv: &Wkv, draft: Draft, what: &str) -> Result<(), LowerError> {
        self.pass(draft, format!("{}: {what}", wkv.name))
    }

    /// e^(exponent − n) to T; `first` says whether the exponent is o, the lowest there is at first.
    fn wkv_exponential(
        &mut self,
        wkv: &Wkv,
        (exponent, n): (At, At),
        first: bool,
        what: &str,
    ) -> Result<(At, Area), LowerError> {
        let (at, area) = self.scratch(wkv.width / self.elements());
        let draft = Draft::over(wkv.width).a(exponent).b(n).join(Join::Subtract, 0);
        let draft = draft.function(wkv.exponential).to(at);
        let lowest = if first { Restart::Lowest } else { Restart::Keep };
        let draft = draft.restart([lowest, Restart::Keep, Restart::Keep], RestartAt::Text);
        self.wkv_pass(wkv, draft, what)?;
        Ok((at, area))
    }

    /// A · p + B · v and A · q + B, to `to`.
    fn wkv_sums(
        &mut self,
        wkv: &Wkv,
        v: &Vector,
        (a, b): (At, At),
        to: [At; 2],
    ) -> Result<(), LowerError> {
        let (part, area) = self.scratch(wkv.width / self.elements());
        let [p, q, _] = wkv.state;
        let zero = [Restart::Zero, Restart::Keep, Restart::Keep];
        let scaled = |state: At| {
            let draft = Draft::over(wkv.width).a(state).b(a);
            let draft = draft.join(Join::Multiply, wkv.q_fraction).to(part);
            draft.restart(zero, RestartAt::Text)
        };
        self.wkv_pass(wkv, scaled(p), "A p")?;
        let shift = wkv.value_fraction + wkv.q_fraction - wkv.p_fraction;
        let draft = Draft::over(wkv.width).a(v.at).b(part).c(b);
        let draft = draft.join(Join::MultiplyAdd, shift).to(to[0]);
        self.wkv_pass(wkv, draft, "A p + B v")?;
        self.wkv_pass(wkv, scaled(q), "A q")?;
        let draft = Draft::over(wkv.width).a(part).b(b).join(Join::Add, 0).to(to[1]);
        self.wkv_pass(wkv, draft, "A q + B")?;
        drop(area);
        Ok(())
    }

    fn wkv_output(
        &mut self,
        wkv: &Wkv,
        k: &Vector,
        v: &Vector,
        u: At,
    ) -> Result<Vector, LowerError> {
        let words = wkv.width / self.elements();
        let o = wkv.state[2];
        let (raised, raised_area) = self.scratch(words);
        let draft = Draft::over(wkv.width).a(k.at).b(u).join(Join::Add, 0).to(raised);
        self.wkv_pass(wkv, draft, "u + k")?;
        let (n, n_area) = self.scratch(words);
        let draft = Draft::over(wkv.width).a(o).b(raised).join(Join::Maximum, 0).to(n);
        let lowest = [Restart::Lowest, Restart::Keep, Restart::Keep];
        self.wkv_pass(wkv, draft.restart(lowest, RestartAt::Text), "n = max(o, u + k)")?;
        let a = self.wkv_exponential(wkv, (o, n), true, "A")?;
        let b = self.wkv_exponential(wkv, (raised, n), false, "B")?;
        drop((raised_area, n_area));
        let (numerator, numerator_area) = self.scratch(words);
        let (denominator, denominator_area) = self.scratch(words);
        self.wkv_sums(wkv, v, (a.0, b.0), [numerator, denominator])?;
        drop((a, b));
        let bound = v.bound;
        let most = 16 + wkv.p_fraction - wkv.q_fraction;
        let fraction = self.fraction(bound).min(most);
        let result = self.output(k, fraction, bound);
        let draft = Draft::over(wkv.width).a(denominator).b(numerator);
        let draft = draft.function(Function::Reciprocal);
        let draft = draft.multiply(Multiply::B, most - fraction).to(result.at);
        self.wkv_pass(wkv, draft, "(A p + B v) / (A q + B)")?;
        drop((numerator_area, denominator_area));
        Ok(result)
    }

    fn wkv_update(&mut self, wkv: &Wkv, k: &Vector, v: &Vector, w: At) -> Result<(), LowerError> {
        debug_assert_eq!(k.fraction, wkv.exponent_fraction);
        let words = wkv.width / self.elements();
        let [p, q, o] = wkv.state;
        let (decayed, area) = self.scratch(words);
        let draft = Draft::over(wkv.width).a(o).b(w).join(Join::Add, 0).to(decayed);
        let lowest = [Restart::Lowest, Restart::Keep, Restart::Keep];
        self.wkv_pass(wkv, draft.restart(lowest, RestartAt::Text), "w + o")?;
        let draft = Draft::over(wkv.width).a(decayed).b(k.at).join(Join::Maximum, 0).to(o);
        self.wkv_pass(wkv, draft, "o = max(w + o, k)")?;
        let a = self.wkv_exponential(wkv, (decayed, o), false, "A of the state")?;
        drop(area);
        let b = self.wkv_exponential(wkv, (k.at, o), false, "B of the state")?;
        self.wkv_sums(wkv, v, (a.0, b.0), [p, q])
    }
}
