//! HTML of strangers: sanitizing it, and turning it into plain text.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use mail_parser::decoders::html::html_to_text;

use super::{CUT, HTML_BYTES_MAX, beginning};

/// Most tags of a message that is shown with its markup. A tree with thousands of open tags is slow to build.
const TAGS_MAX: usize = 20_000;
/// Most ampersands. Each may begin a character reference, and an invalid one is slow to parse.
const AMPERSANDS_MAX: usize = 50_000;
/// Most separators of attributes within a tag. Each attribute is compared with all before it.
const SEPARATORS_MAX: usize = 20_000;
/// The prefix of a picture's URL until it is moved out of `src`.
const HELD: &str = "kith-held:";

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .add_clean_content_tags(["title"])
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .url_schemes(["http", "https", "mailto", "tel"].into())
        // Relative links would lead to our own pages.
        .url_relative(UrlRelative::Deny)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => Some(Cow::Owned(format!("{HELD}{value}"))),
            _ => Some(Cow::Borrowed(value)),
        });
    cleaner
});

/// Sanitizes markup: removes scripts, styles and forms. None if the markup is too large to show.
///
/// The URL of a picture moves to `data-src`, so that nothing is fetched, and the sender not notified, until the reader
/// asks for it. A URL that is not of the web is removed.
pub fn clean(given: &str) -> Option<String> {
    if !is_bounded(given) {
        return None;
    }
    let clean = CLEANER.clean(&given.replace('\0', "")).to_string();
    // Quotes inside attributes are escaped, so this is either our own prefix or plain text.
    let clean = clean.replace(&format!(" src=\"{HELD}"), " data-src=\"");
    let clean = clean.trim();
    (!clean.is_empty() && clean.len() <= HTML_BYTES_MAX).then(|| clean.to_owned())
}

/// Whether markup can be sanitized in a short time, whatever it contains.
fn is_bounded(given: &str) -> bool {
    let count = |wanted: u8| given.bytes().filter(|byte| *byte == wanted).count();
    given.len() <= HTML_BYTES_MAX && count(b'<') <= TAGS_MAX && count(b'&') <= AMPERSANDS_MAX && !has_long_tag(given)
}

fn has_long_tag(given: &str) -> bool {
    given.split('<').skip(1).any(|tag| {
        let tag = tag.split('>').next().unwrap_or_default();
        tag.bytes().filter(|byte| byte.is_ascii_whitespace() || b"/='\"".contains(byte)).count() > SEPARATORS_MAX
    })
}

/// Turns markup into plain text, with a line per block.
pub fn readable(given: &str) -> String {
    let blocks = ["</div>", "</li>", "</tr>", "</h1>", "</h2>", "</h3>", "</h4>", "</blockquote>", "</pre>"];
    let (given, is_all) = beginning(given);
    let mut markup = clean(given).unwrap_or_else(|| given.to_owned());
    for block in blocks {
        markup = markup.replace(block, &format!("{block}<br>"));
    }
    let markup = markup.replace("</td>", "</td> ").replace("</th>", "</th> ");
    let text = html_to_text(&markup);
    let mut readable = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        // Layout leaves many blank lines behind. Keep one of them.
        if blank < 2 {
            readable.push_str(line);
            readable.push('\n');
        }
    }
    readable.truncate(readable.trim_end().len());
    if !is_all {
        readable.push_str(CUT);
    }
    readable.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleaned(given: &str, expected: &str) {
        assert_eq!(clean(given).unwrap_or_default(), expected);
    }

    #[test]
    fn scripts_and_forms_are_removed() {
        cleaned("<p onclick=x()>a</p><script>b</script><style>c</style><title>d</title>", "<p>a</p>");
        cleaned("<form action=/x><input name=a><button>b</button></form>", "b");
        cleaned("<iframe src=//x></iframe><object data=x></object><svg onload=x()></svg>", "");
        cleaned("<div style='background:url(http://t/x)' class=a id=b>c</div>", "<div>c</div>");
        cleaned("<a href=javascript:x()>a</a>", "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\">a</a>");
        cleaned(
            "<a href='https://x.example/' target=_top>a</a>",
            "<a href=\"https://x.example/\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">a</a>",
        );
    }

    #[test]
    fn pictures_are_not_fetched() {
        cleaned("<img src='http://t.example/p.gif' width=1>", "<img data-src=\"http://t.example/p.gif\" width=\"1\">");
        for gone in ["cid:a", "data:image/png;base64,AA", "//t.example/p", "p.gif", "javascript:x"] {
            cleaned(&format!("<img alt=a src='{gone}'>"), "<img alt=\"a\">");
        }
        let tricky = clean("<a title='<img src=\"x\"'>b</a><img alt=' src=\"kith-held:' src='https://t/p'>").unwrap();
        assert!(!tricky.replace("data-src", "").contains(" src=\"http"), "{tricky}");
    }

    #[test]
    fn blocks_are_lines() {
        let table = "<h1>Order</h1><table><tr><td>Bat</td><td>1</td></tr><tr><td>Cape</td></tr></table><p>Thanks</p>";
        assert_eq!(readable(table), "Order\nBat 1\nCape\nThanks");
        assert_eq!(readable("<style>p{}</style><p>A&amp;B &lt;c&gt;</p>"), "A&B <c>");
    }

    #[test]
    fn markup_that_is_slow_to_sanitize_is_refused() {
        for tag in ["<b>", "<a href=http://x>", "<div>", "<table><b>", "<p><font>", "<svg><i>", "<nobr><a>"] {
            let _ = clean(&tag.repeat(TAGS_MAX / tag.matches('<').count()));
        }
        for tangled in [
            "&".repeat(1_000_000),
            format!("<a {}>", "b=c ".repeat(125_000)),
            format!("<a b{}>", "=\"\"b".repeat(60_000)),
            "x&y".repeat(300_000),
        ] {
            assert!(clean(&tangled).is_none());
        }
        assert!(clean(&"<b>".repeat(TAGS_MAX + 1)).is_none());
    }
}
