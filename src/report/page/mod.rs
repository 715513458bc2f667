//! A render, a delivery or a check as one HTML file: pictures as inline SVG, a table beside each, no scripts.
//!
//! [`Page`] holds what is told; [`Page::html`] draws it. `plots` draws what runs over time, `room` where objects are,
//! `spectrogram` the spectrum, `png` packs its pixels; `style.css` is the look, light or dark as the reader's system
//! asks for.

mod plots;
mod png;
mod room;
mod spectrogram;
mod tables;
mod timeline;

use std::fmt::Write;

use super::layout_picture::layout_picture;
use super::svg::escaped;
use crate::error::Finding;
use crate::layout::Layout;
use crate::measure::LoudnessMeter;
use crate::offline::{Course, FileCourse};

/// A file that went in or came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// What it is: "session", "stem", "render".
    pub role: String,
    /// Its path as it was given.
    pub path: String,
    /// What it holds, in words.
    pub about: String,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// What was heard in one output or input.
#[derive(Debug)]
pub struct Sounding {
    /// Its name.
    pub name: String,
    /// Labels of its channels in the order of the file.
    pub channels: Vec<String>,
    /// Figures in words, each with its name: "integrated loudness", "-18.2 LUFS".
    pub figures: Vec<(String, String)>,
    /// The meter at the end.
    pub loudness: Option<LoudnessMeter>,
    /// The file over time.
    pub course: Option<FileCourse>,
    /// The layout it is for, and the corners of its panner's facets.
    pub layout: Option<(Layout, Vec<Vec<usize>>)>,
}

/// How every page begins.
pub const BEGINNING: &str =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta name=\"generator\" content=\"umbel";

/// What a report tells.
#[derive(Debug, Default)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// The command that made it, as it was typed.
    pub command: String,
    /// Files that went in and came out.
    pub files: Vec<FileRow>,
    /// The programme over time.
    pub course: Option<Course>,
    /// What was heard.
    pub sounding: Vec<Sounding>,
    /// What was found; `None` if nothing was looked for.
    pub findings: Option<Vec<Finding>>,
    /// What could not be carried: subject, what was found, what was written.
    pub losses: Option<Vec<[String; 3]>>,
}

/// A section: heading, content.
fn section(html: &mut String, heading: &str, content: &str) {
    let id: String = heading
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let _ = writeln!(
        html,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{content}</section>",
        escaped(heading)
    );
}

/// A picture with its table folded away beside it.
fn figure(picture: &str, caption: &str, table: &str) -> String {
    format!(
        "<figure>\n{picture}<figcaption>{}</figcaption>\n<details><summary>As a table</summary>\n<div class=\"wide\">{table}</div></details>\n</figure>\n",
        escaped(caption)
    )
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let mut html = String::new();
        let title = escaped(&self.title);
        let _ = write!(
            html,
            "{BEGINNING} {0}\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{1}</style>\n</head>\n\
             <body>\n<header><h1>{title}</h1>\n<p>umbel {0} &#183; <code>{2}</code></p></header>\n<main>\n",
            env!("CARGO_PKG_VERSION"),
            include_str!("style.css"),
            escaped(&self.command)
        );
        if let Some(findings) = &self.findings {
            section(&mut html, "Findings", &tables::findings(findings));
        }
        if let Some(losses) = &self.losses {
            section(
                &mut html,
                "What could not be carried",
                &tables::losses(losses),
            );
        }
        for sounding in &self.sounding {
            section(&mut html, &sounding.name, &sounding.html());
        }
        if let Some(course) = &self.course {
            if course
                .objects
                .iter()
                .any(|object| object.places.iter().any(Option::is_some))
            {
                section(&mut html, "Where everything is", &room::figures(course));
            }
            section(&mut html, "Who sounds when", &timeline::figure(course));
        }
        for sounding in &self.sounding {
            if let Some((layout, facets)) = &sounding.layout {
                let picture = format!(
                    "<div class=\"sheet\">{}</div>\n",
                    layout_picture(layout, facets)
                );
                let heading = format!("Layout {}", layout.name);
                section(
                    &mut html,
                    &heading,
                    &figure(&picture, &layout.title, &tables::layout(layout)),
                );
            }
        }
        section(&mut html, "Files", &tables::files(&self.files));
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }
}

