//! A module as a block with typed ports.

use super::engine::Engine;
use super::value::Value;
use crate::language::simulation::Direction as Way;
use rust_hdl_core::prelude::{In, Logic, Out, Signal, Synth};

/// How a signal of a block and the port of its module exchange their values.
pub trait Exchange {
    /// Input or output.
    const WAY: Way;
    /// Its width.
    const WIDTH: usize;

    /// Hands an input on.
    fn give(&self, engine: &mut Engine, place: usize);

    /// Takes an output over.
    fn take(&mut self, engine: &Engine, place: usize);

    /// Says who drives it: the block its outputs, the parent its inputs.
    fn claim(&mut self);
}

impl<T: Value> Exchange for Signal<In, T> {
    const WAY: Way = Way::Input;
    const WIDTH: usize = <T as Synth>::BITS;

    fn give(&self, engine: &mut Engine, place: usize) {
        engine.set(place, &self.val().to_words());
    }

    fn take(&mut self, _engine: &Engine, _place: usize) {}

    fn claim(&mut self) {}
}

impl<T: Value> Exchange for Signal<Out, T> {
    const WAY: Way = Way::Output;
    const WIDTH: usize = <T as Synth>::BITS;

    fn give(&self, _engine: &mut Engine, _place: usize) {}

    fn take(&mut self, engine: &Engine, place: usize) {
        self.next = T::from_words(&engine.get(place));
    }

    fn claim(&mut self) {
        self.connect();
    }
}

/// Declares a block of a rust-hdl design with the ports of one of our modules.
///
/// Its `new` takes the module and a prefix for the names of its modules in Verilog, as
/// [`EmbeddedBlock::new`](crate::rust_hdl::EmbeddedBlock::new), and refuses ports that are not the
/// module's. A parent with `#[hdl_gen]` connects it as any other block.
///
/// ```
/// use hdl::blocks::array::ternary_dot::TernaryDot;
/// use hdl::rust_hdl::core::prelude::*;
/// use weights::config::Target;
///
/// hdl::rust_hdl_block! {
///     /// Four trits times four spikes.
///     pub struct Dot {
///         clk_i: In<Clock>,
///         high_i: In<Bits<4>>,
///         low_i: In<Bits<4>>,
///         active_i: In<Bits<4>>,
///         negative_i: In<Bits<4>>,
///         dot_o: Out<Signed<4>>,
///     }
/// }
/// let dot = |slots| Dot::new(&TernaryDot { slots, target: Target::Portable }.module(), "");
/// assert!(dot(4).is_ok() && dot(5).is_err());
/// ```
#[macro_export]
macro_rules! rust_hdl_block {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$port_meta:meta])* $port:ident: $way:ident<$type:ty>),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[allow(missing_docs, reason = "the ports are the module's")]
        $visibility struct $name {
            $($(#[$port_meta])* pub $port: $crate::rust_hdl::core::prelude::Signal<
                $crate::rust_hdl::core::prelude::$way, $type>,)+
            engine: $crate::rust_hdl::Engine,
            places: Vec<usize>,
        }

        impl $name {
            /// A block of a module that has exactly these ports.
            $visibility fn new(
                module: &std::sync::Arc<$crate::language::module::Module>,
                prefix: &str,
            ) -> Result<Self, $crate::rust_hdl::EmbedError> {
                use $crate::rust_hdl::core::prelude::*;
                let engine = $crate::rust_hdl::Engine::new(module, prefix)?;
                let places = engine.places(&[$((
                    stringify!($port),
                    <Signal<$way, $type> as $crate::rust_hdl::Exchange>::WAY,
                    <Signal<$way, $type> as $crate::rust_hdl::Exchange>::WIDTH,
                )),+])?;
                Ok($name { $($port: Signal::default(),)+ engine, places })
            }
        }

        impl $crate::rust_hdl::core::prelude::Logic for $name {
            fn update(&mut self) {
                use $crate::rust_hdl::Exchange;
                let mut places = self.places.iter();
                $(if let Some(&place) = places.next() { self.$port.give(&mut self.engine, place); })+
                self.engine.step();
                let mut places = self.places.iter();
                $(if let Some(&place) = places.next() { self.$port.take(&self.engine, place); })+
            }

            fn connect(&mut self) {
                $($crate::rust_hdl::Exchange::claim(&mut self.$port);)+
            }

            fn hdl(&self) -> $crate::rust_hdl::core::prelude::Verilog {
                self.engine.hdl()
            }
        }

        impl $crate::rust_hdl::core::prelude::Block for $name {
            fn connect_all(&mut self) {
                $crate::rust_hdl::core::prelude::Logic::connect(self);
            }

            fn update_all(&mut self) {
                $crate::rust_hdl::core::prelude::Logic::update(self);
                $($crate::rust_hdl::core::prelude::Block::update_all(&mut self.$port);)+
            }

            fn has_changed(&self) -> bool {
                [$($crate::rust_hdl::core::prelude::Block::has_changed(&self.$port)),+].contains(&true)
            }

            fn accept(&self, name: &str, probe: &mut dyn $crate::rust_hdl::core::prelude::Probe) {
                probe.visit_start_scope(name, self);
                $($crate::rust_hdl::core::prelude::Block::accept(&self.$port, stringify!($port), probe);)+
                probe.visit_end_scope(name, self);
            }
        }
    };
}
