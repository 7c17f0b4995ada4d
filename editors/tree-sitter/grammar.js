// The grammar of runbooks for editors, in the order of `grammar/runbook.pest`.
//
// The compiler's grammar is the one that counts; this one takes a little more
// than it (a comparison where an amount must stand, say), so that what is being
// typed keeps its colours. Nothing that the compiler takes has an ERROR here:
// `tests/suite/editors` holds that.
//
// A statement ends with its line. `_line_end` is what the scanner (src/scanner.c)
// finds before a line end, a comment, a `}` or the end of the file; where a
// statement cannot end, line ends are spaces.

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const PRECEDENCE = { or: 1, and: 2, compare: 3, add: 4, multiply: 5, unary: 6 };

/** @param {RuleOrLiteral} rule */
const list = (rule) => seq(rule, repeat(seq(',', rule)));

/** A list between brackets, where a comma may stand at the end.
 * @param {RuleOrLiteral} rule */
const bracketed = (rule) => optional(seq(list(rule), optional(',')));

/** Texts hold spaces and `#`, so their parts go before spaces and comments.
 * @param {RuleOrLiteral} rule */
const inText = (rule) => token.immediate(prec(2, rule));

module.exports = grammar({
  name: 'runbook',

  externals: ($) => [$._line_end, $._alternative_ahead],

  extras: ($) => [/[ \t\r\n\uFEFF]/, $.comment, $.doc_comment],

  word: ($) => $.name,

  supertypes: ($) => [$.statement],

  conflicts: ($) => [
    // `until healthy within 10m` and `until p95 within 10% of baseline`.
    [$.comparison, $.named_condition],
  ],

  rules: {
    source_file: ($) => repeat($._item),

    _item: ($) =>
      choice(
        $.runbook,
        $.use,
        $.action,
        $.check_template,
        $.strategy,
        $.bracket,
        $.test,
        $.trouble,
        $.param,
        $.secret,
        $.role,
        $.hosts,
        $.lock,
        seq($.env, $._line_end),
        $.window,
        $.source,
        $.metric,
        $.thresholds,
        $.channel,
        $.message,
        $.defaults,
        $.watch,
        $.ending,
        seq($.rollback, $._line_end),
        $.statement,
      ),

    // ----------------------------------------------------------- declarations

    runbook: ($) => seq('runbook', field('title', $._text), $._line_end),
    param: ($) =>
      seq(
        'param',
        field('name', $.name),
        ':',
        field('type', $._type),
        optional(seq('=', field('default', $._expression))),
        optional(field('description', $._text)),
        $._line_end,
      ),
    secret: ($) =>
      seq(
        'secret',
        field('name', $.name),
        'from',
        choice(seq('env', $._text), seq('file', $._text), $._command),
        $._line_end,
      ),
    role: ($) =>
      seq(
        'role',
        field('name', $.name),
        '=',
        $._expression,
        optional(seq('signed', 'by', $._text)),
        $._line_end,
      ),
    hosts: ($) =>
      seq('hosts', field('name', $.name), '=', $._expression, optional($.via), $._line_end),
    via: ($) => seq('via', $.name, optional($.via_block)),
    via_block: ($) => seq('{', repeat(seq($._via_option, optional(','))), '}'),
    _via_option: ($) => choice($.via_user, $.via_port, $.via_identity, $.via_options),
    via_user: ($) => seq('user', $._amount),
    via_port: ($) => seq('port', $._amount),
    via_identity: ($) => seq('identity', $._amount),
    via_options: ($) => prec.right(seq('options', list($._text))),
    lock: ($) => seq('lock', $._text, $._line_end),
    source: ($) =>
      seq(
        'source',
        field('name', $.name),
        '=',
        field('kind', $.name),
        $._amount,
        optional($.http_options),
        $._line_end,
      ),
    metric: ($) =>
      seq(
        'metric',
        field('name', $.name),
        choice(
          seq(
            optional($.parameters),
            ':',
            field('type', $._type),
            '=',
            $._query,
            optional(seq('of', $.name)),
          ),
          $._from_call,
        ),
        $._line_end,
      ),
    channel: ($) =>
      seq('channel', field('name', $.name), '=', choice($.slack, $.webhook, $._command), $._line_end),
    slack: ($) => seq('slack', $._amount),
    webhook: ($) => seq('webhook', $._amount, optional($.http_options)),
    message: ($) =>
      seq(
        'message',
        field('name', $.name),
        choice(
          seq('to', list($.name), choice($._text, $._from_call)),
          seq($.parameters, $._text),
        ),
        $._line_end,
      ),
    defaults: ($) => seq('defaults', $.attributes, $._line_end),

    _type: ($) => choice($.list_type, $.choice_type, $.type),
    list_type: ($) => seq('list', '<', $._type, '>'),
    choice_type: ($) => seq($._text, repeat(seq('|', $._text))),
    type: ($) => $.name,

    _query: ($) => choice($.http_query, $._command, $.source_query),
    http_query: ($) =>
      seq('http', $._amount, optional(seq('at', $._text)), optional($.http_options)),
    source_query: ($) => seq($.name, $._text),

    http_options: ($) => seq('{', repeat(seq($._http_option, optional(','))), '}'),
    _http_option: ($) => choice($.header, $.timeout, $.body, $.expect_status),
    header: ($) => seq('header', $._text, '=', $._expression),
    body: ($) => seq('body', $._expression),
    expect_status: ($) => prec.right(seq('expect', 'status', list($._amount))),

    // ------------------------------------------------------------------ reuse

    use: ($) =>
      seq('use', choice($._text, $.path), optional(seq('as', field('alias', $.name))), $._line_end),
    action: ($) =>
      seq('action', field('name', $.name), $.parameters, $._body, $._line_end),
    check_template: ($) =>
      seq('check', field('name', $.name), $.parameters, $._body, $._line_end),
    strategy: ($) =>
      seq('strategy', field('name', $.name), $.parameters, $.block, $._line_end),
    bracket: ($) =>
      seq('bracket', field('name', $.name), $.parameters, $.block, $._line_end),
    parameters: ($) => seq('(', bracketed($.parameter), ')'),
    parameter: ($) =>
      seq(
        field('name', $.name),
        ':',
        field('type', choice($.action_type, $._type)),
        optional(seq('=', $._expression)),
        optional(field('description', $._text)),
      ),
    action_type: ($) => seq('action', '(', optional(list($.action_parameter)), ')'),
    action_parameter: ($) => seq(field('name', $.name), ':', field('type', $._type)),

    // ------------------------------------------------------------------ tests

    test: ($) => seq('test', field('title', $._text), $.test_block, $._line_end),
    test_block: ($) => seq('{', repeat($._test_line), '}'),
    _test_line: ($) =>
      choice(seq(choice($.set, $.given, $.expectation), $._line_end), $.statement),
    set: ($) => seq('set', list($.setting)),
    setting: ($) => seq($.name, '=', $._expression),
    given: ($) =>
      seq('given', choice($._given_event, $._given_node, $._given_metric, $._given_gate)),
    _given_event: ($) =>
      seq(choice('crash', 'interrupt', 'request'), choice('after', 'during'), $.node),
    _given_node: ($) =>
      seq(
        choice('step', 'check', 'enter', 'leave', seq('rollback', 'of')),
        $.node,
        optional($._text),
        choice(
          seq('fails', optional(seq('exit', $._amount))),
          seq('times', 'out'),
          seq('takes', $._amount),
          seq('gives', $.name, $._text),
        ),
        optional(seq('on', 'attempt', $._amount)),
      ),
    _given_metric: ($) =>
      seq(
        $.name,
        '=',
        $._measured,
        repeat(seq(',', 'then', $._measured, 'after', $._amount)),
      ),
    _measured: ($) => choice(seq('no', 'data'), $._amount),
    _given_gate: ($) =>
      seq(
        $.node,
        choice(
          seq('approved', 'by', list($._text)),
          'confirmed',
          'rejected',
          'unanswered',
          'closed',
        ),
      ),
    expectation: ($) =>
      seq(
        'expect',
        choice(
          seq(optional('not'), 'ran', list($._ran)),
          field('outcome', $.name),
        ),
      ),
    // A step may be called `leave`.
    _ran: ($) =>
      choice(
        seq(optional(choice(seq('rollback', 'of'), 'leave')), $.node),
        alias('leave', $.node),
      ),
    // A statement as it is called in a run: `shift[10%]`, `rollout.shift`.
    node: ($) => seq($.name, repeat(seq('.', $.name)), repeat($.round)),
    round: ($) => seq(token.immediate('['), optional($.item), inText(']')),
    item: () => inText(/[^\]\r\n]+/),

    // ---------------------------------------------------------------- trouble

    trouble: ($) => seq('trouble', field('title', $._text), $.trouble_block, $._line_end),
    trouble_block: ($) =>
      seq(
        '{',
        repeat(seq(choice($.symptom, $.matches, $.diagnose, $.try), $._line_end)),
        '}',
      ),
    symptom: ($) => seq('symptom', $._text),
    matches: ($) => seq('matches', choice($._text, $.name), optional(seq('in', list($.name)))),
    diagnose: ($) => seq('diagnose', choice($.attributes, $._command)),
    try: ($) => seq('try', $._text),

    // ---------------------------------------------------------------- windows

    window: ($) => seq('window', field('name', $.name), $.window_block, $._line_end),
    window_block: ($) => seq('{', repeat(seq(choice($.allow, $.deny), $._line_end)), '}'),
    allow: ($) => seq('allow', repeat1($._window_part)),
    deny: ($) => seq('deny', repeat1($._window_part)),
    _window_part: ($) => choice($.days, $.dates, $.hours, $.zone, $._text),
    days: ($) => list(seq($.day, optional(seq('..', $.day)))),
    day: () => choice('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'),
    dates: ($) => list(seq($.date, optional(seq('..', $.date)))),
    date: () => /\d{4}-\d{2}-\d{2}/,
    hours: ($) => seq($.time, '..', $.time),
    time: () => /\d{1,2}:\d{2}/,
    zone: ($) => seq('in', $._text),

    // ------------------------------------------------------------- statements

    statement: ($) =>
      choice(
        $.step,
        $.check,
        $.gate,
        $.phase,
        $.with,
        $.parallel,
        $.for,
        $.checklist,
        $.notify,
        $.postmortem,
      ),
    phase: ($) =>
      seq(
        'phase',
        field('name', $.name),
        repeat($._head),
        choice($._from_call, $.block),
        $._line_end,
      ),
    _from_call: ($) => seq('=', $.call),
    with: ($) =>
      seq(
        'with',
        field('name', $.name),
        repeat($._head),
        optional(seq($._from_call, repeat($._head))),
        $.block,
        $._line_end,
      ),
    parallel: ($) =>
      seq('parallel', optional(field('name', $.name)), repeat($._head), $.block, $._line_end),
    for: ($) =>
      seq(
        'for',
        field('variable', $.name),
        'in',
        $._expression,
        repeat(seq(',', choice($.tolerate, $.on_breach, $.at_a_time))),
        repeat($._head),
        $.block,
        $._line_end,
      ),
    on_breach: ($) => seq('on', 'breach', 'rollback', $.name),
    at_a_time: ($) => seq($._amount, 'at', 'a', 'time'),
    step: ($) => seq('step', field('name', $.name), repeat($._head), $._body, $._line_end),
    check: ($) => seq('check', field('name', $.name), repeat($._head), $._body, $._line_end),
    gate: ($) => seq('gate', field('name', $.name), repeat($._head), $.gate_block, $._line_end),
    checklist: ($) =>
      seq('checklist', field('name', $.name), repeat($._head), $.checklist_block, $._line_end),
    notify: ($) => seq('notify', list($.name), repeat($._head), $._line_end),
    postmortem: ($) => seq('postmortem', $._text, $._line_end),

    _head: ($) => choice(field('title', $._text), $.after, $.when, $.at),
    after: ($) => seq('after', list($.name)),
    when: ($) => seq('when', $._expression),
    at: ($) => seq('at', $.moment),
    moment: ($) => seq('T', optional(seq(choice('+', '-'), $._amount))),

    block: ($) =>
      seq(
        '{',
        repeat(choice($.statement, seq(choice($.enter, $.leave, $.rollback), $._line_end))),
        '}',
      ),
    enter: ($) => seq('enter', choice($.attributes, $._command)),
    leave: ($) => seq('leave', choice($.attributes, $._command)),

    _body: ($) => choice($.from_template, $.attributes, $.http, $._command),
    from_template: ($) => seq('=', $.call, optional($.attributes)),
    call: ($) => seq(field('template', $.path), $.arguments),
    arguments: ($) => seq('(', bracketed($.argument), ')'),
    argument: ($) =>
      seq(optional(seq(field('name', $.name), ':')), choice($.call, $._expression)),

    // ------------------------------------------------------------- attributes

    attributes: ($) => seq('{', repeat($._attribute), '}'),
    _attribute: ($) =>
      choice(
        $.script,
        seq(
          choice(
            $.fenced,
            $.rollback,
            $.timeout,
            $.harmless,
            $.within,
            $.retry,
            $.expect,
            $.output,
            $.capture,
            $.env,
            $.dir,
            $.shell,
            $.touches,
            $.needs,
            $.done_when,
            $.irreversible,
            $.verify,
            $.best_effort,
            $.repeatable,
            $.atomic,
            $.on_host,
            $.else,
            $.http,
          ),
          $._line_end,
        ),
      ),
    timeout: ($) => seq('timeout', $._amount),
    within: ($) => seq('within', $._amount, $.every),
    every: ($) => seq('every', $._amount),
    retry: ($) =>
      seq('retry', $._amount, optional($.every), optional(seq('backoff', $._amount))),
    expect: ($) =>
      seq(
        'expect',
        choice(
          seq('stdout', choice('contains', 'matches'), $._text),
          seq('exit', list($._amount)),
        ),
      ),
    output: ($) =>
      seq(
        'output',
        field('name', $.name),
        'from',
        choice('stdout', 'json', 'file'),
        $._text,
        optional(seq('default', $._expression)),
      ),
    capture: ($) => seq('capture', field('name', $.name), $._command),
    env: ($) => seq('env', field('name', $.env_name), optional(seq('=', $._expression))),
    env_name: () => /[A-Za-z_][A-Za-z0-9_]*/,
    dir: ($) => seq('dir', $._expression),
    shell: ($) => seq('shell', $.name),
    touches: ($) => seq(choice('touches', 'destroys', 'saves'), list($.name)),
    needs: ($) => seq('needs', list($.tool)),
    tool: () => /[A-Za-z0-9_.+-]+/,
    done_when: ($) => seq('done', 'when', $._command),
    harmless: ($) => seq('harmless', $._text),
    irreversible: ($) => seq('irreversible', optional($._text), optional(seq('then', $._text))),
    verify: ($) => seq('verify', $._command),
    best_effort: () => seq('best', 'effort'),
    repeatable: () => 'repeatable',
    atomic: () => 'atomic',
    on_host: ($) => seq('on', $._expression),
    else: ($) => seq('else', $.name),
    http: ($) => seq('http', $.method, $._amount, optional($.http_options)),
    method: () => /[A-Za-z]+/,

    rollback: ($) =>
      seq(
        'rollback',
        optional($.best_effort),
        choice($.attributes, $._command),
        repeat($.alternative),
      ),
    // Also in a later line, which the scanner looks ahead for.
    alternative: ($) =>
      seq($._alternative_ahead, 'else', optional($._text), choice($.attributes, $._command)),

    // ------------------------------------------------------------------ gates

    gate_block: ($) => seq('{', repeat(seq($._gate_item, $._line_end)), '}'),
    _gate_item: ($) =>
      choice(
        $.approve,
        $.confirm,
        $.gate_window,
        $.wait,
        $.hold,
        $.until,
        $.titled_check,
        $.rehearsed,
        $.timeout,
        $.else,
      ),
    approve: ($) =>
      seq(
        'approve',
        'by',
        $.name,
        repeat(choice(seq('count', $._amount), seq('or', 'starter'))),
      ),
    confirm: ($) => seq('confirm', $._text),
    gate_window: ($) => seq('window', $.name),
    wait: ($) => seq('wait', $._amount),
    hold: ($) =>
      seq('hold', $._condition, 'for', $._amount, repeat(choice($.every, $.tolerate))),
    tolerate: ($) => seq('tolerate', $._amount),
    until: ($) => seq('until', $._condition, 'within', $._amount, optional($.every)),
    titled_check: ($) => seq('check', field('title', $._text), $._body),
    rehearsed: ($) => seq('rehearsed', 'on', $._amount, 'within', $._amount),

    checklist_block: ($) =>
      seq('{', repeat(seq(choice($.confirm, $.titled_check), $._line_end)), '}'),

    // -------------------------------------------------------------- measuring

    thresholds: ($) =>
      seq(
        'thresholds',
        field('name', $.name),
        optional(choice(field('description', $._text), $.parameters)),
        choice($._from_call, $.conditions),
        $._line_end,
      ),
    conditions: ($) => seq('{', repeat(seq($._condition, $._line_end)), '}'),
    _condition: ($) => choice($.any_of, $.all_of, $.comparison, $.named_condition),
    any_of: ($) => seq('any', $.conditions),
    all_of: ($) => seq(optional('all'), $.conditions),
    comparison: ($) =>
      seq(
        // A metric may be called `all`.
        field('metric', choice($.name, alias(choice('any', 'all'), $.name))),
        choice(
          seq($.operator, $._amount),
          seq('within', $._amount, 'of', $._amount),
          seq('not', 'worse', 'than', 'baseline'),
        ),
        repeat(choice($.fail, $.min_samples, $.no_data, $.series)),
      ),
    named_condition: ($) => $.name,
    fail: ($) => seq('fail', $.operator, $._amount),
    min_samples: ($) => seq('min', $._amount, 'samples'),
    no_data: ($) => seq('no', 'data', $.name),
    series: ($) => seq('series', $.name),

    watch: ($) =>
      seq(
        'watch',
        field('name', $.name),
        'during',
        list($.name),
        optional(','),
        optional($.every),
        $.watch_block,
        $._line_end,
      ),
    watch_block: ($) => seq('{', repeat(seq(choice($.when_rule, $.on_request), $._line_end)), '}'),
    when_rule: ($) =>
      seq(
        choice('rollback', 'ask'),
        'when',
        $._condition,
        optional(seq('for', $._amount)),
      ),
    on_request: ($) => seq('rollback', 'on', 'request', $._text),

    ending: ($) =>
      seq(
        choice(seq('on', choice('success', 'rollback', 'stuck', 'failure')), 'always'),
        $.block,
        $._line_end,
      ),

    // ------------------------------------------------------------ expressions

    // An amount is the part without `and`, `or` and comparisons, which stands
    // where such words may follow.
    _expression: ($) => choice($._amount, $.binary),
    binary: ($) =>
      choice(
        prec.left(PRECEDENCE.or, seq($._expression, 'or', $._expression)),
        prec.left(PRECEDENCE.and, seq($._expression, 'and', $._expression)),
        prec.left(PRECEDENCE.compare, seq($._expression, $.operator, $._expression)),
      ),
    operator: () => choice('==', '!=', '<=', '>=', '<', '>'),
    _amount: ($) => choice($._operand, $.arithmetic),
    arithmetic: ($) =>
      choice(
        prec.left(PRECEDENCE.add, seq($._amount, choice('+', '-'), $._amount)),
        prec.left(PRECEDENCE.multiply, seq($._amount, choice('*', '/'), $._amount)),
      ),
    _operand: ($) => choice($.unary, $._primary),
    unary: ($) => prec(PRECEDENCE.unary, seq(choice('not', '-'), $._operand)),
    _primary: ($) => choice($._text, $.boolean, $.quantity, $.path, $.list, $.group),
    boolean: () => choice('true', 'false'),
    quantity: () => /\d[\d_]*(\.\d+)?(%|\/[A-Za-z]+|[A-Za-z][A-Za-z0-9]*)?/,
    path: ($) => seq($.name, repeat(seq('.', $.name))),
    list: ($) => seq('[', bracketed($._expression), ']'),
    group: ($) => seq('(', $._expression, ')'),

    // ------------------------------------------------------------------- text

    _text: ($) => choice($.string, $.raw_string),
    string: ($) =>
      choice(
        seq(
          '"',
          repeat(
            choice(
              $._inside,
              alias(inText(/[^"\\{}\r\n]+/), $.string_content),
            ),
          ),
          inText('"'),
        ),
        seq(
          '"""',
          repeat(
            choice(
              $._inside,
              alias(inText(/[^"\\{}]+/), $.string_content),
              alias(inText('"'), $.string_content),
            ),
          ),
          inText('"""'),
        ),
      ),
    _inside: ($) =>
      choice($.escape, $.interpolation, alias(inText('}'), $.string_content)),
    escape: () =>
      inText(choice('{{', '}}', /\\u\{[^}"\r\n]*\}/, /\\[^\r\n]/, /\\(\r\n|\n|\r)/)),
    interpolation: ($) => seq(inText('{'), $._expression, '}'),
    raw_string: ($) =>
      choice(
        seq('`', optional(alias(inText(/[^`\r\n]+/), $.raw_content)), inText('`')),
        seq('```', optional(alias($._fenced_text, $.raw_content)), inText('```')),
      ),

    // One command; several `$` lines in a row are one script.
    _command: ($) => choice($.command_line, $.fenced),
    script: ($) => prec.right(repeat1($.command_line)),
    command_line: ($) => seq('$', optional($.command_text)),
    command_text: () => inText(/ ([^\\\r\n]|\\(\r\n|\n|\r)?)*/),
    fenced: ($) =>
      seq(
        alias(token(/\$[ \t]*```[ \t]*(\r\n|\n|\r)/), '$ ```'),
        optional(alias($._fenced_text, $.fenced_text)),
        inText('```'),
      ),
    _fenced_text: () => inText(/([^`]|`[^`]|``[^`])+/),

    // ----------------------------------------------------------------- basics

    name: () => /[a-z][a-z0-9_]*/,
    comment: () => token(/#[^\r\n]*/),
    doc_comment: () => token(prec(1, /##[^\r\n]*/)),
  },
});
