#pragma once
// What is said where the grammar requires something that is not there: one message for every rule in a `must` of grammar.h.
// A `must` without its message does not compile. Only parse.cc and the tests include this.

#include "grammar/scenario/grammar.h"

namespace provdlab::scenario::grammar {

struct Messages {
  // Only `must` raises; a rule that has a message may still fail where it is one choice of several.
  template <typename Rule>
  static constexpr bool raise_on_failure = false;

  template <typename Rule>
  static constexpr const char* message = nullptr;
};

// The header.
template <>
inline constexpr auto Messages::message<first_line> = "a scenario begins with the line `scenario TITLE`";
template <>
inline constexpr auto Messages::message<h::title> = "expected the title: a sentence that says what is tried";
template <>
inline constexpr auto Messages::message<second_line> = "the second line is `format 1`";
template <>
inline constexpr auto Messages::message<h::format_text> = "expected the number of the format: `format 1`";
template <>
inline constexpr auto Messages::message<h::about_text> = "expected a text after `about`";
template <>
inline constexpr auto Messages::message<h::first_exclusive> = "expected what is shared and changed, e.g. `exclusive plugin_server`";
template <>
inline constexpr auto Messages::message<h::next_exclusive> = "expected another name after the comma";
template <>
inline constexpr auto Messages::message<h::tier_name> = "expected `tier fast` or `tier timed`";
template <>
inline constexpr auto Messages::message<h::proxies_number> = "expected how many proxies stand before the target, e.g. `proxies 1`";
template <>
inline constexpr auto Messages::message<h::first_offer> = "expected a capability, e.g. `offers plugin.install`";
template <>
inline constexpr auto Messages::message<h::next_offer> = "expected another capability after the comma";
template <>
inline constexpr auto Messages::message<h::package_word> = "expected the package's name in capitals, e.g. `package PKG`";
template <>
inline constexpr auto Messages::message<h::package_end> =
    "expected `from FIXTURE`, `version \"…\"`, `of N bytes`, `entry {…}`, `without entry KEY`, `unlisted`, `named \"…\"` or the end of the "
    "line";
template <>
inline constexpr auto Messages::message<h::fixture_name> = "expected the name of a folder of fixtures, e.g. `from acme`";
template <>
inline constexpr auto Messages::message<h::version_text> = "expected the version as a string, e.g. `version \"2.0\"`";
template <>
inline constexpr auto Messages::message<h::size_bytes> = "expected a size, e.g. `of 5000 bytes`";
template <>
inline constexpr auto Messages::message<h::entry_object> = "expected the members of the entry as an object, e.g. `entry {\"dsize\": 5}`";
template <>
inline constexpr auto Messages::message<h::without_key> = "expected the member of the entry to leave out, e.g. `without entry sha1sum`";
template <>
inline constexpr auto Messages::message<h::named_word> = "expected how the id ends as a string, e.g. `named \"10.0\"`";
template <>
inline constexpr auto Messages::message<h::id_characters> = "expected a length, e.g. `ids LONG of 255 characters`";
template <>
inline constexpr auto Messages::message<h::first_id> = "expected a name in capitals, e.g. `ids DEVICE, CONFIG`";
template <>
inline constexpr auto Messages::message<h::next_id> = "expected another name in capitals after the comma";
template <>
inline constexpr auto Messages::message<h::first_mac> = "expected a name in capitals, e.g. `macs PHONE`";
template <>
inline constexpr auto Messages::message<h::next_mac> = "expected another name in capitals after the comma";
template <>
inline constexpr auto Messages::message<h::phone_word> = "expected the phone's name in small letters, e.g. `phone desk is an Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::phone_is> =
    "expected `is` and what it is, e.g. `phone desk is an Aastra 6731i`; several are `phones crowd are 20 Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::phone_what> =
    "expected `a` or `an` and the vendor, or `nobody`, e.g. `phone desk is an Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::make> = "expected the vendor and the model, e.g. `an Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::phone_detail> = "expected `firmware \"…\"` or `at OTHER` after the comma";
template <>
inline constexpr auto Messages::message<h::firmware_text> = "expected the firmware's version as a string, e.g. `firmware \"3.3.1.2235\"`";
template <>
inline constexpr auto Messages::message<h::place_word> = "expected the phone whose address it shares, e.g. `at desk`";
template <>
inline constexpr auto Messages::message<h::crowd_word> =
    "expected a name for all of them in small letters, e.g. `phones crowd are 20 Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::crowd_are> =
    "expected `are` and how many, e.g. `phones crowd are 20 Aastra 6731i`; a single one is `phone desk is an Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::crowd_what> = "expected how many, the vendor and the model, e.g. `are 20 Aastra 6731i`";
template <>
inline constexpr auto Messages::message<h::account_word> = "expected the account's name in small letters, e.g. `account alice`";
template <>
inline constexpr auto Messages::message<h::first_column> = "expected a name in capitals, e.g. `for WHAT in 1, 2`";
template <>
inline constexpr auto Messages::message<h::next_column> = "expected another name in capitals after the comma";
template <>
inline constexpr auto Messages::message<h::in> = "expected `in` and the values, e.g. `for WHAT in 1, 2`";
template <>
inline constexpr auto Messages::message<h::first_row> = "expected a value: JSON, e.g. `for WHAT in null, \"text\", [1]`";
template <>
inline constexpr auto Messages::message<h::next_row> = "expected another value after the comma";
template <>
inline constexpr auto Messages::message<h::end> = "unexpected text: this line of the header is complete here";

// Statements.
template <>
inline constexpr auto Messages::message<s::role_does_what> = "expected a statement, e.g. `given repository releases PKG`";
template <>
inline constexpr auto Messages::message<s::request_path> = "expected a path after the method, e.g. `GET /pg_mgr`";
template <>
inline constexpr auto Messages::message<s::location> = "expected what to follow, e.g. `follow {oip} until success`";
template <>
inline constexpr auto Messages::message<s::until_word> = "expected `until ended`, `until success` or `until fail`";
template <>
inline constexpr auto Messages::message<s::state> = "expected `ended`, `success` or `fail`";
template <>
inline constexpr auto Messages::message<s::blamed_word> = "`check` needs a slug like oip.get-answers-200";
template <>
inline constexpr auto Messages::message<s::blamed_follow> =
    "only `check SLUG follow {…} until …` is a statement: other checks are details, indented below the statement that they look at";
template <>
inline constexpr auto Messages::message<s::time_limit> = "expected a limit, e.g. `eventually within 20 s, GET /pg_mgr/install/installed`";
template <>
inline constexpr auto Messages::message<s::limit_comma> = "expected a comma between the limit and the request, e.g. `within 20 s, GET …`";
template <>
inline constexpr auto Messages::message<s::repeated_request> =
    "expected the request that is repeated, e.g. `GET /pg_mgr/install/installed`";
template <>
inline constexpr auto Messages::message<s::repository_action> =
    "expected what the repository does: holds, releases, awaits, does, behaves, lists, drops, replaces or `is asked for`";
template <>
inline constexpr auto Messages::message<s::target> = "expected a package, `plugins.db` or \"files/…\"";
template <>
inline constexpr auto Messages::message<s::hold_point> = "expected where it stops, e.g. `holds PKG after 200 bytes`";
template <>
inline constexpr auto Messages::message<s::fault_object> = "expected the fault as an object, e.g. `does {\"status\": 404} to PKG`";
template <>
inline constexpr auto Messages::message<s::to_word> = "expected what it is done to, e.g. `does {\"status\": 404} to PKG`";
template <>
inline constexpr auto Messages::message<s::times_word> = "expected `times` after the number, e.g. `3 times`";
template <>
inline constexpr auto Messages::message<s::request_word> = "expected the number of a request, e.g. `for request 2`";
template <>
inline constexpr auto Messages::message<s::package_word> = "expected a package that the header declares, e.g. `repository drops PKG`";
template <>
inline constexpr auto Messages::message<s::asked_for> = "expected `is asked for`, e.g. `repository is asked for plugins.db`";
template <>
inline constexpr auto Messages::message<s::phone_action> = "expected what the phone does, e.g. `boots within 20 s` or `GET /`";
template <>
inline constexpr auto Messages::message<s::other_word> = "expected the phone whose address it takes, e.g. `moves to other`";
template <>
inline constexpr auto Messages::message<s::is_word> =
    "expected `is switched off` or `is synchronized`; how far a phone has come is asked by `check SLUG NAME is registered`";
template <>
inline constexpr auto Messages::message<s::notify_word> = "expected `NOTIFY`";
template <>
inline constexpr auto Messages::message<s::notify_answer> =
    "expected a status code of SIP or a text in double quotes, e.g. `answers NOTIFY with 481`";
template <>
inline constexpr auto Messages::message<s::next_notify_answer> =
    "expected what it answers after that, e.g. `answers NOTIFY with 100 and 200`";
template <>
inline constexpr auto Messages::message<s::delayed_by> = "expected a time, e.g. `notifications are delayed 2 s`";
template <>
inline constexpr auto Messages::message<s::notifications_are> =
    "expected `are passed on`, `are delayed N s`, `are refused` or `are never answered`";
template <>
inline constexpr auto Messages::message<s::delay_seconds> = "expected a time, e.g. `answers NOTIFY after 2 s`";
template <>
inline constexpr auto Messages::message<s::at_once_word> = "expected `times at once`, e.g. `GET / 20 times at once`";
template <>
inline constexpr auto Messages::message<s::file_word> = "expected the name of a file in double quotes, e.g. `reads \"aastra.cfg\"`";
template <>
inline constexpr auto Messages::message<s::datagram_word> = "expected bytes of two hexadecimal digits each, e.g. `sends hex 00 01`";
template <>
inline constexpr auto Messages::message<s::line_end> = "unexpected text: expected `answers …`, `needs …` or the end of the line";

// Details.
template <>
inline constexpr auto Messages::message<d::capture_known_name> =
    "a captured variable is named in small letters, digits and `_`, e.g. `oip = header Location`";
template <>
inline constexpr auto Messages::message<d::capture_from> =
    "expected what is captured: `header NAME`, a path like `$.param.value`, `body`, `status`, or `last` after `follow`";
template <>
inline constexpr auto Messages::message<d::capture_instead> =
    "expected the value to take where there is nothing, e.g. `oip = header Location or null`";
template <>
inline constexpr auto Messages::message<d::only_word> = "expected `only if` and a variable, e.g. `only if answered is not 404`";
template <>
inline constexpr auto Messages::message<d::only_relation> = "expected a value, e.g. `only if answered is not 404`";
template <>
inline constexpr auto Messages::message<d::capture_header_word> = "expected the name of a header, e.g. `oip = header Location`";
template <>
inline constexpr auto Messages::message<d::answered_capture> =
    "expected a capture after the comma, e.g. `answers 201, oip = header Location`";
template <>
inline constexpr auto Messages::message<d::first_answer> = "expected a status code, e.g. `answers 201`";
template <>
inline constexpr auto Messages::message<d::next_answer> = "expected another status code after `or`, e.g. `answers 400 or 409`";
template <>
inline constexpr auto Messages::message<d::first_need> = "`needs` takes slugs like install.post-answers-201";
template <>
inline constexpr auto Messages::message<d::next_need> = "expected another slug after the comma";
template <>
inline constexpr auto Messages::message<d::duration_seconds> = "expected a time, e.g. `within 20 s` or `within 0.5 s`";
template <>
inline constexpr auto Messages::message<d::slug_word> = "`check` needs a slug like oip.get-answers-200";
template <>
inline constexpr auto Messages::message<d::without_act> = "expected `control without act, PREDICATE`";
template <>
inline constexpr auto Messages::message<d::removed_header> = "expected the header to leave out, e.g. `no header Accept`";
template <>
inline constexpr auto Messages::message<d::sent_header_word> = "expected the name of a header, e.g. `header Accept: text/html`";
template <>
inline constexpr auto Messages::message<d::header_colon> = "expected `:` after the header's name, e.g. `header Accept: text/html`";
template <>
inline constexpr auto Messages::message<d::parameter_word> = "expected the name of a query parameter, e.g. `query limit 5`";
template <>
inline constexpr auto Messages::message<d::parameter_value> =
    "expected the parameter's value: JSON, e.g. `query q {\"id\": PKG}` or `query q64 base64 {\"id\": PKG}`";
template <>
inline constexpr auto Messages::message<d::coded_value> =
    "expected the value that is put into base64, e.g. `query q64 base64 {\"id\": PKG}`";
template <>
inline constexpr auto Messages::message<d::text_string> = "expected the body in double quotes, e.g. `text \"{\\\"id\\\": \"`";
template <>
inline constexpr auto Messages::message<d::hex_bytes> = "expected bytes of two hexadecimal digits each, e.g. `hex EF BB BF`";
template <>
inline constexpr auto Messages::message<d::pad_bytes> = "expected the size of the body, e.g. `pad 150000 bytes`";
template <>
inline constexpr auto Messages::message<d::path_word> = "expected `raw path`";
template <>
inline constexpr auto Messages::message<d::asker> = "expected who asks: `as owner`, `as parent`, `as sibling`, `as stranger`";
template <>
inline constexpr auto Messages::message<d::send_what> = "expected `send \"…\"` or `send hex …`";
template <>
inline constexpr auto Messages::message<d::send_hex_bytes> = "expected bytes of two hexadecimal digits each, e.g. `send hex 0D 0A`";
template <>
inline constexpr auto Messages::message<d::close_word> = "expected `half close`";
template <>
inline constexpr auto Messages::message<d::reads_count> = "expected how many answers are read, e.g. `reads 2 answers`";
template <>
inline constexpr auto Messages::message<d::lease_push> = "expected `without lease push`";
template <>
inline constexpr auto Messages::message<d::option_word> = "expected an option's name and value, e.g. `option blksize 1428`";
template <>
inline constexpr auto Messages::message<d::option_value> =
    "expected the option's value, e.g. `option blksize 1428` or `option blksize \"0x10\"`";
template <>
inline constexpr auto Messages::message<d::mode_word> = "expected the mode in double quotes, e.g. `mode \"netascii\"`";
template <>
inline constexpr auto Messages::message<d::lost_what> = "expected `loses block N`, `loses ack N` or `loses N in 100`";
template <>
inline constexpr auto Messages::message<d::repeated_what> = "expected `repeats ack N`";
template <>
inline constexpr auto Messages::message<d::stop_point> = "expected `stops after N blocks`";
template <>
inline constexpr auto Messages::message<d::interjection> =
    "expected a datagram and when it is sent, e.g. `sends hex 00 04 00 01 after 3 blocks`";
template <>
inline constexpr auto Messages::message<d::another_port> = "expected `from another port`";
template <>
inline constexpr auto Messages::message<d::end> = "unexpected text: this detail is complete here";

// Predicates.
template <>
inline constexpr auto Messages::message<q::first_predicate> = "expected a predicate, e.g. `status is 204` or `$.pkgs has PKG`";
template <>
inline constexpr auto Messages::message<q::next_predicate> = "expected another predicate after `and`, e.g. `status is 204`";
template <>
inline constexpr auto Messages::message<q::is_word> = "expected `is`";
template <>
inline constexpr auto Messages::message<q::first_status> = "expected a status code like 204, or a class like 4xx";
template <>
inline constexpr auto Messages::message<q::next_status> = "expected another status code after `or`";
template <>
inline constexpr auto Messages::message<q::header_name> = "expected the name of a header, e.g. `header Location is present`";
template <>
inline constexpr auto Messages::message<q::header_relation> = "expected `is …` or `contains \"…\"`";
template <>
inline constexpr auto Messages::message<q::header_is> =
    "expected `present`, `absent`, `fresh`, `provd`, `below /…`, a string, `not \"…\"` or `one of \"…\", \"…\"`";
template <>
inline constexpr auto Messages::message<q::below_path> = "expected the path of the collection, e.g. `is below /pg_mgr/install/install`";
template <>
inline constexpr auto Messages::message<q::text_operand> = "expected a string in double quotes or a variable";
template <>
inline constexpr auto Messages::message<q::of_word> = "expected `one of` and values, e.g. `is one of 1, 2`";
template <>
inline constexpr auto Messages::message<q::first_operand> = "expected a value: JSON or a variable";
template <>
inline constexpr auto Messages::message<q::next_operand> = "expected another value after the comma";
template <>
inline constexpr auto Messages::message<q::not_operand> = "expected what it is not: a value or `one of` values";
template <>
inline constexpr auto Messages::message<q::body_relation> = "expected `is empty`, `is sentence`, `is json` or `contains \"…\"`";
template <>
inline constexpr auto Messages::message<q::body_is> = "expected `empty`, `sentence` or `json`";
template <>
inline constexpr auto Messages::message<q::json_relation> = "expected `is …`, `has …`, `lacks …`, `matches \"…\"` or `contains \"…\"`";
template <>
inline constexpr auto Messages::message<q::json_is> =
    "expected `present`, `absent`, `a list` (object, string, number, boolean, status), `example \"…\"`, a value, `not …` or `one of …`";
template <>
inline constexpr auto Messages::message<q::kind_word> = "expected `list`, `object`, `string`, `number`, `boolean` or `status`";
template <>
inline constexpr auto Messages::message<q::example_name> = "expected the example's name, e.g. `is example \"configure\"`";
template <>
inline constexpr auto Messages::message<q::element> =
    "expected an element, a key, or a number of members, e.g. `$.pkgs has PKG`, `$.pkgs has 2 members`";
template <>
inline constexpr auto Messages::message<q::lacks_element> = "expected an element or a key, e.g. `$.pkgs lacks PKG`";
template <>
inline constexpr auto Messages::message<q::state_word> = "expected `waiting`, `progress`, `success` or `fail`";
template <>
inline constexpr auto Messages::message<q::last_pattern> = "expected `last is \"…\"` or `last state is …`";
template <>
inline constexpr auto Messages::message<q::pattern> = "expected `some is \"…\"`";
template <>
inline constexpr auto Messages::message<q::count_is> = "expected `statuses count is at least 2`";
template <>
inline constexpr auto Messages::message<q::number_word> = "expected a number or `at least` one, e.g. `count is at least 1`";
template <>
inline constexpr auto Messages::message<q::least_number> = "expected a number, e.g. `at least 2`";
template <>
inline constexpr auto Messages::message<q::grows_word> = "expected `progress grows`";
template <>
inline constexpr auto Messages::message<q::stage_word> = "expected addressed, identified, fetched, parsed or registered";
template <>
inline constexpr auto Messages::message<q::reached_as> = "expected a value after `as`: JSON or a variable";

// Paths into JSON.
template <>
inline constexpr auto Messages::message<p::member_name> = "expected a member's name after the dot; other characters need [\"…\"]";
template <>
inline constexpr auto Messages::message<p::bracket_content> = "expected an index, a key in double quotes, a variable, or `id = \"…\"`";
template <>
inline constexpr auto Messages::message<p::bracket_close> = "expected `]`";
template <>
inline constexpr auto Messages::message<p::where_value> = "expected the value that the member has, e.g. `[id = \"NAT\"]`";

// Texts with variables.
template <>
inline constexpr auto Messages::message<x::path_name> = "expected a variable after `{`, e.g. `GET {oip}`; a brace itself is written %7B";
template <>
inline constexpr auto Messages::message<x::path_close> = "expected `}` after the variable";
template <>
inline constexpr auto Messages::message<x::string_close> = "this string is not closed: expected `\"` in the same line";

// JSON.
template <>
inline constexpr auto Messages::message<j::string_close> = "this string is not closed: expected `\"` in the same line";
template <>
inline constexpr auto Messages::message<j::escape_code> = "unknown escape: JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX";
template <>
inline constexpr auto Messages::message<j::four_digits> = "expected four hexadecimal digits after \\u";
template <>
inline constexpr auto Messages::message<j::fraction_digits> = "expected digits after the decimal point";
template <>
inline constexpr auto Messages::message<j::exponent_digits> = "expected digits in the exponent";
template <>
inline constexpr auto Messages::message<j::first_member> = "expected a member, e.g. {\"id\": PKG}, or `}`";
template <>
inline constexpr auto Messages::message<j::next_member> = "expected another member after the comma: its name in double quotes";
template <>
inline constexpr auto Messages::message<j::colon> = "expected `:` after the member's name";
template <>
inline constexpr auto Messages::message<j::member_value> = "expected the member's value: JSON or a variable";
template <>
inline constexpr auto Messages::message<j::object_close> = "expected `,` or `}`";
template <>
inline constexpr auto Messages::message<j::first_element> = "expected an element or `]`";
template <>
inline constexpr auto Messages::message<j::next_element> = "expected another element after the comma";
template <>
inline constexpr auto Messages::message<j::list_close> = "expected `,` or `]`";

}  // namespace provdlab::scenario::grammar
