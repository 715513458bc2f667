//! The `umbel` program.

fn main() -> std::process::ExitCode {
    umbel::cli::main()
}
