//! DSA keys (2048 and 256 bits), which sprig still makes.

use num_bigint::BigUint;

use super::der::{integer, sequence};
use super::pem;
use crate::{Error, Scope};

/// Rounds of Miller and Rabin's test: as Go.
const ROUNDS: usize = 64;
const SMALL_PRIMES: [u32; 30] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127,
];

fn random(scope: &Scope<'_>, bytes: usize) -> Result<BigUint, Error> {
    let mut buffer = vec![0; bytes];
    scope.host().random(&mut buffer)?;
    Ok(BigUint::from_bytes_be(&buffer))
}

fn is_probably_prime(scope: &Scope<'_>, number: &BigUint, rounds: usize) -> Result<bool, Error> {
    let zero = BigUint::ZERO;
    if SMALL_PRIMES.iter().any(|prime| number % *prime == zero) {
        return Ok(false);
    }
    let one = BigUint::from(1u32);
    let even = number - &one;
    let twos = even.trailing_zeros().unwrap_or(0);
    let odd = &even >> twos;
    'round: for _ in 0..rounds {
        let base = random(scope, 16)? + 2u32;
        let mut power = (base % number).modpow(&odd, number);
        if power == one || power == even {
            continue;
        }
        for _ in 1..twos {
            power = &power * &power % number;
            if power == even {
                continue 'round;
            }
        }
        return Ok(false);
    }
    Ok(true)
}

/// A new key as PEM in sprig's form.
pub(super) fn generate(scope: &Scope<'_>) -> Result<String, Error> {
    let one = BigUint::from(1u32);
    loop {
        let mut q = random(scope, 32)?;
        q.set_bit(0, true);
        q.set_bit(255, true);
        if !is_probably_prime(scope, &q, ROUNDS)? {
            continue;
        }
        for _ in 0..4 * 2048 {
            let mut p = random(scope, 256)?;
            p.set_bit(0, true);
            p.set_bit(2047, true);
            let rest = &p % &q;
            p = p - rest + &one;
            if p.bits() < 2048
                || !p.bit(0)
                || !is_probably_prime(scope, &p, 1)?
                || !is_probably_prime(scope, &p, ROUNDS)?
            {
                continue;
            }
            let exponent = (&p - &one) / &q;
            let g = (2u32..)
                .map(|base| BigUint::from(base).modpow(&exponent, &p))
                .find(|g| *g != one)
                .unwrap_or_default();
            let x = random(scope, 40)? % (&q - &one) + &one;
            let y = g.modpow(&x, &p);
            let parts = [p, q, g, y, x].map(|number| integer(&number.to_bytes_be()));
            let [p, q, g, y, x] = &parts;
            return Ok(pem::encode(
                "DSA PRIVATE KEY",
                &sequence(&[&integer(&[0]), p, q, g, y, x]),
            ));
        }
    }
}
