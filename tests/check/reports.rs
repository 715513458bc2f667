//! `--report`: what stands on the page of a render, a delivery, a measurement and a check.

use std::path::Path;

use super::master::{Master, Song, text, umbel};

/// Runs the command and gives the page it wrote.
fn page(song: &Song, arguments: &[&str], code: i32) -> String {
    let path = song.path("report.html");
    let _ = std::fs::remove_file(&path);
    let mut all = arguments.to_vec();
    all.extend(["--report", text(&path), "--no-progress"]);
    let done = umbel(&all);
    assert_eq!(
        done.status.code(),
        Some(code),
        "{all:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::read_to_string(path).unwrap()
}

/// The page stands alone, is well-formed from its body on, and has these headings.
fn has(html: &str, headings: &[&str]) {
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    let plain = html.replace("http://www.w3.org/", "");
    for outside in ["<script", "<link", "http://", "https://", "@import"] {
        assert!(!plain.contains(outside), "{outside}");
    }
    let body = &html[html.find("<body>").unwrap()..html.find("</html>").unwrap()];
    let mut reader = quick_xml::Reader::from_str(body);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    assert_eq!(self::headings(html), headings);
    assert_eq!(
        html.matches("<figure>").count(),
        html.matches("<summary>As a table</summary>").count()
    );
}

/// The headings of a page.
fn headings(html: &str) -> Vec<&str> {
    html.split("<h2 id=\"")
        .skip(1)
        .map(|part| &part[part.find('>').unwrap() + 1..part.find("</h2>").unwrap()])
        .collect()
}

/// The cells of the row that begins with `name`.
fn row(html: &str, name: &str) -> Vec<String> {
    let start = html
        .find(&format!("<tr><td>{name}</td>"))
        .unwrap_or_else(|| panic!("{name}"));
    let line = &html[start..start + html[start..].find("</tr>").unwrap()];
    let cells = line
        .split("<td")
        .skip(1)
        .map(|cell| &cell[cell.find('>').unwrap() + 1..cell.find("</td>").unwrap()]);
    cells.map(str::to_owned).collect()
}

fn sha256(path: &Path) -> String {
    umbel::format::sha256(path).unwrap()
}

#[test]
fn a_render_is_reported_with_its_places_levels_and_hashes() {
    let song = Song::new();
    let (session, out) = (song.path("song.toml"), song.path("out"));
    let arguments = [
        "render",
        text(&session),
        "-l",
        "7.1.4,stereo",
        "--out",
        text(&out),
        "--true-peak",
        "-f",
    ];
    let html = page(&song, &arguments, 0);
    let headings = headings(&html);
    assert_eq!(headings.len(), 7, "{headings:?}");
    has(&html, &headings);
    // B moves from left to right and up, in its first hundredth of a second.
    let places = row(&html, "B");
    assert_eq!(places[3], "1.00, 1.00, 0.50");
    assert_eq!(row(&html, "A")[2], "0.00, 1.00, 0.00");
    for path in [
        session.clone(),
        song.path("a.wav"),
        out.join("song_7.1.4.wav"),
        out.join("song_stereo.wav"),
    ] {
        assert!(html.contains(&sha256(&path)), "{}", path.display());
    }
    // A's sine peaks at -20 dBFS, so its rms is -23; a stretch holds most of one period.
    let sounds = html.split("Who sounds when").nth(1).unwrap();
    let a = row(sounds, "A");
    assert_eq!((a[1].as_str(), a[3].as_str()), ("0:00.0", "100 %"), "{a:?}");
    let loudest: f64 = a[4].parse().unwrap();
    assert!((-23.0..-22.0).contains(&loudest), "{a:?}");
    // The same again is the same, byte for byte.
    let again = page(&song, &arguments, 0);
    assert!(again == html);
    // What was found in the session stands there too.
    let words = std::fs::read_to_string(&session).unwrap();
    let more = format!("{words}\n[[group]]\nname = \"nobody\"\n");
    std::fs::write(&session, more).unwrap();
    let html = page(&song, &arguments, 0);
    assert!(html.contains("no stem belongs to the group"), "{html}");
}

#[test]
fn deliveries_measurements_and_checks_are_reported_too() {
    let song = Song::new();
    let (session, master) = (song.path("song.toml"), song.path("m.wav"));
    let html = page(
        &song,
        &["export", "adm-atmos", text(&session), "-o", text(&master)],
        0,
    );
    let found = headings(&html);
    assert_eq!(found[..2], ["Findings", "What could not be carried"]);
    let pictures: Vec<&str> = found[2..].to_vec();
    assert!(pictures[0].starts_with("own 5.1 render, without a limiter"));
    assert_eq!(pictures[1..3], ["Where everything is", "Who sounds when"]);
    let pictures = pictures.as_slice();
    has(&html, &found);
    assert!(html.contains("Nothing was found.") && html.contains(&sha256(&master)));

    has(&page(&song, &["measure", text(&session)], 0), pictures);
    let html = page(&song, &["measure", text(&song.path("a.wav"))], 0);
    has(&html, &["The file as it stands", "Files"]);

    let bad = Master::read(&master).x("0.005208", "0.005300");
    std::fs::write(&master, bad.bytes()).unwrap();
    let page_again = page(&song, &["check", text(&master)], 5);
    has(&page_again, &[["Findings"].as_slice(), pictures].concat());
    assert!(page_again.contains("<td class=\"error\">error</td><td>U717</td>"));

    let out = song.path("handoff");
    let html = page(
        &song,
        &["export", "stems", text(&session), "--out", text(&out)],
        0,
    );
    has(&html, &["Findings", "Who sounds when", "Files"]);
    let html = page(&song, &["check", text(&out), "--for", "handoff"], 5);
    has(&html, &["Findings", "Who sounds when", "Files"]);
}

#[test]
fn a_report_replaces_reports_alone() {
    let song = Song::new();
    let other = song.path("notes.html");
    std::fs::write(&other, "<!DOCTYPE html>\n<title>notes</title>").unwrap();
    let done = umbel(&[
        "measure",
        text(&song.path("a.wav")),
        "--report",
        text(&other),
    ]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("no report"));
    assert!(std::fs::read_to_string(&other).unwrap().contains("notes"));
}
