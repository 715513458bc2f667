//! ADM files are read as ITU-R BS.2076 and BS.2127 say, and broken ones are refused with one clear message.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adm;
