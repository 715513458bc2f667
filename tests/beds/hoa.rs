//! HOA decoders.

use serde_json::Value;
use umbel::scene::{Normalization, SoundField};

use super::{SYSTEMS, calculator, golden};

fn field(decoder: &Value) -> SoundField {
    let components = decoder[0].as_array().unwrap().iter().map(|component| {
        let (order, degree) = (
            component[0].as_u64().unwrap(),
            component[1].as_i64().unwrap(),
        );
        (order as u32, degree as i32)
    });
    SoundField {
        components: components.collect(),
        normalization: match decoder[1].as_str().unwrap() {
            "SN3D" => Normalization::Sn3d,
            "N3D" => Normalization::N3d,
            "FuMa" => Normalization::FuMa,
            other => panic!("{other}"),
        },
    }
}

#[test]
fn decoders_are_those_of_the_reference_renderer() {
    let golden = golden("hoa.json");
    for name in SYSTEMS {
        let (layout, mut gains) = calculator(name);
        for decoder in golden[name].as_array().unwrap() {
            let field = field(decoder);
            let matrix = gains.sound_field(&field);
            let mut worst = 0.0_f64;
            for (channel, speaker) in layout.speakers.iter().enumerate() {
                for component in 0..field.components.len() {
                    let found = matrix[component * layout.channels() + channel];
                    let expected = match decoder[2].get(&speaker.label) {
                        Some(row) => row[component].as_f64().unwrap(),
                        None => 0.0,
                    };
                    worst = worst.max((found - expected).abs());
                    assert!(
                        (found - expected).abs() < 1e-4 && (found == 0.0 || !speaker.lfe),
                        "{name} {} {field:?} component {component}: {found}, not {expected}",
                        speaker.label
                    );
                }
            }
            println!(
                "{name} {:?} {} components: {worst:.2e}",
                field.normalization,
                field.components.len()
            );
        }
    }
}
