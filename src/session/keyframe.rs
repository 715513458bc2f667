//! Values of the file whose form serde and schemars cannot derive: a keyframe is a list of two or three,
//! a bit depth a number or a word.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use super::schema::{BitDepthKey, CurveKey, TimeText};

/// `[TIME, VALUE]` or `[TIME, VALUE, "linear|smooth|step"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyframe<V> {
    /// When the value is reached.
    pub at: TimeText,
    /// The value.
    pub value: V,
    /// Shape of the segment that arrives here; `None` if not written.
    pub curve: Option<CurveKey>,
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Keyframe<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Parts<V> {
            type Value = Keyframe<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of a time, a value and perhaps a curve")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let short =
                    || de::Error::custom("a keyframe is [TIME, VALUE] or [TIME, VALUE, CURVE]");
                let keyframe = Keyframe {
                    at: seq.next_element()?.ok_or_else(short)?,
                    value: seq.next_element()?.ok_or_else(short)?,
                    curve: seq.next_element()?,
                };
                match seq.next_element::<de::IgnoredAny>()? {
                    None => Ok(keyframe),
                    Some(_) => Err(short()),
                }
            }
        }
        deserializer.deserialize_seq(Parts(PhantomData))
    }
}

impl<V: JsonSchema> JsonSchema for Keyframe<V> {
    fn schema_name() -> Cow<'static, str> {
        format!("KeyframeOf{}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a keyframe",
            "description": "[TIME, VALUE] or [TIME, VALUE, CURVE]; CURVE is the shape of the segment that arrives here: linear (default), smooth or step.",
            "type": "array",
            "prefixItems": [
                generator.subschema_for::<TimeText>(),
                generator.subschema_for::<V>(),
                generator.subschema_for::<CurveKey>(),
            ],
            "minItems": 2,
            "maxItems": 3,
        })
    }
}

impl<'de> Deserialize<'de> for BitDepthKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Depth;
        impl Visitor<'_> for Depth {
            type Value = BitDepthKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("16, 24 or \"f32\"")
            }

            fn visit_i64<E: de::Error>(self, bits: i64) -> Result<BitDepthKey, E> {
                match bits {
                    16 => Ok(BitDepthKey::Int16),
                    24 => Ok(BitDepthKey::Int24),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(bits), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<BitDepthKey, E> {
                match word {
                    "f32" => Ok(BitDepthKey::Float32),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Depth)
    }
}

impl JsonSchema for BitDepthKey {
    fn schema_name() -> Cow<'static, str> {
        "BitDepth".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "16 or 24 (integer, dithered) or \"f32\" (float).",
            "enum": [16, 24, "f32"],
        })
    }
}
