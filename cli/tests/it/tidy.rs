//! The rules of the house are tests.

#[test]
fn the_house_is_tidy() {
    if let Err(error) = xtask::tidy::check() {
        panic!("{error}");
    }
}
