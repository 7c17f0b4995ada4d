;;; runbook-mode.el --- Runbooks: colours, indentation, checks  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages, tools

;;; Commentary:

;; A major mode for runbooks.  Words of the language are words only where they
;; can stand, so a line is read from the word it begins with, and each has the
;; words that may follow.  Commands have the colours of `sh-mode'.

;;; Code:

(require 'compile)
(require 'sh-script)

(defgroup runbook nil
  "Runbooks: operations procedures."
  :group 'languages)

(defcustom runbook-program "runbook"
  "The program `runbook'."
  :type 'string)

(defcustom runbook-indent 2
  "How far a block is indented; `runbook fmt' knows only 2."
  :type 'integer
  :safe #'integerp)

(defface runbook-command '((t nil))
  "What the shell gives no colour in a command.")

;; ------------------------------------------------------------------- syntax

(defvar runbook-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?\" "." table)
    (modify-syntax-entry ?\' "." table)
    (modify-syntax-entry ?$ "." table)
    (modify-syntax-entry ?% "." table)
    (modify-syntax-entry ?\\ "." table)
    (dolist (sign '(?+ ?- ?* ?/ ?< ?> ?= ?| ?&))
      (modify-syntax-entry sign "." table))
    table))

(defconst runbook--text-or-command
  (rx (or (group-n 1 "\"\"\"")
          (group-n 2 "```")
          (group-n 3 "\"")
          (group-n 4 "`")
          (group-n 5 "#")
          (seq (group-n 6 "$") (* (any " \t")) "```" (* (any " \t")) eol)
          (seq (group-n 7 "$") (or (any " \t") eol))))
  "What begins something in which signs have no meaning.")

(defun runbook--fence (start end)
  "Make START to END one thing for the syntax of Emacs: a text."
  (when (< (1+ start) end)
    (put-text-property start (1+ start) 'syntax-table '(15))
    (put-text-property (1- end) end 'syntax-table '(15))
    ;; What is in between must not end it.
    (when (< (1+ start) (1- end))
      (put-text-property (1+ start) (1- end) 'syntax-table '(1)))))

(defun runbook--mark (start end kind)
  "Remember that START to END is of KIND: `text', `command' or `fence'."
  (put-text-property start end 'runbook-kind kind)
  (put-text-property start end 'syntax-multiline t)
  (unless (= start end)
    (runbook--fence start end)))

(defun runbook--end-of (pattern limit)
  "Where PATTERN ends behind point, or LIMIT."
  (if (re-search-forward pattern limit 'move) (point) limit))

(defun runbook--end-of-command ()
  "Where the command in this line ends: a backslash goes on with the next one."
  (end-of-line)
  (while (and (eq (char-before) ?\\) (not (eobp)))
    (forward-char)
    (end-of-line))
  (point))

(defun runbook--syntax-propertize (start end)
  "Find the texts and commands between START and END."
  (goto-char start)
  ;; A change inside of something begins at its beginning.
  (let ((kind (and (> start (point-min)) (get-text-property (1- start) 'runbook-kind))))
    (when kind
      (goto-char (or (previous-single-property-change start 'runbook-kind) (point-min)))))
  (remove-text-properties (point) end '(runbook-kind nil syntax-table nil))
  (while (and (< (point) end) (re-search-forward runbook--text-or-command end 'move))
    (let ((from (match-beginning 0)))
      (cond
       ((match-beginning 1)
        (runbook--mark from (runbook--end-of "\"\"\"" (point-max)) 'text))
       ((match-beginning 2)
        (runbook--mark from (runbook--end-of "```" (point-max)) 'text))
       ((match-beginning 3)
        (goto-char (1+ from))
        (runbook--mark
         from
         (runbook--end-of (rx (* (or (seq "\\" nonl) (not (any "\"\\\n")))) (? "\""))
                          (line-end-position))
         'text))
       ((match-beginning 4)
        (runbook--mark from (runbook--end-of "`" (line-end-position)) 'text))
       ((match-beginning 5)
        (end-of-line))
       ((match-beginning 6)
        (runbook--mark from (runbook--end-of "```" (point-max)) 'fence))
       (t
        (goto-char from)
        (runbook--mark from (runbook--end-of-command) 'command))))))

(defun runbook--kind (position)
  "What POSITION is inside of: `text', `command', `fence' or nothing."
  (syntax-propertize (min (point-max) (1+ position)))
  (get-text-property position 'runbook-kind))

;; ------------------------------------------------------------------- colours

(defconst runbook--condition
  '("within" "of" "not worse than baseline" "fail" "min" "samples" "no data" "series" "any" "all")
  "The words in conditions.")

(defconst runbook--lines
  `((("postmortem") nil ())
    (("parallel") function ("after" "when" "at"))
    (("for") variable
     ("in" "at" "a" "time" "tolerate" "on breach rollback" "when" "after"))
    (("step" "check" "gate" "phase" "with" "checklist") function ("after" "when" "at" "http"))
    (("notify") function ("after" "when" "at"))
    (("runbook" "lock" "defaults" "always" "trouble" "test") nil ())
    (("param") variable ())
    (("secret") variable ("from" "env" "file"))
    (("role") variable ("signed" "by"))
    (("hosts") variable ("via"))
    (("source" "window" "thresholds") variable ())
    (("metric") variable ("http" "at" "of"))
    (("channel") variable ("slack" "webhook"))
    (("message") variable ("to"))
    (("watch") variable ("during" "every"))
    (("use") nil ("as"))
    (("action" "strategy" "bracket") function ())
    (("env" "shell" "touches" "destroys" "saves" "needs") constant ())
    (("capture" "output") variable ("from" "stdout" "json" "file" "default"))
    (("within" "retry") nil ("every" "backoff"))
    (("irreversible") nil ("then"))
    (("best") nil ("effort"))
    (("done") nil ("when"))
    (("enter" "leave" "verify" "diagnose") nil ("http"))
    (("http") constant ())
    (("timeout" "harmless" "dir" "repeatable" "atomic" "header" "body" "user" "port" "identity"
      "options" "symptom" "try" "confirm" "wait" "set" "else")
     nil ())
    (("on") nil ("success" "rollback" "stuck" "failure"))
    (("approve") nil ("by" "count" "or" "starter"))
    (("hold" "until") nil ("for" "every" "tolerate" ,@runbook--condition))
    (("rehearsed") nil ("on" "within"))
    (("rollback" "ask") nil
     ("when" "on" "request" "for" "best" "effort" ,@runbook--condition))
    (("allow" "deny") nil ("in"))
    (("given") nil
     ("crash" "interrupt" "request" "after" "during" "step" "check" "enter" "leave" "rollback"
      "of" "fails" "exit" "times" "out" "takes" "gives" "on" "attempt" "no" "data" "then"
      "approved" "by" "confirmed" "rejected" "unanswered" "closed"))
    (("expect") nil
     ("not" "ran" "rollback" "of" "stdout" "contains" "matches" "exit" "status"))
    (("matches") nil ("in"))
    (("any" "all") nil ()))
  "The lines of the language: words that begin one, what the name behind them is,
and the words that may follow.")

(defconst runbook--values
  '("true" "false" "T" "list" "action" "and" "or" "not"
    "mon" "tue" "wed" "thu" "fri" "sat" "sun")
  "Words that are values, types and operators.")

(defconst runbook--options
  '("timeout" "header" "body" "user" "port" "identity" "options")
  "Words that may also stand behind a comma.")

(defconst runbook--follow
  (let ((table (make-hash-table :test #'equal)))
    (dolist (line runbook--lines table)
      (dolist (word (car line))
        (puthash word (cdr line) table))))
  "What follows each word that begins a line.")

(defconst runbook--begin
  (concat "\\(?:^\\|[{}]\\)[ \t]*\\(" (regexp-opt (apply #'append (mapcar #'car runbook--lines)))
          "\\)\\_>\\|,[ \t]*\\(" (regexp-opt runbook--options) "\\)\\_>[ \t]+[\"`a-z0-9]")
  "A word that begins a line, or stands behind a bracket or a comma.")

(defconst runbook--metric
  (rx (or bol "{") (* (any " \t")) (group (any "a-z") (* (any "a-z0-9_"))) (* (any " \t"))
      (or (any "<>") "==" "!=" (seq symbol-start (or "within" "not") symbol-end)))
  "A condition about a metric.")

(defconst runbook--name "[a-z][a-z0-9_]*")

(defun runbook--is-free (position)
  "Whether POSITION is in no text, command or comment."
  (and (not (get-text-property position 'runbook-kind))
       (not (nth 4 (save-excursion (syntax-ppss position))))))

(defun runbook--end-of-part ()
  "Where the part of a line ends that the word before point begins."
  (save-excursion
    (let ((end (line-end-position)) (found nil))
      (while (and (not found) (re-search-forward "[{}]" end 'move))
        (setq found (runbook--is-free (match-beginning 0))))
      (point))))

(defun runbook--search-free (pattern limit)
  "Search PATTERN up to LIMIT where it is in no text, command or comment."
  (let ((found nil))
    (while (and (not found) (re-search-forward pattern limit t))
      (setq found (runbook--is-free (or (match-beginning 1) (match-beginning 0)))))
    found))

(defun runbook--paint (start end face)
  "Give START to END the FACE, if it has none."
  (unless (get-text-property start 'face)
    (put-text-property start end 'face face)))

(defun runbook--paint-names (face limit)
  "Give the names of a list at point, up to LIMIT, the FACE."
  (let ((name (concat "[ \t]*\\(" runbook--name "\\)\\_>")) (more t))
    (while (and more (looking-at name) (<= (match-end 0) limit))
      (let ((start (match-beginning 1)) (end (match-end 1)))
        (goto-char end)
        (setq more (looking-at "[ \t]*,"))
        ;; `watch w during a, every 15s {' has a word behind its last comma.
        (if (and (equal (buffer-substring-no-properties start end) "every")
                 (looking-at "[ \t]+[0-9a-z]"))
            (progn (goto-char start) (setq more nil))
          (runbook--paint start end face)
          (when more
            (goto-char (match-end 0))))))))

(defun runbook--paint-node ()
  "Colour what a test calls a statement: `shift[10%]'."
  (when (looking-at (concat "[ \t]*\\(" runbook--name "\\(?:\\." runbook--name "\\)*"
                            "\\(?:\\[[^]\n]*\\]\\)*\\)"))
    (runbook--paint (match-beginning 1) (match-end 1) 'font-lock-function-name-face)
    (goto-char (match-end 0))))

(defconst runbook--faces
  '((function . font-lock-function-name-face)
    (variable . font-lock-variable-name-face)
    (constant . font-lock-constant-face)))

(defun runbook--paint-part (word limit)
  "Colour what follows WORD, up to LIMIT."
  (pcase-let ((`(,name ,follow) (gethash word runbook--follow)))
    (when (and name
               (looking-at "[ \t]+[A-Za-z_]")
               ;; `parallel after a {' has no name.
               (not (and (equal word "parallel") (looking-at "[ \t]+\\(?:after\\|when\\|at\\)[ \t]"))))
      (if (member word '("notify" "touches" "destroys" "saves"))
          (runbook--paint-names (alist-get name runbook--faces) limit)
        (when (looking-at "[ \t]+\\([A-Za-z0-9_.+-]+\\)")
          (runbook--paint (match-beginning 1) (match-end 1) (alist-get name runbook--faces))
          (goto-char (match-end 0)))))
    (when (member word '("step" "check" "enter" "leave" "crash"))
      (skip-chars-forward " \t"))
    (runbook--paint-words word follow limit)))

(defun runbook--paint-words (word follow limit)
  "Colour the words FOLLOW behind WORD, up to LIMIT, and the names behind them."
  (when follow
    (let ((pattern (concat "\\_<\\(" (string-replace " " "[ \t]+" (regexp-opt follow))
                           "\\)\\_>\\(?:[^.(]\\|$\\)")))
      (while (runbook--search-free pattern limit)
        (let ((found (match-string-no-properties 1)))
          ;; A metric may be called like a word.
          (unless (and (not (equal found "fail"))
                       (save-excursion
                         (goto-char (match-end 1))
                         (looking-at-p "[ \t]*\\(?:[<>]\\|[=!]=\\)")))
            (runbook--paint (match-beginning 1) (match-end 1) 'font-lock-keyword-face))
          (goto-char (match-end 1))
          (cond
           ((and (member found '("series" "no data")) (looking-at "[ \t]+\\([a-z]+\\)\\_>"))
            (runbook--paint (match-beginning 1) (match-end 1) 'font-lock-constant-face)
            (goto-char (match-end 0)))
           ;; What comes next is a value, also where it is called like a word.
           ((and (member found '("every" "tolerate")) (looking-at (concat "[ \t]+" runbook--name)))
            (goto-char (match-end 0)))
           ((and (member found '("after" "to" "during"))
                 (not (equal word "given")))
            (runbook--paint-names 'font-lock-function-name-face limit))
           ((and (equal found "at") (looking-at "[ \t]+\\(T\\)\\_>"))
            (runbook--paint (match-beginning 1) (match-end 1) 'font-lock-constant-face))
           ((and (equal word "expect") (equal found "ran"))
            (runbook--paint-ran limit))
           ((and (equal word "given")
                 (member found '("step" "check" "enter" "leave" "of" "after" "during"))
                 (looking-at "[ \t]+[a-z]"))
            (runbook--paint-node))))))))

(defun runbook--paint-ran (limit)
  "Colour what a test expects to have run, up to LIMIT."
  (let ((more t))
    (while more
      (when (looking-at "[ \t]*\\(rollback[ \t]+of\\|leave\\)[ \t]+[a-z]")
        (runbook--paint (match-beginning 1) (match-end 1) 'font-lock-keyword-face)
        (goto-char (match-end 1)))
      (runbook--paint-node)
      (setq more (and (looking-at "[ \t]*,") (< (match-end 0) limit)))
      (when more
        (goto-char (match-end 0))))))

(defun runbook--font-lock-lines (limit)
  "Colour the words of the language up to LIMIT."
  (while (re-search-forward runbook--begin limit t)
    (let* ((group (if (match-beginning 1) 1 2))
           (start (match-beginning group))
           (word (match-string-no-properties group))
           (end (match-end group)))
      (goto-char end)
      ;; A line of thresholds may begin with a metric of such a name, and one of
      ;; arguments with a parameter.
      (when (and (runbook--is-free start)
                 (not (looking-at "[ \t]*\\(?:[<>:.,)]\\|[=!]=\\)"))
                 (or (not (member word '("action"))) (looking-at "[ \t]")))
        (put-text-property start end 'face 'font-lock-keyword-face)
        (save-excursion (runbook--paint-part word (runbook--end-of-part))))))
  nil)

(defun runbook--font-lock-conditions (limit)
  "Colour conditions about metrics up to LIMIT."
  (while (re-search-forward runbook--metric limit t)
    (let ((start (match-beginning 1)) (end (match-end 1)))
      (when (and (runbook--is-free start) (not (get-text-property start 'face)))
        (put-text-property start end 'face 'font-lock-variable-name-face)
        (goto-char end)
        (save-excursion (runbook--paint-words "" runbook--condition (runbook--end-of-part))))))
  nil)

(defun runbook--shell-faces (text)
  "The faces of TEXT in `sh-mode', as a list of (START END FACE)."
  (with-current-buffer (get-buffer-create " *runbook-shell*")
    (let ((inhibit-modification-hooks nil) (sh-shell-file "/bin/sh"))
      (erase-buffer)
      (insert text)
      (unless (eq major-mode 'sh-mode)
        (let ((inhibit-message t))
          (delay-mode-hooks (sh-mode))))
      (font-lock-ensure))
    (let ((at (point-min)) (faces nil))
      (while (< at (point-max))
        (let ((next (or (next-single-property-change at 'face) (point-max)))
              (face (get-text-property at 'face)))
          (push (list (1- at) (1- next) face) faces)
          (setq at next)))
      faces)))

(defun runbook--font-lock-commands (limit)
  "Colour the commands up to LIMIT."
  (while (< (point) limit)
    (let* ((start (point))
           (kind (get-text-property start 'runbook-kind))
           (end (min limit (or (next-single-property-change start 'runbook-kind) limit))))
      (when (memq kind '(command fence))
        (put-text-property start end 'face 'runbook-command)
        (when (eq (char-after start) ?$)
          (put-text-property start (1+ start) 'face 'font-lock-preprocessor-face)
          (setq start (1+ start)))
        (pcase-dolist (`(,from ,to ,face)
                       (runbook--shell-faces (buffer-substring-no-properties start end)))
          (when face
            (put-text-property (+ start from) (+ start to) 'face
                               (append (ensure-list face) '(runbook-command))))))
      (goto-char end)))
  nil)

(defun runbook--syntactic-face (state)
  "The face of the text or comment that STATE is in."
  (if (nth 3 state)
      (if (eq (get-text-property (nth 8 state) 'runbook-kind) 'text)
          'font-lock-string-face
        'runbook-command)
    (if (eq (char-after (1+ (nth 8 state))) ?#)
        'font-lock-doc-face
      'font-lock-comment-face)))

(defun runbook--extend-region ()
  "Begin and end with whole commands and texts."
  (defvar font-lock-beg)
  (defvar font-lock-end)
  (let ((changed nil))
    (syntax-propertize font-lock-end)
    (when (and (> font-lock-beg (point-min))
               (get-text-property font-lock-beg 'runbook-kind)
               (get-text-property (1- font-lock-beg) 'runbook-kind))
      (setq font-lock-beg
            (or (previous-single-property-change font-lock-beg 'runbook-kind) (point-min))
            changed t))
    (when (and (< font-lock-end (point-max))
               (get-text-property font-lock-end 'runbook-kind)
               (get-text-property (1- font-lock-end) 'runbook-kind))
      (setq font-lock-end
            (or (next-single-property-change font-lock-end 'runbook-kind) (point-max))
            changed t))
    changed))

(defconst runbook--font-lock-keywords
  `((runbook--font-lock-commands)
    ;; Values in texts.
    (,(rx (or "{{" "}}" (seq "\\" (or (seq "u{" (* (not (any "}\"\n"))) "}") nonl))))
     (0 (and (eq (get-text-property (match-beginning 0) 'runbook-kind) 'text)
             'font-lock-constant-face)
        prepend))
    (,(rx "{" (group (* (not (any "{}\"\n")))) "}")
     (0 (and (eq (get-text-property (match-beginning 0) 'runbook-kind) 'text)
             'font-lock-variable-name-face)
        prepend))
    ;; Templates, before what else begins with the same words.
    (,(concat "^[ \t]*\\(action\\|check\\|strategy\\|bracket\\|metric\\|thresholds\\|message\\)[ \t]+\\("
              runbook--name "\\)(")
     (1 'font-lock-keyword-face) (2 'font-lock-function-name-face))
    (,(rx ")" (+ (any " \t")) (group "http") (+ (any " \t")) upper) (1 'font-lock-keyword-face))
    (runbook--font-lock-lines)
    (runbook--font-lock-conditions)
    (,(concat "\\_<\\(" runbook--name "\\)\\_>[ \t]*:[ \t]*\\(?:\\(list\\)[ \t]*<[ \t]*\\)*\\("
              runbook--name "\\)\\_>\\(?:[^.(]\\|$\\)")
     (1 'font-lock-variable-name-face nil) (2 'font-lock-type-face nil t)
     (3 'font-lock-type-face nil))
    (,(concat "\\_<" (regexp-opt runbook--values) "\\_>") . 'font-lock-constant-face)
    (,(concat "\\_<\\(" runbook--name "\\(?:\\." runbook--name "\\)*\\)(")
     (1 'font-lock-function-name-face)))
  "What has which colour.")

;; --------------------------------------------------------------- indentation

(defun runbook--indentation ()
  "The indentation of this line, or nothing if it stays as it is."
  (save-excursion
    (back-to-indentation)
    (let ((kind (and (not (bobp)) (runbook--kind (line-beginning-position)))))
      (unless (and kind (eq kind (get-text-property (max (point-min) (1- (line-beginning-position)))
                                                    'runbook-kind)))
        (let* ((closes (looking-at "[])}]"))
               (state (syntax-ppss (line-beginning-position)))
               (open (nth 1 state)))
          (if (not open)
              0
            (goto-char open)
            (+ (current-indentation) (if closes 0 runbook-indent))))))))

(defun runbook-indent-line ()
  "Indent this line as `runbook fmt' does."
  (interactive)
  (let ((indentation (runbook--indentation)))
    (if (null indentation)
        'noindent
      (if (<= (current-column) (current-indentation))
          (indent-line-to indentation)
        (save-excursion (indent-line-to indentation))))))

;; ------------------------------------------------------------------ commands

(defun runbook-check ()
  "Check the runbook in front."
  (interactive)
  (save-buffer)
  (compile (format "%s check --format short %s" (shell-quote-argument runbook-program)
                   (shell-quote-argument buffer-file-name))))

(defun runbook--title-of-test ()
  "The title of the test that point is in, or nil."
  (save-excursion
    (end-of-line)
    (let ((line (line-beginning-position)))
      (when (re-search-backward "^test[ \t]+\"\\(\\(?:[^\"\\\n]\\|\\\\.\\)*\\)\"" nil t)
        (let ((title (replace-regexp-in-string "\\\\\\([\"\\]\\)" "\\1"
                                               (match-string-no-properties 1))))
          (unless (or (and (< (point) line) (looking-at ".*}[ \t]*\\(?:#.*\\)?$"))
                      (re-search-forward "^}" line t))
            title))))))

(defun runbook-test (&optional only)
  "Run the tests of the runbook in front.
With a prefix argument ONLY, run the one that point is in."
  (interactive "P")
  (save-buffer)
  (let ((title (and only (or (runbook--title-of-test)
                             (user-error "Point is in no test")))))
    (compile (concat (shell-quote-argument runbook-program) " test "
                     (shell-quote-argument buffer-file-name)
                     (and title (concat " --only " (shell-quote-argument title)))))))

(defun runbook-format ()
  "Lay out the buffer as all runbooks are; a text that cannot be read stays."
  (interactive)
  (let ((laid-out (generate-new-buffer " *runbook-fmt*")))
    (unwind-protect
        (if (zerop (call-process-region nil nil runbook-program nil (list laid-out nil) nil
                                        "fmt" "-"))
            (replace-buffer-contents laid-out)
          (user-error "This cannot be read; `runbook-check' says why"))
      (kill-buffer laid-out))))

(defvar runbook-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'runbook-check)
    (define-key map (kbd "C-c C-t") #'runbook-test)
    (define-key map (kbd "C-c C-f") #'runbook-format)
    map))

;;;###autoload
(define-derived-mode runbook-mode prog-mode "Runbook"
  "A major mode for runbooks."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'runbook-indent-line)
  (setq-local electric-indent-chars (append "}])" electric-indent-chars))
  (setq-local parse-sexp-lookup-properties t)
  (setq-local syntax-propertize-function #'runbook--syntax-propertize)
  (add-hook 'syntax-propertize-extend-region-functions #'syntax-propertize-multiline 'append 'local)
  (setq-local font-lock-defaults
              '(runbook--font-lock-keywords
                nil nil nil
                (font-lock-syntactic-face-function . runbook--syntactic-face)))
  (setq-local font-lock-extra-managed-props '(runbook-face))
  (add-hook 'font-lock-extend-region-functions #'runbook--extend-region nil 'local)
  (setq-local imenu-generic-expression
              `((nil ,(concat "^[ \t]*\\(?:step\\|check\\|gate\\|checklist\\|phase\\|with\\|parallel\\)[ \t]+\\("
                              runbook--name "\\)")
                     1)
                ("Templates" ,(concat "^\\(?:action\\|check\\|strategy\\|bracket\\)[ \t]+\\(" runbook--name "\\)(") 1)
                ("Tests" "^test[ \t]+\"\\([^\"\n]*\\)\"" 1))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.runbook\\'" . runbook-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons 'runbook-mode (lambda (&rest _) (list runbook-program "lsp")))))

(provide 'runbook-mode)
;;; runbook-mode.el ends here
