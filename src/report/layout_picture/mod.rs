//! A loudspeaker layout as an SVG picture: the dome from above, the side, and the list of channels.
//!
//! The view from above is unrolled (azimuthal equidistant): a speaker's distance from the centre is its
//! angle from the zenith, so that layers do not fall on each other and lower speakers stand outside.
//! The side view is a plain projection and shows distances.

mod above;
mod markers;
mod side;
mod table;

use std::fmt::Write;

use super::svg::{INK, escaped, text};
use above::from_above;
use side::from_the_side;
use table::{Table, legend};

use crate::layout::{Layout, Speaker};

/// Width of the picture in pixels.
const WIDTH: f64 = 1180.0;
/// Side of the square in which the view from above is drawn.
const MAP: f64 = 720.0;
/// Top of the views, below the title.
const TOP: f64 = 84.0;
/// Centre and scale of the side view.
const SIDE_CENTRE: (f64, f64) = (950.0, 330.0);
const SIDE_RADIUS: f64 = 170.0;

const FAINT: &str = "#c9ced6";
const EDGE: &str = "#9aa7b8";
const EAR: &str = "#1f6fb2";
const UPPER: &str = "#c8502f";
const LOWER: &str = "#2f7d4f";
const LFE: &str = "#5b5f66";

/// Draws `layout`; `facets` are the corners (channel numbers) of the panner's facets, whose edges are
/// drawn as lines. May be empty; corners that are no channel of the layout are left out.
pub fn layout_picture(layout: &Layout, facets: &[Vec<usize>]) -> String {
    let table = Table::of(layout);
    let height = TOP + MAP + 40.0 + table.height() + 20.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        title = escaped(&format!("{}: {}", layout.name, layout.title)),
    );
    text(
        &mut svg,
        30.0,
        40.0,
        26.0,
        "start",
        INK,
        "bold",
        &layout.name,
    );
    text(
        &mut svg,
        30.0,
        66.0,
        15.0,
        "start",
        "#555",
        "normal",
        &subtitle(layout),
    );
    from_above(&mut svg, layout, facets);
    from_the_side(&mut svg, layout);
    legend(&mut svg, layout);
    table.draw(&mut svg, TOP + MAP + 40.0);
    svg.push_str("</svg>\n");
    svg
}

fn subtitle(layout: &Layout) -> String {
    let lfe = layout.speakers.iter().filter(|s| s.lfe).count();
    let counted = format!("{} channels, {lfe} LFE", layout.channels());
    if layout.title == layout.name {
        counted
    } else {
        format!("{} ({counted})", layout.title)
    }
}

fn colour(speaker: &Speaker) -> &'static str {
    match speaker.polar().1 {
        _ if speaker.lfe => LFE,
        elevation if elevation > 15.0 => UPPER,
        elevation if elevation < -12.0 => LOWER,
        _ => EAR,
    }
}

#[cfg(test)]
mod tests {
    use super::above::Map;
    use super::markers::{Box4, markers, overlap, place_labels};
    use super::*;
    use crate::layout::{find, library};

    #[test]
    fn every_channel_is_drawn_once_with_its_label() {
        for layout in library() {
            let svg = layout_picture(layout, &[]);
            for speaker in &layout.speakers {
                let labels = svg.matches(&format!(">{}</text>", speaker.label)).count();
                // Twice in the large view (rim and letters) and once in the list; twice more in the
                // side view if it stands alone there.
                assert!(
                    [3, 5].contains(&labels),
                    "{} {} {labels}",
                    layout.name,
                    speaker.label
                );
            }
            let squares = svg.matches("rx=\"2\" fill=\"#5b5f66\" stroke").count();
            let lfe = layout.speakers.iter().filter(|s| s.lfe).count();
            assert_eq!(squares, lfe, "{}", layout.name);
        }
    }

    #[test]
    fn labels_cover_neither_each_other_nor_a_dot() {
        for layout in library() {
            let map = Map::of(layout);
            let markers = markers(&map, layout);
            let labels: Vec<Box4> = markers
                .iter()
                .zip(place_labels(&markers, &map))
                .map(|(marker, (x, y, anchor))| {
                    let width = marker.label.chars().count() as f64 * marker.font() * 0.6;
                    let left = match anchor {
                        "start" => x,
                        "end" => x - width,
                        _ => x - width / 2.0,
                    };
                    (left, y - marker.font() * 0.75, left + width, y + 1.0)
                })
                .collect();
            for (index, label) in labels.iter().enumerate() {
                for other in &labels[..index] {
                    assert!(overlap(*label, *other) < 1.0, "{}: two labels", layout.name);
                }
                for marker in &markers {
                    let r = marker.radius;
                    let dot = (marker.x - r, marker.y - r, marker.x + r, marker.y + r);
                    assert!(
                        overlap(*label, dot) < 1.0,
                        "{}: {}",
                        layout.name,
                        marker.label
                    );
                }
            }
        }
    }

    #[test]
    fn an_edge_of_two_facets_is_drawn_once_and_strangers_are_left_out() {
        let layout = find("cube").expect("built in");
        let svg = layout_picture(
            &layout,
            &[vec![0, 1, 3, 2], vec![0, 1, 5, 4], vec![0, 99, 1]],
        );
        assert_eq!(svg.matches("<polyline").count(), 7);
    }

    #[test]
    fn awkward_words_stay_well_formed() {
        let mut layout = find("stereo").expect("built in");
        layout.title = "a <b> & \"c\"\u{1}".to_owned();
        layout.speakers[0].label = "<L>".to_owned();
        let svg = layout_picture(&layout, &[]);
        assert!(svg.contains("&lt;L&gt;") && svg.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
        let mut reader = quick_xml::Reader::from_str(&svg);
        while !matches!(
            reader.read_event().expect("well-formed"),
            quick_xml::events::Event::Eof
        ) {}
    }
}
