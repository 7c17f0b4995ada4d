// Where a statement ends, and whether `else …` of a later line belongs to it.
// Both are marks without a width: what is looked at stays to be read.

#include "tree_sitter/parser.h"

enum Token { LINE_END, ALTERNATIVE_AHEAD };

static bool is_blank(int32_t c) { return c == ' ' || c == '\t'; }

static bool is_line_end(int32_t c) { return c == '\n' || c == '\r'; }

// Over spaces, line ends and comments.
static void pass_gap(TSLexer *lexer) {
  for (;;) {
    while (is_blank(lexer->lookahead) || is_line_end(lexer->lookahead)) {
      lexer->advance(lexer, false);
    }
    if (lexer->lookahead != '#') {
      return;
    }
    while (!is_line_end(lexer->lookahead) && !lexer->eof(lexer)) {
      lexer->advance(lexer, false);
    }
  }
}

// Whether another way back comes next: `else {`, `else $ …` or `else "…" {`.
// `else abort` is something else.
static bool is_alternative(TSLexer *lexer) {
  pass_gap(lexer);
  for (const char *word = "else"; *word; word++) {
    if (lexer->lookahead != *word) {
      return false;
    }
    lexer->advance(lexer, false);
  }
  while (is_blank(lexer->lookahead)) {
    lexer->advance(lexer, false);
  }
  int32_t c = lexer->lookahead;
  return c == '{' || c == '$' || c == '"' || c == '`';
}

bool tree_sitter_runbook_external_scanner_scan(void *payload, TSLexer *lexer,
                                               const bool *valid) {
  (void)payload;
  while (is_blank(lexer->lookahead)) {
    lexer->advance(lexer, true);
  }
  lexer->mark_end(lexer);
  int32_t next = lexer->lookahead;
  bool ends = is_line_end(next) || next == '}' || next == '#' || lexer->eof(lexer);
  if (valid[ALTERNATIVE_AHEAD] && is_alternative(lexer)) {
    lexer->result_symbol = ALTERNATIVE_AHEAD;
    return true;
  }
  lexer->result_symbol = LINE_END;
  return ends && valid[LINE_END];
}

// There is nothing to remember.

void *tree_sitter_runbook_external_scanner_create(void) { return NULL; }

void tree_sitter_runbook_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_runbook_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}

void tree_sitter_runbook_external_scanner_deserialize(void *payload, const char *buffer,
                                                      unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}
