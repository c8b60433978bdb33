//! Room in a memory, taken by values while they live.
//!
//! The lowest free words are taken first.

use std::cell::RefCell;
use std::rc::Rc;

/// One memory; lends areas, lowest address first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    state: Rc<RefCell<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The areas in use: first word and words, sorted.
    taken: Vec<(u32, u32)>,
    /// Words that were ever in use.
    depth: u32,
    /// The areas that are free once the pool no longer holds, where it does.
    held: Option<Vec<u32>>,
}

impl State {
    /// An area is given back.
    fn free(&mut self, first: u32) {
        self.taken.retain(|&(start, _)| start != first);
    }
}

/// Words that belong to whoever holds this; they are free again when the last clone is gone.
#[derive(Clone, Debug)]
pub(super) struct Area {
    held: Rc<Held>,
}

#[derive(Debug)]
struct Held {
    first: u32,
    words: u32,
    state: Rc<RefCell<State>>,
}

impl Pool {
    /// Takes the lowest free `words` words in a row.
    pub(super) fn take(&self, words: usize) -> Area {
        let words = words.max(1) as u32;
        let mut state = self.state.borrow_mut();
        let mut first = 0;
        let mut place = 0;
        for &(start, length) in &state.taken {
            if start - first >= words {
                break;
            }
            first = start + length;
            place += 1;
        }
        state.taken.insert(place, (first, words));
        state.depth = state.depth.max(first + words);
        Area { held: Rc::new(Held { first, words, state: Rc::clone(&self.state) }) }
    }

    /// Takes `words` words in a row that nobody has ever held: what lives from one turn of a loop to a
    /// later loop must not lie where an earlier instruction of the turn writes.
    pub(super) fn take_unused(&self, words: usize) -> Area {
        let mut state = self.state.borrow_mut();
        let (first, words) = (state.depth, words.max(1) as u32);
        state.taken.push((first, words));
        state.depth = first + words;
        Area { held: Rc::new(Held { first, words, state: Rc::clone(&self.state) }) }
    }

    /// Keeps what is given back from now on, until it is released.
    pub(super) fn hold(&self) {
        self.state.borrow_mut().held.get_or_insert_default();
    }

    /// Gives back what was kept.
    pub(super) fn release(&self) {
        let mut state = self.state.borrow_mut();
        state.held.take().unwrap_or_default().into_iter().for_each(|first| state.free(first));
    }

    /// Words that the memory needs.
    pub(super) fn depth(&self) -> u32 {
        self.state.borrow().depth
    }
}

impl Area {
    /// The first word.
    pub(super) fn first(&self) -> u32 {
        self.held.first
    }

    /// The words.
    pub(super) fn words(&self) -> u32 {
        self.held.words
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        match &mut state.held {
            Some(held) => held.push(self.first),
            None => state.free(self.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_stays_until_it_is_released() {
        let pool = Pool::default();
        let early = pool.take(2);
        pool.hold();
        drop(early);
        let late = pool.take(3);
        assert_eq!(late.first(), 2);
        drop(late);
        assert_eq!(pool.take(1).first(), 5);
        pool.release();
        assert_eq!(pool.take(6).first(), 0);
    }

    #[test]
    fn areas_fill_the_lowest_gap() {
        let pool = Pool::default();
        let (a, b, c) = (pool.take(3), pool.take(2), pool.take(4));
        assert_eq!((a.first(), b.first(), c.first(), c.words()), (0, 3, 5, 4));
        let copy = b.clone();
        drop(b);
        assert_eq!(pool.take(2).first(), 9);
        drop(copy);
        assert_eq!(pool.take(2).first(), 3);
        assert_eq!(pool.take(3).first(), 9);
        assert_eq!(pool.depth(), 12);
        drop((a, c));
        assert_eq!(pool.take(12).first(), 0);
    }
}
