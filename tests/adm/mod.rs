mod bad;
mod file;
mod plain;
mod real;
