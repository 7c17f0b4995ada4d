//! A reader of PromQL, as far as the rules ask: selectors, ranges, functions,
//! operators and brackets. Names of functions are not judged, so that a query
//! for a newer Prometheus is read, too.

/// An expression of PromQL.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Number,
    Text,
    /// `name{…}[range] offset …`; the range in seconds.
    Selector {
        name: String,
        range: Option<u64>,
    },
    /// A function or an aggregation.
    Call {
        name: String,
        arguments: Vec<Expr>,
    },
    Binary {
        operator: String,
        /// `> bool`
        is_bool: bool,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `expr[1h:5m]`: the range in seconds.
    Subquery {
        inner: Box<Expr>,
        range: Option<u64>,
    },
}

impl Expr {
    /// Calls a function for this and everything in it, with what is around.
    pub fn walk<'e>(
        &'e self,
        around: &mut Vec<&'e Expr>,
        see: &mut dyn FnMut(&'e Expr, &[&'e Expr]),
    ) {
        see(self, around);
        around.push(self);
        match self {
            Expr::Number | Expr::Text | Expr::Selector { .. } => {}
            Expr::Call { arguments, .. } => {
                for argument in arguments {
                    argument.walk(around, see);
                }
            }
            Expr::Binary { left, right, .. } => {
                left.walk(around, see);
                right.walk(around, see);
            }
            Expr::Subquery { inner, .. } => inner.walk(around, see),
        }
        around.pop();
    }
}

/// Reads a query.
///
/// # Errors
/// What is wrong, in words.
pub fn read(text: &str) -> Result<Expr, String> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let expr = reader.expression(0)?;
    match reader.peek() {
        None => Ok(expr),
        Some(token) => Err(format!("`{}` cannot stand here", token.text())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// Also a duration.
    Number(String),
    Text,
    Sign(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::Word(text) | Token::Number(text) => text,
            Token::Text => "\"…\"",
            Token::Sign(sign) => sign,
        }
    }
}

const SIGNS: [&str; 23] = [
    "==", "!=", "=~", "!~", ">=", "<=", ">", "<", "=", "+", "-", "*", "/", "%", "^", "(", ")", "{",
    "}", "[", "]", ",", ":",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, behind)| behind);
        } else if matches!(first, '"' | '\'' | '`') {
            let end = text_end(&rest[1..], first).ok_or("a quotation mark is never closed")?;
            tokens.push(Token::Text);
            rest = &rest[1 + end + 1..];
        } else if first.is_ascii_digit() || (first == '.' && has_digit(&rest[1..])) {
            let end = number_end(rest);
            tokens.push(Token::Number(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first.is_alphabetic()
            || first == '_'
            || (first == ':' && opens_name(&tokens, rest))
        {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '.')))
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first == '@' {
            tokens.push(Token::Sign("@"));
            rest = &rest[1..];
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("`{first}` means nothing here"))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// `:` begins a name only where none of a range stands before it.
fn opens_name(tokens: &[Token], rest: &str) -> bool {
    let in_range = matches!(tokens.last(), Some(Token::Number(_)));
    !in_range && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic())
}

fn has_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn text_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != '`' {
            escaped = true;
        } else if c == quote {
            return Some(at);
        }
    }
    None
}

/// `5`, `0.1`, `1e-3`, `0x1f`, `1h30m`
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let exponent = matches!(byte, b'+' | b'-')
            && at > 0
            && matches!(bytes[at - 1], b'e' | b'E')
            && bytes[..at - 1]
                .iter()
                .all(|it| it.is_ascii_digit() || *it == b'.');
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent {
            at += 1;
        } else {
            break;
        }
    }
    at
}

/// A duration in seconds; none where it is no duration.
fn seconds(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        total += match &rest[..unit] {
            "ms" => amount / 1_000,
            "s" => amount,
            "m" => amount.checked_mul(60)?,
            "h" => amount.checked_mul(3_600)?,
            "d" => amount.checked_mul(86_400)?,
            "w" => amount.checked_mul(604_800)?,
            "y" => amount.checked_mul(31_536_000)?,
            _no_unit => return None,
        };
        rest = &rest[unit..];
    }
    Some(total)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Deeper ones are no queries, but attempts to exhaust the stack.
