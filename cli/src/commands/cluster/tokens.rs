//! The file of `--token-auth-file`: comma-separated values, as kube-apiserver reads them.

use flux_cluster::{Token, User};

/// The tokens of a file: `token,user,uid[,"group1,group2"]` a line. Blank lines and lines that start with `#` are
/// passed over.
///
/// # Errors
/// A line with too few columns or an empty token, named by its number.
pub fn parse(text: &str) -> Result<Vec<Token>, String> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| token(line).map_err(|why| format!("line {number}: {why}")))
        .collect()
}

fn token(line: &str) -> Result<Token, String> {
    let columns = columns(line)?;
    let [token, name, uid, rest @ ..] = columns.as_slice() else {
        return Err(format!(
            "a token needs at least 3 columns (token, user name, user uid), found {}",
            columns.len()
        ));
    };
    if token.is_empty() {
        return Err("the token is empty".into());
    }
    let groups = rest.first().map(String::as_str).unwrap_or_default().split(',');
    let groups = groups.map(str::trim).filter(|group| !group.is_empty());
    Ok(Token {
        token: token.clone(),
        user: User {
            name: name.clone(),
            uid: uid.clone(),
            groups: groups.map(str::to_owned).collect(),
            ..User::default()
        },
    })
}

/// The columns of a line; a column in quotes may hold commas, and quotes when they are doubled.
fn columns(line: &str) -> Result<Vec<String>, String> {
    let mut columns = vec![String::new()];
    let (mut quoted, mut chars) = (false, line.chars().peekable());
    while let Some(c) = chars.next() {
        let column = columns.last_mut().ok_or("there is no column")?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                column.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            c => column.push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".into());
    }
    Ok(columns.iter().map(|column| column.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each token as `token=user/uid/groups`.
    fn check(text: &str, expect: Result<&[&str], &str>) {
        let found = parse(text).map(|tokens| {
            let shown = |token: &Token| {
                let user = &token.user;
                format!(
                    "{}={}/{}/{}",
                    token.token,
                    user.name,
                    user.uid,
                    user.groups.join("+")
                )
            };
            tokens.iter().map(shown).collect::<Vec<_>>()
        });
        let expect = expect.map(|list| list.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(found, expect.map_err(str::to_owned));
    }

    #[test]
    fn files_of_tokens() {
        check("a,b,c", Ok(&["a=b/c/"]));
        check("# x\n\na,b,c,d", Ok(&["a=b/c/d"]));
        check("a,b,c,\"system:masters,ops\"", Ok(&["a=b/c/system:masters+ops"]));
        check("a,\"b\"\"b\",c", Ok(&["a=b\"b/c/"]));
        check(
            "a,b",
            Err("line 1: a token needs at least 3 columns (token, user name, user uid), found 2"),
        );
        check("\n,b,c", Err("line 2: the token is empty"));
        check("a,\"b,c", Err("line 1: a quote is not closed"));
    }
}
