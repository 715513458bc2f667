//! Movement reaches the renderer as metadata blocks on the grid of absolute frames, the same from
//! keyframes, shapes and CSV files.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use umbel::Error;
use umbel::audio::QUANTUM;
use umbel::error::Finding;
use umbel::format::positions_csv::{self, PositionForm};
use umbel::geometry::Position;
use umbel::scene::{
    BackAndForth, BlockSource, Circle, Curve, Cycle, Imaging, Keyframe, Keyframes, MetadataBlock,
    PanRule, Place, Placement, Ramp, Ring, Side, Spiral, State, Swing, Trajectory, Turn, blocks,
};
use umbel::units::{Frames, SampleRate};

const RATE: SampleRate = SampleRate(48_000);
const GRID: u64 = QUANTUM as u64;

fn polar(azimuth: f64, elevation: f64, width: f64) -> Place {
    Place {
        position: Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        },
        width,
    }
}

fn room(x: f64, y: f64, z: f64, width: f64) -> Place {
    Place {
        position: Position::Cartesian { x, y, z },
        width,
    }
}

fn key(seconds: f64, place: Place, curve: Curve) -> Keyframe {
    Keyframe {
        at: RATE.frame_at(seconds),
        place,
        curve,
    }
}

fn keyframes(points: &[Keyframe]) -> Trajectory {
    Trajectory::Keyframes(Keyframes::new(points.to_vec()).expect("good keyframes"))
}

fn compiled(trajectory: &Trajectory, side: Side, length: u64) -> Vec<MetadataBlock> {
    let placement = Placement {
        trajectory: trajectory.clone(),
        imaging: Imaging::default(),
    };
    all(blocks(Arc::new(placement), side, RATE, Frames(length)))
}

fn all(mut source: Box<dyn BlockSource>) -> Vec<MetadataBlock> {
    let mut found = Vec::new();
    while let Some(block) = source.next_block() {
        found.push(block);
    }
    assert!(source.next_block().is_none(), "the end is the end");
    found
}

/// One movement of each kind, none of them on the grid.
fn movements() -> Vec<Trajectory> {
    let cycle = Cycle {
        period_s: 1.7,
        from: Frames(5000),
        until: Some(Frames(200_001)),
    };
    let circle = Circle {
        ring: Ring::Polar {
            elevation: 10.0,
            distance: 1.0,
        },
        start_azimuth: 30.0,
        turn: Turn::Left,
        cycle,
        width: 60.0,
    };
    vec![
        Trajectory::Fixed(polar(30.0, 10.0, 60.0)),
        keyframes(&[
            key(0.5, polar(-30.0, 0.0, 40.0), Curve::Linear),
            key(1.0, polar(180.0, 60.0, 90.0), Curve::Smooth),
            key(1.5, polar(180.0, 60.0, 90.0), Curve::Linear),
            key(2.0, polar(330.0, 0.0, 40.0), Curve::Step),
            key(3.0, polar(0.0, 0.0, 0.0), Curve::Linear),
            key(3.0, polar(90.0, 0.0, 0.0), Curve::Linear),
        ]),
        keyframes(&[
            key(0.0, room(-1.0, 1.0, 0.0, 0.5), Curve::Linear),
            key(4.1, room(1.0, -1.0, 1.0, 0.0), Curve::Linear),
        ]),
        Trajectory::Circle(circle),
        Trajectory::Spiral(Spiral {
            circle,
            to: Ring::Polar {
                elevation: 80.0,
                distance: 0.5,
            },
            arrives: Frames(150_000),
        }),
        Trajectory::BackAndForth(BackAndForth {
            a: room(-1.0, 0.0, 0.0, 0.0),
            b: room(1.0, 0.5, 1.0, 0.4),
            swing: Swing::Smooth,
            cycle,
        }),
    ]
}

/// How far apart two states in the room are, along the axis on which they are farthest apart.
fn way(a: &State, b: &State) -> f64 {
    match (a.position(), b.position()) {
        (Some(a @ Position::Cartesian { .. }), Some(b)) => {
            let apart = a.vector() - b.vector();
            apart.iter().fold(0.0, |way, part| part.abs().max(way))
        }
        _ => 0.0,
    }
}

