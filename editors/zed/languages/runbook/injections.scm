; Made from editors/tree-sitter/queries/injections.scm.

((command_text) @injection.content
  (#set! injection.language "bash"))

((fenced_text) @injection.content
  (#set! injection.language "bash"))

; Queries of Prometheus stand as they are between backquotes.
((source_query (raw_string (raw_content) @injection.content))
  (#set! injection.language "promql"))

((matches (raw_string (raw_content) @injection.content))
  (#set! injection.language "regex"))
