#pragma once
// Texts that are statuses and texts that are not, for the tests. Each table is grouped by what it is about.

#include <cstddef>
#include <string>
#include <vector>

namespace provdlab::status::testing {

struct Accepted {
  std::string text;
  std::string dump;  // label '|' state [current/end] {parts}: every member is named, absent ones are '-'
};

struct Rejected {
  std::string text;
  std::size_t column;
  std::string message;
};

inline std::string Nested(std::size_t depth) {
  std::string text = "waiting";
  for (std::size_t i = 0; i < depth; ++i) text += "(waiting";
  return text + std::string(depth, ')');
}

// Taken by strict and lenient alike.
inline const std::vector<Accepted>& AcceptedTexts() {
  static const std::vector<Accepted> table = {
      // The documentation's examples.
      {"progress", "-|progress"},
      {"download|progress", "download|progress"},
      {"download|progress;10", "download|progress [10/-]"},
      {"download|progress;10/100", "download|progress [10/100]"},
      {"download|progress(file_1|progress;20/100)(file_2|waiting;0/50)",
       "download|progress {file_1|progress [20/100], file_2|waiting [0/50]}"},
      {"download|progress;20/150(file_1|progress)(file_2|waiting)", "download|progress [20/150] {file_1|progress, file_2|waiting}"},
      {"op|progress(op1|progress(op11|progress)(op12|waiting))(op2|progress)",
       "op|progress {op1|progress {op11|progress, op12|waiting}, op2|progress}"},
      // Every state.
      {"waiting", "-|waiting"},
      {"success", "-|success"},
      {"fail", "-|fail"},
      // As running servers show them.
      {"update|success;3792", "update|success [3792/-]"},
      {"install|progress(download|progress;4096/202009)", "install|progress {download|progress [4096/202009]}"},
      {"install_pkg|progress(download|progress(progress;0/120000))(install|waiting)",
       "install_pkg|progress {download|progress {-|progress [0/120000]}, install|waiting}"},
      // A state's name as a label, or at the beginning of one.
      {"success|fail", "success|fail"},
      {"waiting_room|waiting", "waiting_room|waiting"},
      {"progress1|progress", "progress1|progress"},
      // Labels.
      {"_|fail", "_|fail"},
      {"7|fail", "7|fail"},
      {"LABEL|fail", "LABEL|fail"},
      {"\u00E9t\u00E9_\u0663|fail", "\u00E9t\u00E9_\u0663|fail"},
      {"\u0437\u0430\u0433\u0440\u0443\u0437\u043A\u0430|waiting", "\u0437\u0430\u0433\u0440\u0443\u0437\u043A\u0430|waiting"},
      {"\u30C0\u30A6\u30F3|waiting", "\u30C0\u30A6\u30F3|waiting"},
      {"\U0001D7D8|waiting", "\U0001D7D8|waiting"},
      {std::string(255, 'l') + "|fail", std::string(255, 'l') + "|fail"},
      // Numbers.
      {"progress;0", "-|progress [0/-]"},
      {"progress;0/0", "-|progress [0/0]"},
      {"progress;7/5", "-|progress [7/5]"},
      {"progress;18446744073709551615/18446744073709551615", "-|progress [18446744073709551615/18446744073709551615]"},
  };
  return table;
}

// Taken by lenient alone.
inline const std::vector<Accepted>& LenientTexts() {
  static const std::vector<Accepted> table = {
      // States that are none of the four count as progress.
      {"running", "-|progress=running"},
      {"a|Success", "a|progress=Success"},
      {"a|progressing(b|done_)", "a|progress=progressing {b|progress=done_}"},
      {"en_cours|termin\u00E9", "en_cours|progress=termin\u00E9"},
      // Leading zeros, digits of any script.
      {"progress;007/010", "-|progress [7/10]"},
      {"progress;\u0663/\u0661\u0660", "-|progress [3/10]"},
      {"progress;1\uFF12\u0663", "-|progress [123/-]"},
      {"progress;" + std::string(30, '0') + "5", "-|progress [5/-]"},
  };
  return table;
}

// Refused by strict; those of LenientTexts are among them.
inline const std::vector<Rejected>& RejectedTexts() {
  static const std::string kState = "expected a state (waiting, progress, success or fail), found ";
  static const std::string kAfterLabel = "expected a state (waiting, progress, success or fail) after the label, found ";
  static const std::string kEnd = "expected '(' or the end of the text, found ";
  static const std::string kLabel = "expected only letters, digits and '_' in a label, found ";
  static const std::vector<Rejected> table = {
      // Where a status should begin.
      {"", 1, "expected a status, found nothing"},
      {" ", 1, kState + "a blank"},
      {" progress", 1, kState + "a blank"},
      {"\"progress\"", 1, kState + "'\"'"},
      {"x", 1, kState + "'x'"},
      {"Progress", 1, kState + "'Progress'"},
      {"progressing", 1, kState + "'progressing'"},
      {"progress_", 1, kState + "'progress_'"},
      {"fail\u00E9", 1, kState + "'fail\u00E9'"},
      {"termin\u00E9", 1, kState + "'termin\u00E9'"},
      {";1", 1, kState + "';'"},
      {"(waiting)", 1, kState + "'('"},
      {std::string(60, 'w'), 1, kState + "'" + std::string(40, 'w') + "\u2026'"},
      // Labels.
      {"|progress", 1, kState + "'|'"},
      {"my-label|progress", 3, kLabel + "'-'"},
      {"my label|progress", 3, kLabel + "a blank"},
      {"-|progress", 1, kLabel + "'-'"},
      {"progress-1|progress", 9, kLabel + "'-'"},
      {"a|waiting(b c|waiting)", 12, kLabel + "a blank"},
      {"a|waiting(fail.b|waiting)", 15, kLabel + "'.'"},
      {"a\tb|progress", 2, kLabel + "the character U+0009"},
      {"\u20AC|progress", 1, kLabel + "the character U+20AC"},
      {std::string(256, 'l') + "|fail", 1, "the label has 256 bytes; labels of more than 255 are not read"},
      {"a|waiting(" + std::string(300, 'l') + "|fail)", 11, "the label has 300 bytes; labels of more than 255 are not read"},
      // Not UTF-8: a stray byte, a spelling that is too long, half a surrogate, beyond Unicode, cut short.
      {"\xFF", 1, kState + "byte 0xFF, which is not UTF-8"},
      {"caf\xE9|progress", 4, kLabel + "byte 0xE9, which is not UTF-8"},
      {"\xC1\xA1|progress", 1, kLabel + "byte 0xC1, which is not UTF-8"},
      {"\xE0\x81\xA1|progress", 1, kLabel + "byte 0xE0, which is not UTF-8"},
      {"\xED\xA0\x80|progress", 1, kLabel + "byte 0xED, which is not UTF-8"},
      {"\xF4\x90\x80\x80|progress", 1, kLabel + "byte 0xF4, which is not UTF-8"},
      {"a\xC3|progress", 2, kLabel + "byte 0xC3, which is not UTF-8"},
      {"a|fail\xC3", 7, kEnd + "byte 0xC3, which is not UTF-8"},
      // States after a label.
      {"a|", 3, kAfterLabel + "the end of the text"},
      {"a|b", 3, kAfterLabel + "'b'"},
      {"a|done", 3, kAfterLabel + "'done'"},
      {"a|b|progress", 3, kAfterLabel + "'b'"},
      {"a||progress", 3, kAfterLabel + "'|'"},
      {"a| progress", 3, kAfterLabel + "a blank"},
      {"a|failed", 3, kAfterLabel + "'failed'"},
      {"a|(waiting)", 3, kAfterLabel + "'('"},
      // Numbers.
      {"progress;", 10, "expected a number after ';', found the end of the text"},
      {"progress;x", 10, "expected a number after ';', found 'x'"},
      {"progress;-1", 10, "expected a number after ';', found '-'"},
      {"progress; 1", 10, "expected a number after ';', found a blank"},
      {"progress;/5", 10, "expected a number after ';', found '/'"},
      {"progress;\u0663", 10, "expected a number after ';', found '\u0663'"},
      {"progress;5/", 12, "expected a number after '/', found the end of the text"},
      {"progress;5/all", 12, "expected a number after '/', found 'all'"},
      {"a|waiting(b|waiting;5/)", 23, "expected a number after '/', found ')'"},
      {"progress;007", 11, "a number that begins with 0 has no further digits"},
      {"progress;5/00", 13, "a number that begins with 0 has no further digits"},
      {"progress;18446744073709551616", 10, "the number is larger than 18446744073709551615, the largest that is read"},
      {"progress;1/99999999999999999999", 12, "the number is larger than 18446744073709551615, the largest that is read"},
      // After a status.
      {"progress ", 9, kEnd + "a blank"},
      {"progress\n", 9, kEnd + "a line break"},
      {"progress|", 10, kAfterLabel + "the end of the text"},
      {"progress/5", 9, kEnd + "'/'"},
      {"progress;5.5", 11, kEnd + "'.'"},
      {"progress;5/6/7", 13, kEnd + "'/'"},
      {"progress;5;6", 11, kEnd + "';'"},
      {"progress;5k", 11, kEnd + "'k'"},
      {std::string("progress\0", 9), 9, kEnd + "the character U+0000"},
      {"progress(waiting);5", 18, kEnd + "';'"},
      {"progress(waiting)x", 18, kEnd + "'x'"},
      // Parentheses.
      {"progress)", 9, "this ')' closes nothing"},
      {"progress(waiting))", 18, "this ')' closes nothing"},
      {"progress()", 10, kState + "')'"},
      {"progress((waiting))", 10, kState + "'('"},
      {"progress(", 10, kState + "the end of the text"},
      {"progress(waiting", 17, "expected ')' for the '(' at column 9, found the end of the text"},
      {"a|waiting(b|waiting(c|waiting)", 31, "expected ')' for the '(' at column 10, found the end of the text"},
      {"progress(waiting,fail)", 17, "expected ')' for the '(' at column 9, found ','"},
      {"progress[waiting]", 9, kEnd + "'['"},
      {Nested(65), 7 + 64 * 8 + 1, "more than 64 parentheses are open here; deeper statuses are not read"},
      // What lenient takes.
      {"running", 1, kState + "'running'"},
      {"a|Success", 3, kAfterLabel + "'Success'"},
      {"progress;007/010", 11, "a number that begins with 0 has no further digits"},
  };
  return table;
}

// Refused by lenient as well: what is wrong is not what it is lenient about.
inline const std::vector<Rejected>& RejectedByLenient() {
  static const std::string kLabel = "expected only letters, digits and '_' in a label, found ";
  static const std::vector<Rejected> table = {
      {"", 1, "expected a status, found nothing"},
      {"my-label|progress", 3, kLabel + "'-'"},
      {"|progress", 1, "expected a state (waiting, progress, success or fail), found '|'"},
      {"a|", 3, "expected a state (waiting, progress, success or fail) after the label, found the end of the text"},
      {"a|b|c", 4, "expected '(' or the end of the text, found '|'"},
      {"a|b;", 5, "expected a number after ';', found the end of the text"},
      {"a|b;1/", 7, "expected a number after '/', found the end of the text"},
      {"a|b;18446744073709551616", 5, "the number is larger than 18446744073709551615, the largest that is read"},
      {"a|b;99999999999999999999\u0663", 5, "the number is larger than 18446744073709551615, the largest that is read"},
      {"a(b", 4, "expected ')' for the '(' at column 2, found the end of the text"},
      {"a)", 2, "this ')' closes nothing"},
      {"a()", 3, "expected a state (waiting, progress, success or fail), found ')'"},
      {"a b", 2, "expected '(' or the end of the text, found a blank"},
  };
  return table;
}

}  // namespace provdlab::status::testing
