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
] @indent

["}" ")" "]"] @outdent
