mod bad;
mod file;
mod fuzz;
mod matrix;
mod plain;
mod real;
mod selection;
