//! Decimal arithmetic as shopspring/decimal does it, for `addf` and its kin.

use num_bigint::BigInt;

/// Digits behind the point that a quotient is rounded to.
const DIVISION_DIGITS: i64 = 16;

/// A number times a power of ten.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads as this float.
    ///
    /// # Errors
    /// Infinities and NaN have none.
    pub(super) fn of(value: f64) -> Result<Self, String> {
        if !value.is_finite() {
            let name = if value.is_nan() {
                "NaN"
            } else if value > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(format!("Cannot create a Decimal from {name}"));
        }
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let fraction = mantissa
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len() as i64);
        let digits = mantissa.replace('.', "");
        let value = digits.parse().unwrap_or_default();
        Ok(Decimal {
            value,
            exponent: exponent.parse::<i64>().unwrap_or(0) - fraction,
        })
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent)
            .parse()
            .unwrap_or(f64::NAN)
    }

    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: &Self| &number.value * power(number.exponent - exponent);
        (scaled(self), scaled(other), exponent)
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.aligned(other);
        Decimal {
            value: a + b,
            exponent,
        }
    }

    pub(super) fn sub(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.aligned(other);
        Decimal {
            value: a - b,
            exponent,
        }
    }

    pub(super) fn mul(&self, other: &Self) -> Self {
        Decimal {
            value: &self.value * &other.value,
            exponent: self.exponent + other.exponent,
        }
    }

    /// Rounded to sixteen digits behind the point, halves away from zero.
    ///
    /// # Errors
    /// A divisor of zero.
    pub(super) fn div(&self, other: &Self) -> Result<Self, String> {
        let zero = BigInt::ZERO;
        if other.value == zero {
            return Err("decimal division by 0".into());
        }
        let (mut a, mut b, _) = self.aligned(other);
        a *= power(DIVISION_DIGITS);
        let negative = (a < zero) != (b < zero);
        if a < zero {
            a = -a;
        }
        if b < zero {
            b = -b;
        }
        let rounded: BigInt = (a * 2u32 + &b) / (b * 2u32);
        Ok(Decimal {
            value: if negative { -rounded } else { rounded },
            exponent: -DIVISION_DIGITS,
        })
    }
}

fn power(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}
