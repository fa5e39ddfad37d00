//! What a program prints, as far as it is kept: its first line, and its end.

/// How much of the end is kept, in bytes.
pub(super) const TAIL: usize = 64 << 10;
/// A first line is cut there.
const FIRST: usize = 4 << 10;

/// Text that a program printed, fed piece by piece.
#[derive(Debug, Default)]
pub(super) struct Output {
    first: Vec<u8>,
    first_is_whole: bool,
    end: Vec<u8>,
    wanted: Option<Vec<u8>>,
    seen: bool,
}

impl Output {
    /// Takes the next bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if !self.first_is_whole {
            let line = bytes
                .split(|&byte| byte == b'\n')
                .next()
                .unwrap_or_default();
            let room = FIRST - self.first.len();
            self.first.extend(line.iter().take(room));
            self.first_is_whole = line.len() < bytes.len() || self.first.len() == FIRST;
        }
        let before = self.end.len();
        self.end.extend(bytes);
        if let Some(wanted) = &self.wanted {
            // It may have begun in what was there.
            let from = before.saturating_sub(wanted.len());
            self.seen |= contains(&self.end[from..], wanted);
        }
        if self.end.len() > 2 * TAIL {
            self.end.drain(..self.end.len() - TAIL);
        }
    }

    /// The first line, without its end; of a program that has `ended`, also one that never got an end.
    pub(super) fn first_line(&self, ended: bool) -> Option<String> {
        let there = self.first_is_whole || (ended && !self.first.is_empty());
        there.then(|| String::from_utf8_lossy(&self.first).trim_end().to_owned())
    }

    /// From now on looks for a text, in what is still kept too.
    pub(super) fn look_for(&mut self, text: &str) {
        self.seen = contains(&self.end, text.as_bytes());
        self.wanted = Some(text.as_bytes().to_vec());
    }

    /// Whether the text was printed.
    pub(super) fn seen(&self) -> bool {
        self.seen
    }

    /// The last [`TAIL`] bytes.
    pub(super) fn tail(&self) -> String {
        let from = self.end.len().saturating_sub(TAIL);
        String::from_utf8_lossy(&self.end[from..]).into_owned()
    }

    /// The last lines, on one line of at most 400 characters: what an error quotes.
    pub(super) fn last_words(&self) -> String {
        last_words(&self.tail())
    }
}

/// The last lines of a text, on one line of at most 400 characters.
pub(super) fn last_words(text: &str) -> String {
    let mut words = String::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.rev() {
        if !words.is_empty() && words.chars().count() + line.chars().count() > 400 {
            break;
        }
        words = if words.is_empty() {
            line.chars().take(400).collect()
        } else {
            format!("{line} {words}")
        };
    }
    words
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_whole_or_nothing() {
        let mut output = Output::default();
        output.add(b"rea");
        assert_eq!(output.first_line(false), None);
        assert_eq!(output.first_line(true).as_deref(), Some("rea"));
        output.add(b"dy\r\nmore");
        assert_eq!(output.first_line(false).as_deref(), Some("ready"));
        let mut endless = Output::default();
        (0..100).for_each(|_| endless.add(&[b'x'; 1000]));
        assert_eq!(endless.first_line(false).unwrap().len(), FIRST);
    }

    #[test]
    fn only_the_end_is_kept_and_a_text_is_found_in_any_pieces() {
        let mut output = Output::default();
        output.add(b"is rea");
        output.look_for("ready to");
        assert!(!output.seen());
        output.add(b"dy to accept");
        assert!(output.seen());
        for number in 0..100_000 {
            output.add(format!("line {number}\n").as_bytes());
        }
        assert!(output.tail().len() <= TAIL);
        assert!(output.tail().ends_with("line 99999\n"));
        assert!(output.seen());
        let words = output.last_words();
        assert!(
            words.ends_with("line 99998 line 99999") && words.len() <= 400,
            "{words}"
        );
        assert_eq!(last_words(&"y".repeat(1000)).len(), 400);
        output.look_for("never said");
        assert!(!output.seen());
    }
}