#[test]
fn blocks_tile_the_grid_and_end_at_the_trajectory() {
    // 1 frame more and less than a whole number of quanta, and less than one.
    for length in [
        240_000,
        236 * GRID,
        236 * GRID + 1,
        236 * GRID - 1,
        700,
        1,
        0,
    ] {
        for trajectory in movements() {
            for side in [Side::Mono, Side::Left, Side::Right] {
                let found = compiled(&trajectory, side, length);
                let state =
                    |frame| Imaging::default().state(trajectory.at(Frames(frame), RATE), side);
                let first = &found[0];
                assert!(first.start == Frames(0) && first.ramp == Ramp::JUMP);
                assert_eq!(first.state, state(0).into());

                let in_room = matches!(state(0).position, Position::Cartesian { .. });
                let quanta = length.div_ceil(GRID);
                let mut rest = found[1..].iter().peekable();
                let mut holds = first.state.clone();
                for k in 0..quanta {
                    let end = (k + 1) * GRID;
                    while let Some(block) = rest.next_if(|block| block.start.0 < end) {
                        let frames = (block.ramp.end - block.ramp.start) as u64;
                        assert_eq!(block.ramp, Ramp::over(block.start, Frames(frames)));
                        assert_eq!(block.length, None);
                        let arrives = block.start.0 + frames;
                        // The last one ends with the song.
                        let whole = match arrives == length {
                            true => frames.next_power_of_two().max(GRID / 4),
                            false => frames,
                        };
                        let parts = GRID / whole;
                        assert!(
                            (parts == 1 || in_room && (parts == 2 || parts == 4))
                                && block.start.0 % (GRID / 4) == 0,
                            "{block:?}"
                        );
                        assert_ne!(
                            block.state, holds,
                            "a block that changes nothing, at quantum {k}"
                        );
                        assert!(arrives <= length, "{block:?}");
                        assert_eq!(
                            block.state,
                            State::from(state(arrives)),
                            "{trajectory:?} at frame {arrives}"
                        );
                        let way = way(&holds, &block.state);
                        assert!(
                            way < 0.002 || parts == 4 || !in_room,
                            "{way} in one line of {frames} frames, at quantum {k}"
                        );
                        holds = block.state.clone();
                    }
                    assert_eq!(
                        holds,
                        State::from(state(end.min(length))),
                        "{trajectory:?} at quantum {k}"
                    );
                }
                assert_eq!(
                    rest.next(),
                    None,
                    "blocks are in order, on the grid, within the song"
                );
                assert_eq!(
                    found,
                    compiled(&trajectory, side, length),
                    "a second pass is the same"
                );
            }
        }
    }
}

#[test]
fn a_longer_song_begins_with_the_same_blocks() {
    for trajectory in movements() {
        let whole_quanta = |length| {
            let mut blocks = compiled(&trajectory, Side::Left, length);
            blocks.retain(|block| block.start.0 < 100_000 / GRID * GRID);
            blocks
        };
        assert_eq!(whole_quanta(100_000), whole_quanta(300_000));
    }
}

#[test]
fn what_stands_still_costs_nothing_however_long() {
    // Ten hours at 192 kHz; walking every quantum of it a thousand times would not end.
    let hours = 36_000 * 192_000;
    let still = Trajectory::Fixed(polar(30.0, 0.0, 0.0));
    let late = keyframes(&[
        key(0.0, polar(0.0, 0.0, 0.0), Curve::Linear),
        key(30_000.0, polar(0.0, 0.0, 0.0), Curve::Linear),
        key(30_001.0, polar(90.0, 0.0, 0.0), Curve::Linear),
    ]);
    for _ in 0..1000 {
        assert_eq!(compiled(&still, Side::Mono, hours).len(), 1);
        let moves = compiled(&late, Side::Mono, hours);
        assert!((47..=49).contains(&(moves.len() - 1)), "{}", moves.len());
        assert!(moves[1].start.0 + GRID > 30_000 * 48_000);
    }
}

