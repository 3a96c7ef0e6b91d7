//! Why a text cannot be substituted.

/// Why a text could not be substituted, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// What is wrong, in Flux's words.
    pub kind: ErrorKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// An operator is not complete.
    #[error("bad substitution")]
    BadSubstitution,
    /// `${name` is followed by something that is neither `}` nor an operator.
    #[error("missing closing brace")]
    MissingClosingBrace,
    /// `${` is not followed by a name.
    #[error("unable to parse variable name")]
    VariableName,
    /// The word after an operator is missing.
    #[error("unable to parse substitution within function")]
    Word,
    /// `:` is not followed by a default operator.
    #[error("unable to parse default function")]
    DefaultOperator,
    /// The variable has no value, and the expression gives no default (strict mode).
    #[error("variable not set (strict mode): {0:?}")]
    NotSet(String),
    /// A substring with a negative length.
    #[error("substring of {0:?} has a negative length")]
    NegativeLength(String),
    /// A substring that begins or ends inside a character of several bytes.
    #[error("substring of {0:?} splits a character; positions count bytes")]
    SplitCharacter(String),
    /// The expressions nest too deep.
    #[error("expressions nest more than {0} levels")]
    TooDeep(usize),
    /// The result is too large.
    #[error("the result is larger than {0} bytes")]
    TooLarge(usize),
    /// A pattern and a value are too large to be matched.
    #[error("the pattern applied to {0:?} is too expensive to match")]
    PatternTooExpensive(String),
}
