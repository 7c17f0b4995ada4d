(step (_) @function.inside) @function.around
(check (_) @function.inside) @function.around
(gate (gate_block) @function.inside) @function.around
(checklist (checklist_block) @function.inside) @function.around
(action (_) @function.inside) @function.around
(strategy (block) @function.inside) @function.around
(phase (block) @class.inside) @class.around
(with (block) @class.inside) @class.around
(parallel (block) @class.inside) @class.around
(for (block) @class.inside) @class.around
(test (test_block) @test.inside) @test.around
(parameter) @parameter.around
(argument) @parameter.around
[(comment) (doc_comment)] @comment.inside
(comment)+ @comment.around