const DEEPEST: usize = 100;

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(it)) if *it == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(it)) if it.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn want(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(token) => format!("`{sign}` is missing before `{}`", token.text()),
            None => format!("`{sign}` is missing at the end"),
        })
    }

    fn expression(&mut self, least: u8) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it nests too deep".to_owned());
        }
        let mut left = self.unary()?;
        while let Some((operator, strength)) = self.operator() {
            if strength < least {
                break;
            }
            self.at += 1;
            let is_bool = self.take_word("bool");
            self.matching()?;
            let right = self.expression(strength + u8::from(operator != "^"))?;
            left = Expr::Binary {
                operator,
                is_bool,
                left: Box::new(left),
                right: Box::new(right),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next, and how strongly it binds.
    fn operator(&self) -> Option<(String, u8)> {
        let strength = match self.peek()? {
            Token::Sign(sign) => match *sign {
                "==" | "!=" | ">" | "<" | ">=" | "<=" => 3,
                "+" | "-" => 4,
                "*" | "/" | "%" => 5,
                "^" => 6,
                _another => return None,
            },
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "or" => 1,
                "and" | "unless" => 2,
                "atan2" => 5,
                _a_name => return None,
            },
            Token::Number(_) | Token::Text => return None,
        };
        Some((self.peek()?.text().to_ascii_lowercase(), strength))
    }

    /// `on (a, b) group_left (c)`
    fn matching(&mut self) -> Result<(), String> {
        if self.take_word("on") || self.take_word("ignoring") {
            self.labels()?;
        }
        if (self.take_word("group_left") || self.take_word("group_right")) && self.is("(") {
            self.labels()?;
        }
        Ok(())
    }

    fn labels(&mut self) -> Result<(), String> {
        self.want("(")?;
        while matches!(self.peek(), Some(Token::Word(_) | Token::Text)) {
            self.at += 1;
            if !self.take(",") {
                break;
            }
        }
        self.want(")")
    }

    fn unary(&mut self) -> Result<Expr, String> {
        while self.take("-") || self.take("+") {}
        let mut expr = self.primary()?;
        loop {
            if self.take("[") {
                expr = self.range(expr)?;
            } else if self.take_word("offset") {
                self.take("-");
                self.at += 1;
            } else if self.take("@") {
                self.take("-");
                self.at += 1;
                if self.take("(") {
                    self.want(")")?;
                }
            } else {
                return Ok(expr);
            }
        }
    }

    fn range(&mut self, of: Expr) -> Result<Expr, String> {
        let Some(token) = self.peek().cloned() else {
            return Err("a range is missing behind `[`".to_owned());
        };
        self.at += 1;
        let range = match &token {
            Token::Number(text) => Some(
                seconds(text)
                    .or_else(|| text.parse().ok())
                    .ok_or_else(|| format!("`{text}` is no duration: write `5m` or `30s`"))?,
            ),
            // Filled in when the run starts.
            Token::Word(_) => None,
            Token::Text | Token::Sign(_) => {
                return Err(format!("`{}` is no duration", token.text()));
            }
        };
        let is_subquery = self.take(":");
        if is_subquery && !self.is("]") {
            self.at += 1;
        }
        self.want("]")?;
        match of {
            Expr::Selector { name, range: None } if !is_subquery => {
                Ok(Expr::Selector { name, range })
            }
            inner if is_subquery => Ok(Expr::Subquery {
                inner: Box::new(inner),
                range,
            }),
            _another => Err("a range stands behind a name, or is written `[1h:1m]`".to_owned()),
        }
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let Some(token) = self.peek().cloned() else {
            return Err("something is missing at the end".to_owned());
        };
        self.at += 1;
        match token {
            Token::Number(_) => Ok(Expr::Number),
            Token::Text => Ok(Expr::Text),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.want(")")?;
                Ok(inner)
            }
            Token::Sign("{") => {
                self.matchers()?;
                Ok(Expr::Selector {
                    name: String::new(),
                    range: None,
                })
            }
            Token::Sign(sign) => Err(format!("`{sign}` cannot stand here")),
            Token::Word(name) => self.named(name),
        }
    }

    fn named(&mut self, name: String) -> Result<Expr, String> {
        if self.is_word("by") || self.is_word("without") {
            self.at += 1;
            self.labels()?;
        }
        if self.take("(") {
            let mut arguments = Vec::new();
            while !self.is(")") {
                arguments.push(self.expression(0)?);
                if !self.take(",") {
                    break;
                }
            }
            self.want(")")?;
            if self.is_word("by") || self.is_word("without") {
                self.at += 1;
                self.labels()?;
            }
            return Ok(Expr::Call {
                name: name.to_ascii_lowercase(),
                arguments,
            });
        }
        if self.take("{") {
            self.matchers()?;
        }
        let is_number = name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("nan");
        Ok(if is_number {
            Expr::Number
        } else {
            Expr::Selector { name, range: None }
        })
    }

    /// `a="b", c=~"d"}`
    fn matchers(&mut self) -> Result<(), String> {
        while !self.is("}") {
            match self.peek() {
                Some(Token::Word(_)) => {
                    self.at += 1;
                    let relates = ["=", "!=", "=~", "!~"].iter().any(|it| self.take(it));
                    if !relates {
                        return Err("a label is compared with `=`, `!=`, `=~` or `!~`".to_owned());
                    }
                    match self.peek() {
                        Some(Token::Text) => self.at += 1,
                        Some(token) => {
                            let text = token.text();
                            return Err(format!(
                                "`{text}` stands in quotation marks: `\"{text}\"`"
                            ));
                        }
                        None => return Err("a value is missing at the end".to_owned()),
                    }
                }
                // `{"name.with.dots", …}`
                Some(Token::Text) => {
                    self.at += 1;
                    if ["=", "!=", "=~", "!~"].iter().any(|it| self.take(it)) {
                        self.at += 1;
                    }
                }
                Some(_) | None => break,
            }
            if !self.take(",") {
                break;
            }
        }
        self.want("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_dashboards_are_read() {
        for text in [
            r#"100 * sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#,
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
            r#"100 * (1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5m])))"#,
            "sum(rate(a[5m])) by (job) / on (job) group_left sum(rate(b[5m])) by (job)",
            "max_over_time(deriv(rate(distance_total[5s])[30s:5s])[10m:])",
            "rate(x[5m] offset 1w) > bool 0.1 and up == 1 or vector(0)",
            "quantile by (job) (0.9, x) @ 1609746000",
            "-1e-3 * job:requests:rate5m + 0x1f ^ 2 ^ 3",
            "{__name__=~\"job:.*\"} unless on() absent(up)",
            "topk(5, count_values(\"version\", build_version))",
            "http_requests_total @ end() - http_requests_total @ start()",
            "sum(rate({\"http.server.requests\", status=\"500\"}[5m]))",
        ] {
            assert!(read(text).is_ok(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        for (text, why) in [
            ("sum(rate(x[5m])", "`)` is missing at the end"),
            ("rate(x[5m", "`]` is missing at the end"),
            ("x{a=b}", "`b` stands in quotation marks"),
            ("x{a=\"b}", "never closed"),
            ("sum(x) / ", "missing at the end"),
            ("x y", "`y` cannot stand here"),
            ("rate(x[5])) ", "`)` cannot stand here"),
            ("rate(x[5q])", "`5q` is no duration"),
            ("sum(x)[5m]", "a range stands behind a name"),
        ] {
            let found = read(text).expect_err(text);
            assert!(found.contains(why), "{text}: {found}");
        }
    }

    #[test]
    fn no_query_exhausts_the_stack() {
        assert!(read(&"(".repeat(100_000)).is_err());
        assert!(read(&"x^".repeat(100_000)).is_err());
    }
}
