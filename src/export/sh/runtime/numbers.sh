# Exact decimals: no float says what passes.
rb_numbers='
function bare(x) { sub(/^-/, "", x); return x }
function whole(x) { sub(/\..*/, "", x); return x }
function part_of(x) { return index(x, ".") ? substr(x, index(x, ".") + 1) : "" }
function zeros(n, z) { z = ""; while (n-- > 0) z = z "0"; return z }
function tidy(x, s, w, f) {
  s = substr(x, 1, 1) == "-" ? "-" : ""; x = bare(x); w = whole(x); f = part_of(x)
  sub(/^0+/, "", w); sub(/0+$/, "", f)
  if (w == "") w = "0"
  if (w == "0" && f == "") return "0"
  return s w (f == "" ? "" : "." f)
}
function compare_bare(a, b, w, v, f, g) {
  w = whole(a); v = whole(b); f = part_of(a); g = part_of(b)
  if (length(w) != length(v)) return length(w) < length(v) ? -1 : 1
  f = f zeros(length(g) - length(f)); g = g zeros(length(f) - length(g))
  if ("x" w f == "x" v g) return 0
  return "x" w f < "x" v g ? -1 : 1
}
function compare(a, b, s, t) {
  a = tidy(a); b = tidy(b)
  s = substr(a, 1, 1) == "-"; t = substr(b, 1, 1) == "-"
  if (s != t) return s ? -1 : 1
  return s ? compare_bare(bare(b), bare(a)) : compare_bare(a, b)
}
function add_bare(a, b, sign, f, g, n, i, d, carry, out) {
  f = part_of(a); g = part_of(b); n = length(f) > length(g) ? length(f) : length(g)
  a = whole(a) f zeros(n - length(f)); b = whole(b) g zeros(n - length(g))
  a = zeros(length(b) - length(a)) a; b = zeros(length(a) - length(b)) b
  out = ""; carry = 0
  for (i = length(a); i > 0; i--) {
    d = substr(a, i, 1) + sign * substr(b, i, 1) + carry
    carry = 0
    if (d > 9) { d -= 10; carry = 1 } else if (d < 0) { d += 10; carry = -1 }
    out = d out
  }
  if (carry > 0) out = "1" out
  return n == 0 ? out : substr(out, 1, length(out) - n) "." substr(out, length(out) - n + 1)
}
function negative(x) { return substr(x, 1, 1) == "-" ? substr(x, 2) : "-" x }
function add(a, b, s, t) {
  a = tidy(a); b = tidy(b)
  s = substr(a, 1, 1) == "-"; t = substr(b, 1, 1) == "-"
  if (s == t) return tidy((s ? "-" : "") add_bare(bare(a), bare(b), 1))
  if (compare_bare(bare(a), bare(b)) >= 0) return tidy((s ? "-" : "") add_bare(bare(a), bare(b), -1))
  return tidy((t ? "-" : "") add_bare(bare(b), bare(a), -1))
}
function times(a, b, s, n, i, j, x, y, d, out) {
  s = (substr(a, 1, 1) == "-") != (substr(b, 1, 1) == "-") ? "-" : ""
  a = bare(a); b = bare(b); n = length(part_of(a)) + length(part_of(b))
  x = whole(a) part_of(a); y = whole(b) part_of(b)
  for (i = 1; i <= length(x) + length(y); i++) digit[i] = 0
  for (i = length(x); i > 0; i--) for (j = length(y); j > 0; j--) digit[i + j] += substr(x, i, 1) * substr(y, j, 1)
  out = ""
  for (i = length(x) + length(y); i > 0; i--) {
    d = digit[i] % 10
    if (i > 1) digit[i - 1] += (digit[i] - d) / 10
    out = d out
  }
  if (n == 0) return tidy(s out)
  out = zeros(n + 1 - length(out)) out
  return tidy(s substr(out, 1, length(out) - n) "." substr(out, length(out) - n + 1))
}'
