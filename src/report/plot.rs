//! A metric's measurements as a drawing.

use std::fmt::Write;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::export::page::html::escape;
use crate::machine::measure::amount;
use crate::plan::Millis;
use crate::report::series::Series;
use crate::types::text::elapsed;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 160.0;
/// Room for the numbers beside the drawing.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 22.0;

/// Where amounts and moments lie in the drawing.
struct Scale {
    lowest: f64,
    highest: f64,
    last: f64,
}

impl Scale {
    fn new(series: &Series) -> Option<Scale> {
        let amounts = || {
            let values = series
                .points
                .iter()
                .filter_map(|it| it.values.as_ref().ok());
            let limits = series.limits.iter().map(|limit| limit.amount);
            values.flatten().copied().chain(limits)
        };
        let (lowest, highest) = (amounts().min()?, amounts().max()?);
        let (lowest, highest) = (lowest.to_f64()?, highest.to_f64()?);
        let last = series.points.iter().map(|point| point.at).max()?;
        // A line in the middle for what never changed.
        let margin = match highest - lowest {
            0.0 => highest.abs().max(1.0) * 0.5,
            range => range * 0.08,
        };
        Some(Scale {
            lowest: lowest - margin,
            highest: highest + margin,
            last: (last as f64).max(1.0),
        })
    }

    fn x(&self, at: Millis) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (at as f64 / self.last)
    }

    fn y(&self, amount: Decimal) -> f64 {
        let amount = amount.to_f64().unwrap_or(self.lowest);
        let part = (amount - self.lowest) / (self.highest - self.lowest);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part
    }
}

/// The drawing; `None` where no value was ever measured.
pub fn svg(series: &Series) -> Option<String> {
    let scale = Scale::new(series)?;
    let mut out = String::new();
    let label = escape(&format!("{} over time", series.name));
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\">"
    );
    for limit in &series.limits {
        let y = scale.y(limit.amount);
        let _ = write!(
            out,
            "<line class=\"limit\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"><title>{}</title></line>",
            WIDTH - RIGHT,
            escape(&limit.text)
        );
        side_text(&mut out, y, &amount(limit.amount, series.unit));
    }
    lines(&mut out, series, &scale);
    dots(&mut out, series, &scale);
    let bottom = HEIGHT - 6.0;
    let _ = write!(out, "<text x=\"{LEFT}\" y=\"{bottom}\">0s</text>");
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">{}</text></svg>",
        WIDTH - RIGHT,
        elapsed(scale.last as u64)
    );
    Some(out)
}

fn side_text(out: &mut String, y: f64, text: &str) {
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 6.0,
        y + 4.0,
        escape(text)
    );
}

/// The first series of the source as a line, broken where there was no value.
fn lines(out: &mut String, series: &Series, scale: &Scale) {
    let mut path = String::new();
    let mut is_drawing = false;
    for point in &series.points {
        match point.values.as_ref().ok().and_then(|it| it.first()) {
            Some(value) => {
                let step = if is_drawing { 'L' } else { 'M' };
                let (x, y) = (scale.x(point.at), scale.y(*value));
                let _ = write!(path, "{step}{x:.1} {y:.1}");
                is_drawing = true;
            }
            None => is_drawing = false,
        }
    }
    let _ = write!(out, "<path class=\"line\" d=\"{path}\"/>");
}

fn dots(out: &mut String, series: &Series, scale: &Scale) {
    for point in &series.points {
        let x = scale.x(point.at);
        let title = format!("{} after {}", point.words(series.unit), elapsed(point.at));
        let title = escape(&title);
        match &point.values {
            Ok(values) => {
                for value in values {
                    let y = scale.y(*value);
                    let _ = write!(
                        out,
                        "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"><title>{title}</title></circle>"
                    );
                }
            }
            Err(_) => {
                let y = HEIGHT - BOTTOM;
                let _ = write!(
                    out,
                    "<circle class=\"none\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{title}</title></circle>"
                );
            }
        }
    }
}
