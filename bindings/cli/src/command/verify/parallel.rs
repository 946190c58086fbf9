//! The same work on many things, on all cores; the answers come out one by one, in the order of the things.
//!
//! ```text
//! things ──one at a time──> workers ──answers──> what came early waits ──in order──> say
//! ```
//! Whoever brings the answer that is due says it, and those behind it that are there: no thread only waits for
//! others. How much may wait is bounded, so that one slow thing at the front does not gather all others in memory.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a worker brings, as large as it is in memory.
pub(super) trait Answer {
    /// In bytes, about.
    fn size(&self) -> usize;
}

/// Works on every thing and says the answers in order. The first failure, in that order, ends it: what comes before
/// has been said, and nothing after it is.
pub(super) fn in_order<T: Sync, A: Answer + Send, F: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<A, F> + Sync,
    say: impl FnMut(A) + Send,
) -> Result<(), F> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    on(cores, things, work, say)
}

fn on<T: Sync, A: Answer + Send, F: Send>(
    workers: usize,
    things: &[T],
    work: impl Fn(&T) -> Result<A, F> + Sync,
    say: impl FnMut(A) + Send,
) -> Result<(), F> {
    let desk = Desk::new(say);
    let worker = || {
        let _bell = Bell(&desk);
        while let Some(place) = desk.take(things.len()) {
            let Some(thing) = things.get(place) else { break };
            desk.bring(place, work(thing));
        }
    };
    thread::scope(|scope| {
        // This thread is one of them, so that a single thing starts none.
        for _ in 1..workers.min(things.len()) {
            scope.spawn(worker);
        }
        worker();
    });
    let queue = desk.queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    match queue.end {
        Some(End::Failed(failure)) => Err(failure),
        Some(End::Panicked) | None => Ok(()),
    }
}

/// Where workers take things and bring answers.
struct Desk<A, F, S> {
    queue: Mutex<Queue<A, F, S>>,
    /// Told when there is room again for answers that come early, or nothing more to do.
    room: Condvar,
}

struct Queue<A, F, S> {
    /// How many things have been taken.
    taken: usize,
    /// The place of the answer to be said next.
    due: usize,
    /// The answers that came before their turn, by place, and their size.
    early: BTreeMap<usize, Result<A, F>>,
    held: usize,
    end: Option<End<F>>,
    say: S,
}

/// Why nothing more is taken.
enum End<F> {
    Failed(F),
    /// A worker is gone, and its answer with it; its panic goes on where the threads are joined.
    Panicked,
}

impl<A: Answer, F, S: FnMut(A)> Desk<A, F, S> {
    fn new(say: S) -> Self {
        let queue = Queue { taken: 0, due: 0, early: BTreeMap::new(), held: 0, end: None, say };
        Self { queue: Mutex::new(queue), room: Condvar::new() }
    }

    /// The place of the next thing to work on.
    fn take(&self, count: usize) -> Option<usize> {
        let mut queue = self.lock();
        while queue.end.is_none() && queue.taken < count && queue.is_full() {
            queue = self.room.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let place = queue.taken;
        queue.taken = place.saturating_add(1);
        (queue.end.is_none() && place < count).then_some(place)
    }

    /// Says the answer, and what waited for it, if it is its turn.
    fn bring(&self, place: usize, answer: Result<A, F>) {
        let mut queue = self.lock();
        queue.held = queue.held.saturating_add(size(&answer));
        queue.early.insert(place, answer);
        let was_full = queue.is_full();
        while queue.end.is_none() {
            let due = queue.due;
            let Some(answer) = queue.early.remove(&due) else { break };
            queue.due = due.saturating_add(1);
            queue.held = queue.held.saturating_sub(size(&answer));
            match answer {
                Ok(answer) => (queue.say)(answer),
                Err(failure) => queue.end = Some(End::Failed(failure)),
            }
        }
        if was_full || queue.end.is_some() {
            self.room.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<A, F, S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A, F, S> Queue<A, F, S> {
    fn is_full(&self) -> bool {
        self.held > MOST_HELD
    }
}

fn size<A: Answer, F>(answer: &Result<A, F>) -> usize {
    answer.as_ref().map_or(0, Answer::size)
}

/// Rings when a worker dies, so that the others do not wait for its answer.
struct Bell<'d, A: Answer, F, S: FnMut(A)>(&'d Desk<A, F, S>);

impl<A: Answer, F, S: FnMut(A)> Drop for Bell<'_, A, F, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().end = Some(End::Panicked);
            self.0.room.notify_all();
        }
    }
}

/// Thousands of answers of the usual size; a worker more may be at work on one beyond it.
const MOST_HELD: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Text(usize, usize);

    impl Answer for Text {
        fn size(&self) -> usize {
            self.1
        }
    }

    #[test]
    fn answers_come_in_the_order_of_the_things_though_the_first_is_done_last() {
        let things: Vec<usize> = (0..100).collect();
        let (sender, done) = mpsc::channel();
        let done = Mutex::new(done);
        let mut said = Vec::new();
        let work = |thing: &usize| {
            if *thing == 0 {
                let done = done.lock().unwrap();
                (1..100).for_each(|_| done.recv().unwrap());
            } else {
                sender.send(()).unwrap();
            }
            Ok::<_, ()>(Text(*thing, 1))
        };
        on(2, &things, work, |text| said.push(text.0)).unwrap();
        assert_eq!(said, things);
    }

    #[test]
    fn nothing_behind_the_first_failure_is_said() {
        for workers in [1, 4] {
            let things: Vec<usize> = (0..1000).collect();
            let mut said = Vec::new();
            let work = |thing: &usize| if *thing % 10 == 7 { Err(*thing) } else { Ok(Text(*thing, 1)) };
            assert_eq!(on(workers, &things, work, |text| said.push(text.0)), Err(7));
            assert_eq!(said, [0, 1, 2, 3, 4, 5, 6]);
        }
    }

    #[test]
    fn a_slow_thing_at_the_front_does_not_gather_the_others_in_memory() {
        let mut said = Vec::new();
        let desk = Desk::new(|text: Text| said.push(text.0));
        for place in 0..3 {
            assert_eq!(desk.take(10), Some(place));
        }
        desk.bring(1, Ok::<_, ()>(Text(1, MOST_HELD)));
        assert!(!desk.lock().is_full());
        desk.bring(2, Ok(Text(2, 1)));
        assert!(desk.lock().is_full(), "nobody takes a thing now");
        desk.bring(0, Ok(Text(0, 1)));
        assert_eq!(desk.take(10), Some(3));
        drop(desk);
        assert_eq!(said, [0, 1, 2]);
    }

    #[test]
    fn a_panic_is_passed_on_and_nobody_waits_for_its_answer() {
        let things: Vec<usize> = (0..100).collect();
        let work = |thing: &usize| {
            assert_ne!(*thing, 1, "on purpose");
            Ok::<_, ()>(Text(*thing, MOST_HELD + 1))
        };
        let ended = std::panic::catch_unwind(|| on(3, &things, work, |_| ()));
        assert!(ended.is_err());
    }
}
