#!/usr/bin/env bash
# count_tests.sh EVENTS LABEL...
#
# Counts the GoogleTest cases of one `bazel test` run. EVENTS is the file that Bazel wrote with
# --build_event_json_file (one event a line), so reports of earlier runs are never read. Prints
# the skipped cases sorted by reason, the failed cases, and last `N passed, N failed, N skipped`.
# A target that crashed, timed out or was not built counts as at least one failure.
set -eu
events=$1
shift

# One line per fact: `kind LABEL RULE`, `status LABEL STATUS`, `report LABEL FILE`, `absent LABEL`.
facts() {
  sed -n \
    -e 's|^{"id":{"targetConfigured":{"label":"\([^"]*\)".*"targetKind":"\([a-z_]*\) rule".*|kind \1 \2|p' \
    -e 's|^{"id":{"testSummary":{"label":"\([^"]*\)".*"overallStatus":"\([A-Z_]*\)".*|status \1 \2|p' \
    -e 's|^{"id":{"testResult":{"label":"\([^"]*\)".*"name":"test.xml","uri":"file://\([^"]*\)".*|report \1 \2|p' \
    -e 's|^{"id":{"targetCompleted":{"label":"\([^"]*\)".*"reason":"SKIPPED".*|absent \1|p' \
    "$events"
}

# Lines `passed|failed|skipped TAB case TAB reason` of one report; $1 label, $2 rule, $3 file.
cases() {
  awk -v label="$1" -v rule="$2" '
    function attribute(name, text) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      text = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
      return text
    }
    function plain(text) {
      gsub(/&#x0A;/, " ", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
      gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&#x09;/, " ", text)
      gsub(/&amp;/, "\\&", text)
      return text
    }
    function finish() { if (verdict) print verdict "\t" name "\t" reason; verdict = "" }
    # Quoted output of the program can hold anything, so it is cut out first.
    quoted { if (!match($0, /\]\]>/)) next; $0 = substr($0, RSTART + 3); quoted = 0 }
    {
      while (from = index($0, "<![CDATA[")) {
        to = index($0, "]]>")
        if (!to) { $0 = substr($0, 1, from - 1); quoted = 1; break }
        $0 = substr($0, 1, from - 1) substr($0, to + 3)
      }
    }
    /<testcase / {
      finish()
      verdict = "passed"; reason = ""
      suite = attribute("classname")
      # Without a class it is Bazel that wrote the report: GoogleTest did not come to its end.
      name = suite == "" ? label : plain(suite "." attribute("name"))
      if (suite == "" && rule == "cc_test") {
        verdict = "failed"; reason = "ended before GoogleTest could report"
      }
      if (attribute("status") == "notrun") { verdict = "skipped"; reason = "disabled in the source" }
    }
    /<skipped/ && verdict == "passed" {
      verdict = "skipped"; reason = attribute("message")
      sub(/^[^&]*:[0-9]+&#x0A;/, "", reason)
      reason = plain(reason)
    }
    /<(failure|error)[ >]/ {
      reason = suite == "" ? plain(attribute("message")) : ""
      verdict = "failed"
    }
    END { finish() }
  ' "$3"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
facts > "$work/facts"
: > "$work/cases"
for label in "$@"; do
  rule=$(awk -v l="$label" '$1 == "kind" && $2 == l { print $3 }' "$work/facts")
  status=$(awk -v l="$label" '$1 == "status" && $2 == l { print $3 }' "$work/facts")
  : > "$work/one"
  awk -v l="$label" '$1 == "report" && $2 == l { print $3 }' "$work/facts" > "$work/reports"
  while read -r report; do
    if [ -f "$report" ]; then cases "$label" "$rule" "$report" >> "$work/one"; fi
  done < "$work/reports"
  case $status in
    PASSED | FLAKY) ;;
    *)
      if grep -q "^absent $label\$" "$work/facts"; then
        printf 'skipped\t%s\tnot for this configuration\n' "$label" >> "$work/one"
      elif ! grep -q '^failed' "$work/one"; then
        case $status in "" | NO_STATUS) status='not built or not run' ;; esac
        printf 'failed\t%s\t%s\n' "$label" "$status" >> "$work/one"
      fi
      ;;
  esac
  cat "$work/one" >> "$work/cases"
done

awk -F '\t' '$1 == "skipped" { print $3 "\t" $2 }' "$work/cases" | LC_ALL=C sort |
  awk -F '\t' '{ print "SKIPPED " $2 ": " $1 }'
awk -F '\t' '$1 == "failed" { print "FAILED " $2 ($3 ? ": " $3 : "") }' "$work/cases"
awk -F '\t' '
  { n[$1]++ }
  END {
    printf "%d passed, %d failed, %d skipped\n", n["passed"], n["failed"], n["skipped"]
    exit n["failed"] > 0 || NR == 0
  }' "$work/cases"