#[test]
fn a_jump_is_one_ramp() {
    let jump = keyframes(&[
        key(1.0, polar(0.0, 0.0, 0.0), Curve::Linear),
        key(1.0, polar(180.0, 0.0, 0.0), Curve::Linear),
    ]);
    let found = compiled(&jump, Side::Mono, 100_000);
    assert_eq!(found.len(), 2);
    // 48 000 lies in the quantum that starts at 46 * 1024 = 47 104.
    assert_eq!(
        (found[1].start, found[1].ramp),
        (Frames(47_104), Ramp::over(Frames(47_104), Frames(1024)))
    );
}

#[test]
fn the_sides_of_a_pair_stand_half_the_width_apart() {
    let imaging = Imaging::default();
    let at = |place, side| imaging.state(place, side).position;
    let place = polar(30.0, 10.0, 120.0);
    assert_eq!(at(place, Side::Left), polar(90.0, 10.0, 0.0).position);
    assert_eq!(at(place, Side::Right), polar(-30.0, 10.0, 0.0).position);
    assert_eq!(at(place, Side::Mono), place.position);
    let place = room(0.25, 1.0, 0.0, 1.0);
    assert_eq!(at(place, Side::Left), room(-0.25, 1.0, 0.0, 0.0).position);
    assert_eq!(at(place, Side::Right), room(0.75, 1.0, 0.0, 0.0).position);
}

#[test]
fn the_pan_of_the_stereo_bus() {
    let state = |pan, stereo_width, place, side| {
        let imaging = Imaging {
            size: 0.0,
            pan,
            stereo_width,
        };
        imaging.state(place, side).pan.value()
    };
    let front = polar(0.0, 0.0, 60.0);
    // In the middle, a stereo stem of width 1 keeps its image, whatever its width in the room.
    for (rule, width, side, pan) in [
        (PanRule::Follow, 1.0, Side::Left, -1.0),
        (PanRule::Follow, 1.0, Side::Right, 1.0),
        (PanRule::Follow, 0.0, Side::Right, 0.0),
        (PanRule::Fixed(0.25), 0.5, Side::Left, -0.25),
        (PanRule::Fixed(0.75), 0.5, Side::Right, 1.0),
        (PanRule::Fixed(-0.5), 1.0, Side::Mono, -0.5),
    ] {
        let found = state(rule, width, front, side);
        assert!(
            (found - pan).abs() < 1e-12,
            "{rule:?} {width} {side:?}: {found}"
        );
    }
    for (place, pan) in [
        (polar(90.0, 0.0, 0.0), -1.0),
        (polar(-30.0, 0.0, 0.0), 0.5),
        (polar(-30.0, 60.0, 0.0), 0.25),
        (polar(0.0, 90.0, 0.0), 0.0),
        (polar(-150.0, 0.0, 0.0), 0.5),
        (room(1.0, 0.0, 0.0, 0.0), 1.0),
        (room(-1.0, 1.0, 0.0, 0.0), -0.5f64.sqrt()),
        (room(0.3, 0.0, 0.0, 0.0), 0.3),
        (room(0.0, 0.0, 0.0, 0.0), 0.0),
    ] {
        let found = state(PanRule::Follow, 1.0, place, Side::Mono);
        assert!((found - pan).abs() < 1e-12, "{place:?}: {found}");
    }
    // A move through the head crosses the middle without a jump.
    let right = state(PanRule::Follow, 1.0, room(1e-9, 0.0, 0.0, 0.0), Side::Mono);
    let left = state(PanRule::Follow, 1.0, room(-1e-9, 0.0, 0.0, 0.0), Side::Mono);
    assert!((right - left).abs() < 1e-8);
}

#[test]
fn size_one_is_all_around() {
    let extent = |size, place| {
        let imaging = Imaging {
            size,
            ..Imaging::default()
        };
        imaging.state(place, Side::Mono).extent
    };
    assert!(extent(0.0, polar(0.0, 0.0, 0.0)).is_point());
    let all = extent(1.0, polar(0.0, 0.0, 0.0));
    assert_eq!((all.width, all.height, all.depth), (360.0, 360.0, 0.0));
    let half = extent(0.5, room(0.0, 1.0, 0.0, 0.0));
    assert_eq!((half.width, half.height, half.depth), (0.5, 0.5, 0.5));
}

/// A file of positions that is removed at the end of the test.
struct CsvFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn csv(text: impl AsRef<[u8]>) -> CsvFile {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("moves.csv");
    fs::write(&path, text).expect("writing the file");
    CsvFile {
        _folder: folder,
        path,
    }
}

