//! Charts as SVG: a line per store, with logarithmic axes.

use std::fmt::Write as _;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 220.0;
const MARGIN: f64 = 48.0;
const COLOURS: [&str; 2] = ["#2f6fde", "#c2571a"];

/// A title, and the points of each line with its name.
type Chart<'a> = (&'a str, Vec<(&'a str, Vec<(f64, f64)>)>);

/// Draws charts next to each other.
#[expect(clippy::cast_precision_loss, reason = "there are three charts")]
pub fn draw(charts: &[Chart]) -> String {
    let width = WIDTH * charts.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (n, (title, lines)) in charts.iter().enumerate() {
        writeln!(svg, "<g transform=\"translate({} 0)\">", WIDTH * n as f64).expect("a line");
        chart(&mut svg, title, lines);
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

fn chart(svg: &mut String, title: &str, lines: &[(&str, Vec<(f64, f64)>)]) {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let logs = || points().map(|point| of(point).max(0.1).log10());
        let (low, high) = (logs().fold(f64::MAX, f64::min).floor(), logs().fold(f64::MIN, f64::max).ceil());
        (low, if high > low { high } else { low + 1.0 })
    };
    let (left, right) = range(|point| point.0);
    let (bottom, top) = range(|point| point.1);
    let x = |value: f64| MARGIN + (value.log10() - left) / (right - left) * (WIDTH - MARGIN - 20.0);
    let y = |value: f64| HEIGHT - 36.0 - (value.max(0.1).log10() - bottom) / (top - bottom) * (HEIGHT - 36.0 - 34.0);
    writeln!(svg, "<text x=\"{MARGIN}\" y=\"18\" font-weight=\"bold\" fill=\"#222\">{title}</text>").expect("a line");
    // Next to the title, no name covers a line.
    let name = |(n, (name, _)): (usize, &(&str, _))| format!("<tspan dx=\"8\" fill=\"{}\">{name}</tspan>", colour(n));
    let names: String = lines.iter().enumerate().map(name).collect();
    writeln!(svg, "<text x=\"{}\" y=\"18\" text-anchor=\"end\">{names}</text>", WIDTH - 20.0).expect("a line");
    for (from, to, is_across) in [(left, right, true), (bottom, top, false)] {
        let mut step = from;
        while step <= to {
            let value = 10_f64.powf(step);
            let (x1, y1, x2, y2) = if is_across {
                (x(value), 34.0, x(value), HEIGHT - 36.0)
            } else {
                (MARGIN, y(value), WIDTH - 20.0, y(value))
            };
            let label = short(value);
            let (tx, ty, anchor) =
                if is_across { (x1, HEIGHT - 20.0, "middle") } else { (MARGIN - 5.0, y1 + 4.0, "end") };
            writeln!(
                svg,
                "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{tx:.1}\" y=\"{ty:.1}\" text-anchor=\"{anchor}\" fill=\"#555\">{label}</text>"
            )
            .expect("a line");
            step += 1.0;
        }
    }
    for (n, (_, points)) in lines.iter().enumerate() {
        let colour = colour(n);
        let path: Vec<String> = points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
        writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join(" "))
            .expect("a line");
        for point in points {
            writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", x(point.0), y(point.1))
                .expect("a line");
        }
    }
    writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">contacts reported</text>",
        WIDTH / 2.0 + 14.0,
        HEIGHT - 6.0
    )
    .expect("a line");
}

fn colour(line: usize) -> &'static str {
    COLOURS[line % COLOURS.len()]
}

/// 10k for 10,000.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.0}M", value / 1e6),
        value if value >= 1e3 => format!("{:.0}k", value / 1e3),
        value if value >= 1.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}
