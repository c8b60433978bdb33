//! Panics of the library, made errors.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// What the panic inside of [`contained`] said; `None` outside of it.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Calls `work`; a panic in it is an error with what it said, and prints nothing.
///
/// # Errors
/// The panic.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let is_inside = SAID.with_borrow_mut(|said| match said {
                Some(said) => {
                    let payload = panic.payload();
                    let text = payload.downcast_ref::<String>().map(String::as_str);
                    let text = text.or(payload.downcast_ref::<&str>().copied());
                    *said = text.unwrap_or("no message").to_owned();
                    true
                }
                None => false,
            });
            if !is_inside {
                before(panic);
            }
        }));
    });
    let outer = SAID.replace(Some(String::new()));
    // Whatever `work` left half done belongs to the library, and is not used after an error.
    let result = catch_unwind(AssertUnwindSafe(work));
    let said = SAID.replace(outer).unwrap_or_default();
    result.map_err(|_| format!("the tokenizer library gives up: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_an_error_and_one_outside_stays_a_panic() {
        assert_eq!(contained(|| 3), Ok(3));
        let inner = contained(|| contained(|| -> u8 { panic!("inside {}", 1) }));
        assert_eq!(inner, Ok(Err("the tokenizer library gives up: inside 1".to_owned())));
        assert!(contained(|| [0u8; 0][std::hint::black_box(1)]).is_err());
        assert!(catch_unwind(|| panic!("expected by this test")).is_err());
    }
}
