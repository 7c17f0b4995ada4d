; Made from editors/tree-sitter/queries/indents.scm.

[
  (attributes)
  (block)
  (gate_block)
  (checklist_block)
  (conditions)
  (watch_block)
  (window_block)
  (test_block)
  (trouble_block)
  (http_options)
  (via_block)
  (parameters)
  (arguments)
  (list)
  (group)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end

; The lines of scripts and of texts stay where they are.
[(fenced_text) (string_content) (raw_content) (command_text)] @indent.ignore