impl Sounding {
    fn html(&self) -> String {
        let mut html = tables::figures(&self.figures, &self.channels);
        if let Some(meter) = &self.loudness {
            html.push_str(&plots::loudness(meter));
        }
        if let Some(course) = &self.course {
            html.push_str(&plots::channels(course, &self.channels));
            html.push_str(&spectrogram::figure(course));
            html.push_str(&plots::correlation(course));
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Severity;
    use crate::offline::{ObjectCourse, SPECTRUM_BANDS};

    /// A page with everything on it and awkward words in every place.
    pub(super) fn page() -> Page {
        let object = |name: &str, x: f64| ObjectCourse {
            name: name.to_owned(),
            colour: None,
            is_bed: false,
            places: (0..60)
                .map(|n| Some([x, (f64::from(n) / 10.0).sin(), 0.5]))
                .collect(),
            levels_db: (0..60).map(|n| (n > 20).then_some(-30.0)).collect(),
        };
        let layout = crate::layout::find("7.1.4").unwrap();
        Page {
            title: "a <b> & \"c\"".to_owned(),
            command: "umbel render <x>".to_owned(),
            files: vec![FileRow {
                role: "stem".to_owned(),
                path: "<&>.wav".to_owned(),
                about: "24-bit".to_owned(),
                sha256: "00ff".to_owned(),
            }],
            course: Some(Course {
                seconds: 12.5,
                pairs: Vec::new(),
                objects: vec![object("A & <B>", 0.5), object("Pad", -1.0)],
            }),
            sounding: vec![Sounding {
                name: "7.1.4 <x>".to_owned(),
                channels: layout
                    .speakers
                    .iter()
                    .map(|speaker| speaker.label.clone())
                    .collect(),
                figures: vec![("integrated loudness".to_owned(), "-18.0 LUFS".to_owned())],
                loudness: None,
                course: Some(FileCourse {
                    seconds: 12.5,
                    levels_db: vec![vec![Some(-20.0); 60]; 12],
                    channel_db: vec![Some(-20.0); 12],
                    correlation: vec![Some(0.5); 60],
                    spectrogram: vec![vec![-40.0; SPECTRUM_BANDS]; 60],
                    fold_stereo_db: Some(-0.5),
                    fold_mono_db: None,
                }),
                layout: Some((layout, Vec::new())),
            }],
            findings: Some(vec![Finding {
                code: "U708",
                severity: Severity::Error,
                path: "m.wav".into(),
                span: None,
                line_column: Some((7, 2)),
                message: "a <gap>".to_owned(),
                label: String::new(),
                help: "close it".to_owned(),
            }]),
            losses: Some(vec![["A".to_owned(), "polar".to_owned(), "x".to_owned()]]),
        }
    }

    #[test]
    fn a_page_is_well_formed_stands_alone_and_has_a_table_beside_each_picture() {
        let html = page().html();
        for outside in [
            "http://", "https://", "<script", "<link", "@import", "src=\"/",
        ] {
            let found = html.replace("http://www.w3.org/", "").contains(outside);
            assert!(!found, "{outside}");
        }
        let body = &html[html.find("<body>").unwrap()..html.find("</html>").unwrap()];
        let mut reader = quick_xml::Reader::from_str(body);
        while !matches!(
            reader.read_event().expect("well-formed"),
            quick_xml::events::Event::Eof
        ) {}
        let figures = html.matches("<figure>").count();
        assert_eq!(figures, 6);
        for part in html.split("<figure>").skip(1) {
            let part = part.split("</figure>").next().unwrap();
            assert!(
                part.contains("<table>") && part.contains("<figcaption>"),
                "{part}"
            );
            assert!(
                part.contains("role=\"img\"") || part.contains("<title>"),
                "{part}"
            );
        }
        assert!(!html.contains("<gap>") && html.contains("a &lt;gap&gt;"));
        assert!(html.contains("m.wav:7:2") && html.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn an_empty_page_is_one_too() {
        let html = Page::default().html();
        assert!(html.contains("<main>") && !html.contains("<figure>"));
    }
}
