//! A plot of what a process took over time, as SVG.

use std::fmt::Write as _;

/// A line of the plot: its name, its colour, and its points by seconds.
pub struct Line {
    pub name: &'static str,
    pub colour: &'static str,
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 44.0;

/// The plot under a title; `unit` is that of the upright axis.
pub fn svg(title: &str, unit: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0].into_iter().find(|step| most / step <= 6.0);
    let step = step.unwrap_or(1000.0);
    let top = (most / step).ceil() * step;
    let seconds = points().map(|point| point.0).fold(1.0, f64::max);
    let (wide, high) = (WIDTH - LEFT - 20.0, HEIGHT - TOP - BOTTOM);
    let x = |second: f64| LEFT + second / seconds * wide;
    let y = |value: f64| TOP + high - value / top * high;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\" fill=\"#222222\">{title}</text>\n"
    );
    let mut value = 0.0;
    while value <= top {
        let at = y(value);
        writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\">{value} {unit}</text>",
            LEFT + wide,
            LEFT - 6.0,
            at + 4.0
        )
        .unwrap();
        value += step;
    }
    for part in 0..=6 {
        let second = seconds * f64::from(part) / 6.0;
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444444\">{:.1} min</text>",
            x(second),
            TOP + high + 18.0,
            second / 60.0
        )
        .unwrap();
    }
    let mut legend = LEFT;
    for line in lines {
        let path: Vec<String> =
            line.points.iter().map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value))).collect();
        writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{0}\" stroke-width=\"1.5\" points=\"{1}\"/>\n\
             <rect x=\"{legend:.1}\" y=\"{2:.1}\" width=\"14\" height=\"4\" fill=\"{0}\"/>\n\
             <text x=\"{3:.1}\" y=\"{4:.1}\" fill=\"#222222\">{5}</text>",
            line.colour,
            path.join(" "),
            HEIGHT - 14.0,
            legend + 20.0,
            HEIGHT - 8.0,
            line.name
        )
        .unwrap();
        legend += 220.0;
    }
    svg.push_str("</svg>\n");
    svg
}