fn from_csv(file: &CsvFile, side: Side, length: u64) -> Vec<MetadataBlock> {
    positions_csv::check(&file.path).expect("a good file");
    let source = positions_csv::blocks(&file.path, Imaging::default(), side, RATE, Frames(length));
    all(source.expect("a good file"))
}

#[test]
fn a_csv_file_is_the_same_as_linear_keyframes() {
    // Denser and sparser than the grid, jumps, rest, several buffers long; off the grid on purpose.
    let mut text = String::from("time,azimuth,elevation,distance,width\n");
    let mut points = Vec::new();
    let mut seconds = 0.01;
    for n in 0..4000 {
        let wave = f64::from(n % 97);
        let place = Place {
            position: Position::Polar {
                azimuth: if n % 50 < 10 { 12.5 } else { wave * 3.7 },
                elevation: if n % 50 < 10 { 0.0 } else { wave / 3.0 - 10.0 },
                distance: 1.0,
            },
            width: 30.0,
        };
        let Position::Polar {
            azimuth, elevation, ..
        } = place.position
        else {
            unreachable!("made just above");
        };
        writeln!(text, "{seconds},{azimuth},{elevation},1,30").unwrap();
        points.push(key(seconds, place, Curve::Linear));
        seconds += [0.0, 0.004, 0.0213, 0.05][n as usize % 4];
    }
    assert!(text.len() > 5 * 16 * 1024);
    let path = keyframes(&points);
    let file = csv(&text);
    let facts = positions_csv::check(&file.path).unwrap();
    assert_eq!(
        (facts.rows, facts.form, facts.has_width),
        (4000, PositionForm::Polar, true)
    );
    for side in [Side::Mono, Side::Left, Side::Right] {
        let expected = compiled(&path, side, 4_000_000);
        assert!(expected.len() > 1500);
        assert_eq!(from_csv(&file, side, 4_000_000), expected);
        assert_eq!(from_csv(&file, side, 99_999), compiled(&path, side, 99_999));
    }
}

#[test]
fn only_what_is_heard_makes_a_block() {
    // A mono stem has no width, so that nothing happens to it here; the sides of a stereo stem move.
    for rows in [
        "time,az,el,width\n0,30,0,0\n1,30,0,90\n",
        "time,x,y,z,width\n0,0,1,0,0\n1,0,1,0,2\n",
    ] {
        let file = csv(rows);
        assert_eq!(from_csv(&file, Side::Mono, 96_000).len(), 1, "{rows}");
        let left = from_csv(&file, Side::Left, 96_000);
        assert!(left.len() > 40, "{rows}: {} blocks", left.len());
        assert!(left.windows(2).all(|pair| pair[0].state != pair[1].state));
    }
}

#[test]
fn a_stem_stays_where_its_table_can_no_longer_be_read() {
    // As after a change while the song plays: nothing behind the broken line is played.
    for good in [1, 2, 31, 32, 33, 70] {
        let row = |n: i32| format!("{:.1},{},0\n", f64::from(n) * 0.1, n % 90);
        let before: String = (0..good).map(row).collect();
        let after: String = (good + 1..good + 90).map(row).collect();
        let heading = "time,azimuth,elevation\n";
        let broken = csv(format!("{heading}{before}no row\n{after}"));
        let blocks = positions_csv::blocks(
            &broken.path,
            Imaging::default(),
            Side::Mono,
            RATE,
            Frames(900_000),
        );
        let expected = from_csv(&csv(format!("{heading}{before}")), Side::Mono, 900_000);
        assert_eq!(all(blocks.unwrap()), expected, "{good} good rows");
    }
}

