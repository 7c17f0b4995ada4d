; Made from editors/tree-sitter/queries/folds.scm.

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
  (fenced)
  (string)
  (raw_string)
] @fold
