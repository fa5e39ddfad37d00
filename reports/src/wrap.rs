//! Text for a terminal: lines broken between words at its width, continued under where they began.

/// Adds `head`, then `body` broken at `width`; further lines are indented to the length of `head`.
pub fn hang(text: &mut String, head: &str, body: &str, width: usize) {
    let indent = head.chars().count();
    text.push_str(head);
    let mut column = indent;
    for (number, word) in body.split_whitespace().enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > width {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if number > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    while text.ends_with(' ') {
        text.pop();
    }
    text.push('\n');
}

/// Breaks the lines that are wider than `width`; what follows is indented as they are. Tables were made for the width.
pub fn broken(lines: &str, width: usize) -> String {
    let mut text = String::new();
    for line in lines.lines() {
        if line.chars().count() <= width {
            text.extend([line, "\n"]);
        } else {
            let body = line.trim_start();
            let indent = line.chars().count() - body.chars().count();
            hang(&mut text, &" ".repeat(indent), body, width);
        }
    }
    text
}

/// One line of at most `width` characters: what is longer ends in `…`.
pub fn clipped(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let kept: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_continue_under_their_beginning() {
        let mut text = String::new();
        hang(&mut text, "vfs  ", "a full copy of the image", 16);
        hang(&mut text, "zfs  ", "averyveryverylongword x", 16);
        hang(&mut text, "none ", "", 16);
        assert_eq!(
            text,
            "vfs  a full copy\n     of the\n     image\nzfs  averyveryverylongword\n     x\nnone\n"
        );
    }

    #[test]
    fn what_is_too_long_says_so() {
        assert_eq!(clipped("as it is", 8), "as it is");
        assert_eq!(clipped("as it was", 6), "as it…");
    }
}