#[test]
fn all_ways_of_writing_a_csv_file() {
    let expected = compiled(
        &keyframes(&[
            key(0.5, room(-1.0, 0.5, 0.0, 0.0), Curve::Linear),
            key(1.5, room(0.25, 0.5, 0.001, 0.0), Curve::Linear),
        ]),
        Side::Mono,
        96_000,
    );
    for text in [
        "time,x,y,z\n0.5,-1,0.5,0\n1.5,0.25,0.5,0.001\n",
        "time,x,y,z\n0.5,-1,0.5,0\n1.5,0.25,0.5,0.001",
        "\u{FEFF}time;x;y;z\r\n0.5;-1;0.5;0\r\n1.5;0.25;0.5;1e-3\r\n",
        "# from the desk, in seconds\n\nTime\tX\tY\tZ\n\n0.5\t-1.0\t.5\t-0\n# the end\n1.5\t+.25\t0.50\t0.0010000000000000000\n\n",
        " \"y\" , \"time\" , \"z\", \"x\" \n 0.5 , 0.5 , 0 , -1 \n\"0.5\", \"1.5\", \"0.001\", \"0.25\"\n",
        "time,x,y,z,width\n0.5,-1,0.5,0,0\n1.5,0.25,0.5,0.001,0\n",
    ] {
        assert_eq!(from_csv(&csv(text), Side::Mono, 96_000), expected, "{text}");
    }
    let short = csv("time,az,el\n0,30,10\n1,60,10\n");
    let expected = keyframes(&[
        key(0.0, polar(30.0, 10.0, 0.0), Curve::Linear),
        key(1.0, polar(60.0, 10.0, 0.0), Curve::Linear),
    ]);
    assert_eq!(
        from_csv(&short, Side::Mono, 96_000),
        compiled(&expected, Side::Mono, 96_000)
    );
}

fn findings(file: &CsvFile) -> Vec<Finding> {
    match positions_csv::check(&file.path) {
        Err(Error::Session { path, findings }) => {
            assert_eq!(path, file.path);
            findings
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_csv_file_is_said_with_its_place() {
    // Text; line and column; words of the file under the underline; words of the message and the help.
    for (text, place, underlined, message, help) in [
        (
            "time,az,el\n0,links,0\n",
            (2, 3),
            "links",
            "azimuth \"links\" is not a number",
            "degrees",
        ),
        (
            "time,az,el\n0,1,0\n1, nan,0\n",
            (3, 4),
            "nan",
            "is not a number",
            "degrees",
        ),
        (
            "time,az,el\n0,inf,0\n",
            (2, 3),
            "inf",
            "is not a number",
            "degrees",
        ),
        (
            "time;az;el\n0;30,5;0\n",
            (2, 3),
            "30,5",
            "is not a number",
            "with a point",
        ),
        (
            "time,az,el\n0,5,30,5,0,0\n",
            (2, 1),
            "0,5,30,5,0,0",
            "6 values",
            "with a point",
        ),
        (
            "time,az,el\n0,30\n",
            (2, 1),
            "0,30",
            "2 values",
            "one value for each",
        ),
        (
            "time,az,el\n0,30,0,\n",
            (2, 1),
            "0,30,0,",
            "4 values",
            "one value for each",
        ),
        (
            "time,az,el\n0,,0\n",
            (2, 3),
            ",",
            "azimuth is missing",
            "degrees",
        ),
        (
            "time,az,el\n0,0,90.5\n",
            (2, 5),
            "90.5",
            "elevation 90.5 is out of range",
            "-90 to 90",
        ),
        (
            "time,az,el,dist\n0,0,0,-1\n",
            (2, 7),
            "-1",
            "distance -1",
            "0 or more",
        ),
        (
            "time,x,y,z\n0,0,0,1.01\n",
            (2, 7),
            "1.01",
            "z 1.01",
            "1 (ceiling)",
        ),
        (
            "time,az,el,width\n0,0,0,361\n",
            (2, 7),
            "361",
            "width 361",
            "0 to 360",
        ),
        (
            "time,az,el\n-1,0,0\n",
            (2, 1),
            "-1",
            "time -1",
            "0 to 1000000",
        ),
        (
            "time,az,el\n2,0,0\n1,0,0\n",
            (3, 1),
            "1",
            "earlier than the row before",
            "in order",
        ),
        (
            "az,el,time\n0,0,2\n0,0,1\n",
            (3, 5),
            "1",
            "earlier than the row before",
            "in order",
        ),
        (
            "time,azimut,el\n0,0,0\n",
            (1, 6),
            "azimut",
            "\"azimut\" is not a column",
            "did you mean \"azimuth\"?",
        ),
        (
            "time,az,el,name\n",
            (1, 12),
            "name",
            "\"name\" is not a column",
            "the columns are",
        ),
        ("time,az,el,az\n", (1, 12), "az", "twice", "the columns are"),
        (
            "time,az,el,x\n",
            (1, 12),
            "x",
            "two forms",
            "the columns are",
        ),
        (
            "time,az\n0,0\n",
            (1, 1),
            "time,az",
            "no column \"elevation\"",
            "the columns are",
        ),
        (
            "x,y,z\n0,0,0\n",
            (1, 1),
            "x,y,z",
            "no column \"time\"",
            "the columns are",
        ),
        (
            "0,30,0\n1,30,0\n",
            (1, 1),
            "0,30,0",
            "does not name the columns",
            "the columns are",
        ),
        (
            "\u{FEFF}# é\n\ntime,az,el\n0,é,é\n",
            (4, 3),
            "é",
            "azimuth \"é\" is not a number",
            "degrees",
        ),
    ] {
        let found = findings(&csv(text));
        let first = &found[0];
        assert_eq!(first.line_column, Some(place), "{text}");
        assert_eq!(&text[first.span.clone().unwrap()], underlined, "{text}");
        assert!(first.message.contains(message), "{text}: {}", first.message);
        assert!(first.help.contains(help), "{text}: {}", first.help);
        assert!(!first.label.is_empty());
    }
}

#[test]
fn every_fault_of_a_file_is_found_up_to_a_hundred() {
    let found = findings(&csv("time,az,el\n0,a,91\n1,0,0\n0.5,0,0\n2,0\n3,0,0\n"));
    let lines: Vec<_> = found.iter().map(|f| f.line_column.unwrap().0).collect();
    assert_eq!(lines, [2, 2, 4, 5]);

    let many = format!("time,az,el\n{}", "0,a,b\n".repeat(10_000));
    let found = findings(&csv(many));
    assert_eq!(found.len(), 101);
    assert!(
        found[100].message.contains("not read beyond line 51"),
        "{}",
        found[100].message
    );
}

#[test]
fn files_that_hold_no_positions_are_refused() {
    for text in [&b""[..], b"\n\n# nothing\n", b"time,az,el\n", b"time,az,el"] {
        let file = csv(text);
        assert!(findings(&file)[0].message.contains("no positions"));
        let source =
            positions_csv::blocks(&file.path, Imaging::default(), Side::Mono, RATE, Frames(1));
        assert!(source.is_err());
    }
    let utf16: Vec<u8> = "\u{FEFF}time,az,el\n0,0,0\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(findings(&csv(utf16))[0].help.contains("UTF-8"));
    // Bytes without a line end, zeros, and a long line between good ones.
    for text in [vec![0; 100_000], vec![0xFF; 100_000]] {
        assert!(positions_csv::check(&csv(text).path).is_err());
    }
    let long = format!("time,az,el\n0,0,0\n1,{},0\n2,0,0\n", "9".repeat(50_000));
    let found = findings(&csv(long));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("longer than") && found[0].line_column == Some((3, 1)));
}

#[test]
fn only_a_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().to_path_buf(),
        folder.path().join("missing.csv"),
    ] {
        assert!(matches!(positions_csv::check(&path), Err(Error::Io { .. })));
        let source = positions_csv::blocks(&path, Imaging::default(), Side::Mono, RATE, Frames(1));
        assert!(matches!(source.err(), Some(Error::Io { .. })));
    }
}

#[test]
fn a_file_spoilt_while_it_is_played_holds_the_last_position() {
    let mut text = String::from("time,az,el\n");
    for n in 0..20_000 {
        writeln!(text, "{},{n},0", f64::from(n) / 40.0).unwrap();
    }
    let file = csv(&text);
    positions_csv::check(&file.path).unwrap();
    let length = Frames(24_000_000);
    let mut source =
        positions_csv::blocks(&file.path, Imaging::default(), Side::Mono, RATE, length).unwrap();
    source.next_block().unwrap();
    let spoilt = text.replace(",10000,", ",north,");
    fs::write(&file.path, &spoilt[..]).unwrap();
    let rest = all(source);
    let Position::Polar { azimuth, .. } = rest.last().unwrap().state.object().unwrap().position
    else {
        panic!("the file is polar");
    };
    assert!((azimuth - 9999.0).abs() < 1e-9, "held at {azimuth}");
}
