#pragma once
// The scenario language as PEGTL rules: no actions and no messages here (actions.h, messages.h), so that the language can be
// read in one sitting. docs/scenario-language.md is its description in prose. Only parse.cc and the tests include this.
//
// ParseScenario has looked at the characters before: the input is UTF-8 without tabs and other control characters, so that
// `blank` and a line's end are the only white space.
//
// Failure is global (`must`) right behind the word that decides what a line is, so that each message names what is expected
// at the very place where it is missing. Words that begin nothing match a rule `unknown…`, whose action refuses them and looks
// for the nearest word. No rule that is tried and taken back has an action that matters: a choice is decided by its first word.

#include <tao/pegtl.hpp>

namespace provdlab::scenario::grammar {

using namespace tao::pegtl;

// Characters.
namespace c {
struct blank : one<' '> {};
struct visible : not_one<' ', '\n', '\r'> {};
struct listed : not_one<' ', '\n', '\r', ','> {};
struct word : ranges<'a', 'z', 'A', 'Z', '0', '9', '_', '_', '-'> {};
}  // namespace c

// Tokens.
namespace t {
template <char... Cs>
struct keyword : seq<string<Cs...>, not_at<c::word>> {};

struct gap : plus<c::blank> {};
struct space : star<c::blank> {};
struct comma : seq<space, one<','>, space> {};

// A comment begins a line or stands after two blanks at least: `/a#b` and `/a #b` have none.
struct comment : seq<one<'#'>, until<at<eolf>>> {};
struct end : seq<sor<seq<rep<2, c::blank>, space, comment>, space>, eolf> {};
struct comment_line : seq<space, comment, eolf> {};
struct empty_line : sor<seq<space, eol>, seq<gap, eof>> {};
struct ignored : sor<comment_line, empty_line> {};

// Text to the end of the line, without what stands around it.
struct inner_gap : seq<not_at<space, eolf>, not_at<rep<2, c::blank>, space, one<'#'>>, gap> {};
struct text : seq<plus<c::visible>, star<inner_gap, plus<c::visible>>> {};

struct small_name : seq<range<'a', 'z'>, star<ranges<'a', 'z', '0', '9', '_'>>, not_at<c::word>> {};
struct capital_name : seq<range<'A', 'Z'>, star<ranges<'A', 'Z', '0', '9', '_'>>, not_at<c::word>> {};
struct name : sor<small_name, capital_name> {};
// desk.mac: what the header's phone or account `desk` has.
struct dotted_name : seq<range<'a', 'z'>, star<ranges<'a', 'z', '0', '9', '_'>>, one<'.'>, plus<ranges<'a', 'z', 'A', 'Z', '0', '9', '_'>>,
                         not_at<c::word>> {};
struct variable : sor<dotted_name, name> {};

struct slug_part : list<plus<ranges<'a', 'z', '0', '9'>>, one<'-'>> {};
struct slug : seq<slug_part, plus<one<'.'>, slug_part>, not_at<c::listed>> {};

struct count : seq<plus<digit>, not_at<c::word>> {};
struct seconds : seq<plus<digit>, opt<one<'.'>, plus<digit>>> {};
struct header_name : plus<sor<alnum, one<'!', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'>>> {};
struct fixture : seq<alnum, star<sor<alnum, one<'.', '_', '-'>>>> {};
}  // namespace t

// JSON, in which a bare word is a variable and comments may stand at the end of a line.
namespace j {
struct space : star<sor<c::blank, eol, t::comment>> {};

struct run : plus<not_one<'"', '\\', '\n', '\r'>> {};
struct simple_escape : one<'"', '\\', '/', 'b', 'f', 'n', 'r', 't'> {};
struct four_digits : rep<4, xdigit> {};
struct code_unit : seq<one<'u'>, must<four_digits>> {};
struct unicode_escape : list<code_unit, one<'\\'>> {};  // two of them may be one character
struct escape_code : sor<simple_escape, unicode_escape> {};
struct escape : seq<one<'\\'>, must<escape_code>> {};
struct string_open : one<'"'> {};
struct string_close : one<'"'> {};
struct string : seq<string_open, star<sor<run, escape>>, must<string_close>> {};

struct whole : sor<one<'0'>, seq<range<'1', '9'>, star<digit>>> {};
struct fraction_digits : plus<digit> {};
struct exponent_digits : plus<digit> {};
struct fraction : seq<one<'.'>, must<fraction_digits>> {};
struct exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, must<exponent_digits>> {};
struct number_text : seq<opt<one<'-'>>, whole, opt<fraction>, opt<exponent>> {};

struct value;
struct string_value : seq<string> {};
struct number : seq<number_text> {};
struct literal : sor<t::keyword<'t', 'r', 'u', 'e'>, t::keyword<'f', 'a', 'l', 's', 'e'>, t::keyword<'n', 'u', 'l', 'l'>> {};
struct variable : seq<t::variable> {};

struct key : seq<string> {};
struct colon : one<':'> {};
struct member_value : seq<value> {};
struct member : seq<key, space, must<colon>, space, must<member_value>> {};
struct first_member : seq<member> {};
struct next_member : seq<member> {};
struct object_open : one<'{'> {};
struct object_close : one<'}'> {};
struct object_rest
    : sor<object_close, seq<must<first_member>, star<space, one<','>, space, must<next_member>>, space, must<object_close>>> {};
struct object : seq<object_open, space, object_rest> {};

struct first_element : seq<value> {};
struct next_element : seq<value> {};
struct list_open : one<'['> {};
struct list_close : one<']'> {};
struct list_rest : sor<list_close, seq<must<first_element>, star<space, one<','>, space, must<next_element>>, space, must<list_close>>> {};
struct list : seq<list_open, space, list_rest> {};

struct value : sor<string_value, object, list, literal, number, variable> {};
}  // namespace j

// Texts with {variables} in them.
namespace x {
struct stray_brace : one<'{'> {};
struct hole : seq<one<'{'>, t::variable, one<'}'>> {};

// A path has no use for braces but variables: what looks like one and is none is a slip.
struct path_run : plus<not_one<' ', '\n', '\r', '{', '}'>> {};
struct path_name : seq<t::variable> {};
struct path_close : one<'}'> {};
struct path_hole : seq<one<'{'>, must<path_name>, must<path_close>> {};
struct path : plus<sor<path_hole, path_run>> {};

// In a header's value and in a string a brace that begins no variable is a brace.
struct line_run : plus<not_one<' ', '\n', '\r', '{'>> {};
struct line_gap : seq<t::inner_gap> {};
struct line : plus<sor<hole, stray_brace, line_run, line_gap>> {};

struct string_run : plus<not_one<'"', '\\', '{', '\n', '\r'>> {};
struct string_open : one<'"'> {};
struct string_close : one<'"'> {};
struct string : seq<string_open, star<sor<hole, stray_brace, string_run, j::escape>>, must<string_close>> {};

struct byte : seq<rep<2, xdigit>, not_at<c::word>> {};
struct bytes : tao::pegtl::list<byte, t::gap> {};
}  // namespace x

// $.pkgs[PKG].version
namespace p {
struct member_name : plus<ranges<'a', 'z', 'A', 'Z', '0', '9', '_', '_', '-'>> {};
struct dot_step : seq<one<'.'>, must<member_name>> {};
struct index : seq<plus<digit>> {};
struct key_step : seq<j::string> {};
struct variable_step : seq<t::variable> {};
struct where_key : sor<seq<j::string>, seq<plus<c::word>>> {};
struct where_value : seq<j::value> {};
struct where : seq<where_key, t::space, one<'='>, t::space, must<where_value>> {};
struct bracket_content : sor<where, index, key_step, variable_step> {};
struct bracket_close : one<']'> {};
struct bracket_step : seq<one<'['>, must<bracket_content>, must<bracket_close>> {};
struct path_open : one<'$'> {};
struct path : seq<path_open, star<sor<dot_step, bracket_step>>> {};
}  // namespace p

// Words of the language.
namespace k {
using t::keyword;
struct about : keyword<'a', 'b', 'o', 'u', 't'> {};
struct absent : keyword<'a', 'b', 's', 'e', 'n', 't'> {};
struct account : keyword<'a', 'c', 'c', 'o', 'u', 'n', 't'> {};
struct ack : keyword<'a', 'c', 'k'> {};
struct act : keyword<'a', 'c', 't'> {};
struct after : keyword<'a', 'f', 't', 'e', 'r'> {};
struct and_ : keyword<'a', 'n', 'd'> {};
struct another : keyword<'a', 'n', 'o', 't', 'h', 'e', 'r'> {};
struct answers : keyword<'a', 'n', 's', 'w', 'e', 'r', 's'> {};
struct are : keyword<'a', 'r', 'e'> {};
struct article : sor<keyword<'a', 'n'>, keyword<'a'>> {};
struct as_ : keyword<'a', 's'> {};
struct asked : keyword<'a', 's', 'k', 'e', 'd'> {};
struct at_ : keyword<'a', 't'> {};
struct awaits : keyword<'a', 'w', 'a', 'i', 't', 's'> {};
struct barrier : keyword<'b', 'a', 'r', 'r', 'i', 'e', 'r'> {};
struct behaves : keyword<'b', 'e', 'h', 'a', 'v', 'e', 's'> {};
struct base64 : keyword<'b', 'a', 's', 'e', '6', '4'> {};
struct below : keyword<'b', 'e', 'l', 'o', 'w'> {};
struct block : keyword<'b', 'l', 'o', 'c', 'k'> {};
struct blocks : sor<keyword<'b', 'l', 'o', 'c', 'k', 's'>, keyword<'b', 'l', 'o', 'c', 'k'>> {};
struct body : keyword<'b', 'o', 'd', 'y'> {};
struct boots : keyword<'b', 'o', 'o', 't', 's'> {};
struct bytes : sor<keyword<'b', 'y', 't', 'e', 's'>, keyword<'b', 'y', 't', 'e'>> {};
struct characters : keyword<'c', 'h', 'a', 'r', 'a', 'c', 't', 'e', 'r', 's'> {};
struct check : keyword<'c', 'h', 'e', 'c', 'k'> {};
struct chunked : keyword<'c', 'h', 'u', 'n', 'k', 'e', 'd'> {};
struct contains : keyword<'c', 'o', 'n', 't', 'a', 'i', 'n', 's'> {};
struct control : keyword<'c', 'o', 'n', 't', 'r', 'o', 'l'> {};
struct count : keyword<'c', 'o', 'u', 'n', 't'> {};
struct delayed : keyword<'d', 'e', 'l', 'a', 'y', 'e', 'd'> {};
struct does : keyword<'d', 'o', 'e', 's'> {};
struct drops : keyword<'d', 'r', 'o', 'p', 's'> {};
struct empty : keyword<'e', 'm', 'p', 't', 'y'> {};
struct entry : keyword<'e', 'n', 't', 'r', 'y'> {};
struct eventually : keyword<'e', 'v', 'e', 'n', 't', 'u', 'a', 'l', 'l', 'y'> {};
struct example : keyword<'e', 'x', 'a', 'm', 'p', 'l', 'e'> {};
struct exclusive : keyword<'e', 'x', 'c', 'l', 'u', 's', 'i', 'v', 'e'> {};
struct expects : keyword<'e', 'x', 'p', 'e', 'c', 't', 's'> {};
struct fast : keyword<'f', 'a', 's', 't'> {};
struct firmware : keyword<'f', 'i', 'r', 'm', 'w', 'a', 'r', 'e'> {};
struct follow : keyword<'f', 'o', 'l', 'l', 'o', 'w'> {};
struct for_ : keyword<'f', 'o', 'r'> {};
struct format : keyword<'f', 'o', 'r', 'm', 'a', 't'> {};
struct fresh : keyword<'f', 'r', 'e', 's', 'h'> {};
struct from : keyword<'f', 'r', 'o', 'm'> {};
struct given : keyword<'g', 'i', 'v', 'e', 'n'> {};
struct grows : keyword<'g', 'r', 'o', 'w', 's'> {};
struct half : keyword<'h', 'a', 'l', 'f'> {};
struct close : keyword<'c', 'l', 'o', 's', 'e'> {};
struct has : keyword<'h', 'a', 's'> {};
struct header : keyword<'h', 'e', 'a', 'd', 'e', 'r'> {};
struct hex : keyword<'h', 'e', 'x'> {};
struct holds : keyword<'h', 'o', 'l', 'd', 's'> {};
struct ids : keyword<'i', 'd', 's'> {};
struct if_ : keyword<'i', 'f'> {};
struct ignores : keyword<'i', 'g', 'n', 'o', 'r', 'e', 's'> {};
struct in : keyword<'i', 'n'> {};
struct independent : keyword<'i', 'n', 'd', 'e', 'p', 'e', 'n', 'd', 'e', 'n', 't'> {};
struct is : keyword<'i', 's'> {};
struct json : keyword<'j', 's', 'o', 'n'> {};
struct lacks : keyword<'l', 'a', 'c', 'k', 's'> {};
struct last : keyword<'l', 'a', 's', 't'> {};
struct lease : keyword<'l', 'e', 'a', 's', 'e'> {};
struct least : keyword<'l', 'e', 'a', 's', 't'> {};
struct lists : keyword<'l', 'i', 's', 't', 's'> {};
struct loses : keyword<'l', 'o', 's', 'e', 's'> {};
struct macs : keyword<'m', 'a', 'c', 's'> {};
struct matches : keyword<'m', 'a', 't', 'c', 'h', 'e', 's'> {};
struct members : sor<keyword<'m', 'e', 'm', 'b', 'e', 'r', 's'>, keyword<'m', 'e', 'm', 'b', 'e', 'r'>> {};
struct mode : keyword<'m', 'o', 'd', 'e'> {};
struct moves : keyword<'m', 'o', 'v', 'e', 's'> {};
struct named : keyword<'n', 'a', 'm', 'e', 'd'> {};
struct needs : keyword<'n', 'e', 'e', 'd', 's'> {};
struct never : keyword<'n', 'e', 'v', 'e', 'r'> {};
struct no : keyword<'n', 'o'> {};
struct nobody : keyword<'n', 'o', 'b', 'o', 'd', 'y'> {};
struct not_ : keyword<'n', 'o', 't'> {};
struct notifications : keyword<'n', 'o', 't', 'i', 'f', 'i', 'c', 'a', 't', 'i', 'o', 'n', 's'> {};
struct notify : keyword<'N', 'O', 'T', 'I', 'F', 'Y'> {};
struct of : keyword<'o', 'f'> {};
struct off : keyword<'o', 'f', 'f'> {};
struct offers : keyword<'o', 'f', 'f', 'e', 'r', 's'> {};
struct on : keyword<'o', 'n'> {};
struct once : keyword<'o', 'n', 'c', 'e'> {};
struct one_ : keyword<'o', 'n', 'e'> {};
struct only : keyword<'o', 'n', 'l', 'y'> {};
struct option : keyword<'o', 'p', 't', 'i', 'o', 'n'> {};
struct or_ : keyword<'o', 'r'> {};
struct package : keyword<'p', 'a', 'c', 'k', 'a', 'g', 'e'> {};
struct pad : keyword<'p', 'a', 'd'> {};
struct passed : keyword<'p', 'a', 's', 's', 'e', 'd'> {};
struct path : keyword<'p', 'a', 't', 'h'> {};
struct phone : keyword<'p', 'h', 'o', 'n', 'e'> {};
struct phones : keyword<'p', 'h', 'o', 'n', 'e', 's'> {};
struct port : keyword<'p', 'o', 'r', 't'> {};
struct present : keyword<'p', 'r', 'e', 's', 'e', 'n', 't'> {};
struct progress : keyword<'p', 'r', 'o', 'g', 'r', 'e', 's', 's'> {};
struct provd : keyword<'p', 'r', 'o', 'v', 'd'> {};
struct proxies : keyword<'p', 'r', 'o', 'x', 'i', 'e', 's'> {};
struct push : keyword<'p', 'u', 's', 'h'> {};
struct query : keyword<'q', 'u', 'e', 'r', 'y'> {};
struct raw : keyword<'r', 'a', 'w'> {};
struct reads : keyword<'r', 'e', 'a', 'd', 's'> {};
struct answered : keyword<'a', 'n', 's', 'w', 'e', 'r', 'e', 'd'> {};
struct answers_read : sor<keyword<'a', 'n', 's', 'w', 'e', 'r', 's'>, keyword<'a', 'n', 's', 'w', 'e', 'r'>> {};
struct refused : keyword<'r', 'e', 'f', 'u', 's', 'e', 'd'> {};
struct releases : keyword<'r', 'e', 'l', 'e', 'a', 's', 'e', 's'> {};
struct renews : keyword<'r', 'e', 'n', 'e', 'w', 's'> {};
struct repeats : keyword<'r', 'e', 'p', 'e', 'a', 't', 's'> {};
struct replaces : keyword<'r', 'e', 'p', 'l', 'a', 'c', 'e', 's'> {};
struct repository : keyword<'r', 'e', 'p', 'o', 's', 'i', 't', 'o', 'r', 'y'> {};
struct restart : keyword<'r', 'e', 's', 't', 'a', 'r', 't'> {};
struct request : keyword<'r', 'e', 'q', 'u', 'e', 's', 't'> {};
struct s : keyword<'s'> {};
struct scenario : keyword<'s', 'c', 'e', 'n', 'a', 'r', 'i', 'o'> {};
struct send : keyword<'s', 'e', 'n', 'd'> {};
struct sends : keyword<'s', 'e', 'n', 'd', 's'> {};
struct sentence : keyword<'s', 'e', 'n', 't', 'e', 'n', 'c', 'e'> {};
struct settles : keyword<'s', 'e', 't', 't', 'l', 'e', 's'> {};
struct some : keyword<'s', 'o', 'm', 'e'> {};
struct state : keyword<'s', 't', 'a', 't', 'e'> {};
struct status : keyword<'s', 't', 'a', 't', 'u', 's'> {};
struct statuses : keyword<'s', 't', 'a', 't', 'u', 's', 'e', 's'> {};
struct stops : keyword<'s', 't', 'o', 'p', 's'> {};
struct switched : keyword<'s', 'w', 'i', 't', 'c', 'h', 'e', 'd'> {};
struct synchronized : keyword<'s', 'y', 'n', 'c', 'h', 'r', 'o', 'n', 'i', 'z', 'e', 'd'> {};
struct text : keyword<'t', 'e', 'x', 't'> {};
struct tier : keyword<'t', 'i', 'e', 'r'> {};
struct timed : keyword<'t', 'i', 'm', 'e', 'd'> {};
struct times : sor<keyword<'t', 'i', 'm', 'e', 's'>, keyword<'t', 'i', 'm', 'e'>> {};
struct to : keyword<'t', 'o'> {};
struct twice : keyword<'t', 'w', 'i', 'c', 'e'> {};
struct unlisted : keyword<'u', 'n', 'l', 'i', 's', 't', 'e', 'd'> {};
struct until_ : keyword<'u', 'n', 't', 'i', 'l'> {};
struct upgrade : keyword<'u', 'p', 'g', 'r', 'a', 'd', 'e'> {};
struct version : keyword<'v', 'e', 'r', 's', 'i', 'o', 'n'> {};
struct with : keyword<'w', 'i', 't', 'h'> {};
struct within : keyword<'w', 'i', 't', 'h', 'i', 'n'> {};
struct without : keyword<'w', 'i', 't', 'h', 'o', 'u', 't'> {};
struct writes : keyword<'w', 'r', 'i', 't', 'e', 's'> {};
}  // namespace k

// What a check, a control or `expects` says.
namespace q {
struct operand : seq<j::value> {};
struct first_operand : seq<t::gap, operand> {};
struct next_operand : seq<operand> {};
struct operands : seq<must<first_operand>, star<t::comma, must<next_operand>>> {};
struct of_word : seq<t::gap, k::of> {};
struct one_of : seq<k::one_, must<of_word>, operands> {};
struct not_operand : seq<t::gap, sor<one_of, operand>> {};
struct negation : seq<k::not_, must<not_operand>> {};
struct equality : sor<one_of, operand> {};
struct text_operand : seq<t::gap, at<sor<one<'"'>, t::name>>, operand> {};

struct number_of : seq<t::count> {};
struct least_number : seq<t::gap, k::least, t::gap, number_of> {};
struct at_least : seq<k::at_, must<least_number>> {};
struct number_word : seq<t::gap, sor<at_least, number_of>> {};

struct is_word : seq<t::gap, k::is> {};

struct status_class : seq<range<'1', '5'>, string<'x', 'x'>, not_at<c::word>> {};
struct status_code : seq<rep<3, digit>, not_at<c::word>> {};
struct first_status : seq<t::gap, sor<status_class, status_code>> {};
struct next_status : seq<t::gap, sor<status_class, status_code>> {};
struct status_not : seq<t::gap, k::not_> {};
struct status : seq<k::status, must<is_word>, opt<status_not>, must<first_status>, star<t::gap, k::or_, must<next_status>>> {};

struct present : seq<k::present> {};
struct absent : seq<k::absent> {};
struct fresh : seq<k::fresh> {};
struct provd : seq<k::provd> {};
struct below_path : seq<t::gap, x::path> {};
struct below : seq<k::below, must<below_path>> {};
struct contains : seq<k::contains, must<text_operand>> {};
struct matches : seq<k::matches, must<text_operand>> {};
struct header_name : seq<t::gap, t::header_name> {};
struct header_is : seq<t::gap, sor<present, absent, fresh, provd, below, negation, equality>> {};
struct header_relation : seq<t::gap, sor<contains, seq<k::is, must<header_is>>>> {};
struct header : seq<k::header, must<header_name>, must<header_relation>> {};

struct empty : seq<k::empty> {};
struct sentence : seq<opt<k::article, t::gap>, k::sentence> {};
struct json_text : seq<k::json> {};
struct body_is : seq<t::gap, sor<empty, sentence, json_text>> {};
struct body_relation : seq<t::gap, sor<contains, seq<k::is, must<body_is>>>> {};
struct body : seq<k::body, must<body_relation>> {};

struct kind : plus<c::visible> {};
struct kind_word : seq<t::gap, kind> {};
struct is_a : seq<k::article, must<kind_word>> {};
struct example_text : seq<j::string> {};
struct example_name : seq<t::gap, example_text> {};
struct example : seq<k::example, must<example_name>> {};
struct members : seq<t::gap, at<t::count, t::gap, k::members>, number_of, t::gap, k::members> {};
struct element : seq<t::gap, operand> {};
struct lacks_element : seq<t::gap, operand> {};
struct has : seq<k::has, sor<members, must<element>>> {};
struct lacks : seq<k::lacks, must<lacks_element>> {};
struct json_is : seq<t::gap, sor<present, absent, is_a, example, negation, equality>> {};
struct json_relation : seq<t::gap, sor<has, lacks, matches, contains, seq<k::is, must<json_is>>>> {};
struct json_path : seq<p::path> {};
struct json : seq<json_path, must<json_relation>> {};

struct state_name : plus<c::visible> {};
struct state_not : seq<t::gap, k::not_> {};
struct state_word : seq<t::gap, state_name> {};
struct last_state : seq<t::gap, k::state, must<is_word>, opt<state_not>, must<state_word>> {};
struct pattern : seq<t::gap, sor<k::is, k::matches>, text_operand> {};
struct last_pattern : seq<pattern> {};
struct last : seq<k::last, sor<last_state, must<last_pattern>>> {};
struct some : seq<k::some, must<pattern>> {};
struct count_is : seq<t::gap, k::count, t::gap, k::is> {};
struct statuses : seq<k::statuses, must<count_is>, must<number_word>> {};
struct grows_word : seq<t::gap, k::grows> {};
struct progress : seq<k::progress, must<grows_word>> {};
struct count : seq<k::count, must<is_word>, must<number_word>> {};

// A phone's name decides, which the builder knows: it comes last.
struct phone_name : seq<t::small_name> {};
struct stage : plus<c::visible> {};
struct stage_word : seq<t::gap, stage> {};
struct reached_value : seq<operand> {};
struct reached_as : seq<t::gap, reached_value> {};
struct phone : seq<phone_name, must<is_word>, must<stage_word>, opt<t::gap, k::as_, must<reached_as>>> {};

struct predicate : sor<statuses, status, header, body, json, last, some, progress, count, phone> {};
struct first_predicate : seq<t::gap, predicate> {};
struct next_predicate : seq<t::gap, predicate> {};
struct condition : seq<must<first_predicate>, star<t::gap, k::and_, must<next_predicate>>> {};
}  // namespace q

// The header.
namespace h {
struct end : seq<t::end> {};

struct title_text : seq<t::text> {};
struct title : seq<t::gap, title_text> {};
struct scenario : seq<k::scenario, must<title>, must<end>> {};

struct format_number : plus<c::visible> {};
struct format_text : seq<t::gap, format_number> {};
struct format : seq<k::format, must<format_text>, must<end>> {};

struct about_line : seq<t::text> {};
struct about_text : seq<t::gap, about_line> {};
struct about : seq<k::about, must<about_text>> {};

struct exclusive_name : plus<c::listed> {};
struct first_exclusive : seq<t::gap, exclusive_name> {};
struct next_exclusive : seq<exclusive_name> {};
struct exclusive : seq<k::exclusive, must<first_exclusive>, star<t::comma, must<next_exclusive>>> {};

struct fast : seq<k::fast> {};
struct timed : seq<k::timed> {};
struct tier_name : seq<t::gap, sor<fast, timed>> {};
struct tier : seq<k::tier, must<tier_name>> {};

struct offer : plus<c::listed> {};
struct first_offer : seq<t::gap, offer> {};
struct next_offer : seq<offer> {};
struct offers : seq<k::offers, must<first_offer>, star<t::comma, must<next_offer>>> {};

struct proxies_count : seq<t::count> {};
struct proxies_number : seq<t::gap, proxies_count> {};
struct proxies : seq<k::proxies, must<proxies_number>> {};

// What a package is made of; also after `repository lists` and `repository replaces`.
struct fixture : seq<t::fixture> {};
struct fixture_name : seq<t::gap, fixture> {};
struct from : seq<k::from, must<fixture_name>> {};
struct version : seq<j::string> {};
struct version_text : seq<t::gap, version> {};
struct version_detail : seq<k::version, must<version_text>> {};
struct size : seq<t::count> {};
struct size_bytes : seq<t::gap, size, t::gap, k::bytes> {};
struct of : seq<k::of, must<size_bytes>> {};
struct entry_value : seq<j::object> {};
struct entry_object : seq<t::gap, entry_value> {};
struct entry : seq<k::entry, must<entry_object>> {};
struct entry_key : sor<seq<j::string>, seq<plus<c::word>>> {};
struct without_key : seq<t::gap, k::entry, t::gap, entry_key> {};
struct without : seq<k::without, must<without_key>> {};
struct unlisted : seq<k::unlisted> {};
struct named_text : seq<j::string> {};
struct named_word : seq<t::gap, named_text> {};
struct named : seq<k::named, must<named_word>> {};
struct package_details : star<t::gap, sor<from, version_detail, of, entry, without, unlisted, named>> {};

struct package_name : seq<t::capital_name> {};
struct package_word : seq<t::gap, package_name> {};
struct package_end : seq<t::end> {};
struct package : seq<k::package, must<package_word>, package_details, must<package_end>> {};

// Names that are given a value of the run's own.
struct id_name : seq<t::capital_name> {};
struct id_length : seq<t::count> {};
struct id_characters : seq<t::gap, id_length, t::gap, k::characters> {};
struct id : seq<id_name, opt<t::gap, k::of, must<id_characters>>> {};
struct first_id : seq<t::gap, id> {};
struct next_id : seq<id> {};
struct ids : seq<k::ids, must<first_id>, star<t::comma, must<next_id>>> {};
struct mac_name : seq<t::capital_name> {};
struct first_mac : seq<t::gap, mac_name> {};
struct next_mac : seq<mac_name> {};
struct macs : seq<k::macs, must<first_mac>, star<t::comma, must<next_mac>>> {};

// Phones, and the accounts that they may register with.
struct phone_name : seq<t::small_name> {};
struct phone_word : seq<t::gap, phone_name> {};
struct phone_is : seq<t::gap, k::is> {};
struct vendor : plus<c::listed> {};
struct model : seq<plus<c::listed>, star<t::inner_gap, plus<c::listed>>> {};
struct make : seq<t::inner_gap, vendor, t::inner_gap, model> {};
struct firmware : seq<j::string> {};
struct firmware_text : seq<t::gap, firmware> {};
struct shared_place : seq<t::small_name> {};
struct place_word : seq<t::gap, shared_place> {};
struct phone_detail : sor<seq<k::firmware, must<firmware_text>>, seq<k::at_, must<place_word>>> {};
struct nobody : seq<k::nobody> {};
struct phone_what : seq<t::gap, sor<nobody, seq<k::article, must<make>, star<t::comma, must<phone_detail>>>>> {};
struct phone : seq<k::phone, must<phone_word>, must<phone_is>, must<phone_what>> {};
struct crowd_name : seq<t::small_name> {};
struct crowd_word : seq<t::gap, crowd_name> {};
struct crowd_are : seq<t::gap, k::are> {};
struct crowd_size : seq<t::count> {};
struct crowd_what : seq<t::gap, crowd_size, make> {};
struct phones : seq<k::phones, must<crowd_word>, must<crowd_are>, must<crowd_what>> {};
struct account_name : seq<t::small_name> {};
struct account_word : seq<t::gap, account_name> {};
struct account : seq<k::account, must<account_word>> {};

struct column : seq<t::capital_name> {};
struct first_column : seq<t::gap, column> {};
struct next_column : seq<column> {};
struct in : seq<t::gap, k::in> {};
struct row : seq<j::value> {};
struct first_row : seq<t::gap, row> {};
struct next_row : seq<row> {};
// After a comma the list may go on in the next line, if that is indented.
struct row_space : star<sor<c::blank, t::comment, seq<eol, at<sor<c::blank, eol>>>>> {};
struct table : seq<k::for_, must<first_column>, star<t::comma, must<next_column>>, must<in>, must<first_row>,
                   star<t::space, one<','>, row_space, must<next_row>>> {};

struct again : seq<sor<k::scenario, k::format>> {};
struct line : sor<package, seq<sor<about, exclusive, tier, offers, proxies, ids, macs, phone, phones, account, table, again>, must<end>>> {
};
}  // namespace h

// Details of statements and what may stand on the statement's own line as well.
namespace d {
struct capture_name : seq<t::small_name> {};
struct capture_header_name : seq<t::header_name> {};
struct capture_header_word : seq<t::gap, capture_header_name> {};
struct capture_header : seq<k::header, must<capture_header_word>> {};
struct capture_json : seq<p::path> {};
struct capture_body : seq<k::body> {};
struct capture_status : seq<k::status> {};
struct capture_last : seq<k::last> {};
struct capture_from : sor<capture_header, capture_json, capture_body, capture_status, capture_last> {};
struct capture_value : seq<j::value> {};
struct capture_instead : seq<t::gap, capture_value> {};
struct capture_otherwise : seq<k::or_, must<capture_instead>> {};
struct capture_equals : seq<t::space, one<'='>, t::space> {};
struct capture_any_name : seq<plus<c::word>, at<capture_equals>> {};
struct capture_known_name : seq<capture_name> {};
struct capture : seq<at<capture_any_name>, must<capture_known_name>, capture_equals, must<capture_from>, opt<t::gap, capture_otherwise>> {};
struct answered_capture : seq<capture> {};

struct expected_status : seq<plus<c::listed>> {};
struct first_answer : seq<t::gap, expected_status> {};
struct next_answer : seq<t::gap, expected_status> {};
struct answers : seq<k::answers, must<first_answer>, star<t::gap, k::or_, must<next_answer>>, star<t::comma, must<answered_capture>>> {};

struct need : seq<t::slug> {};
struct first_need : seq<t::gap, need> {};
struct next_need : seq<need> {};
struct needs : seq<k::needs, must<first_need>, star<t::comma, must<next_need>>> {};

struct duration : seq<t::seconds> {};
struct duration_seconds : seq<t::gap, duration, t::gap, k::s> {};
struct within : seq<k::within, must<duration_seconds>> {};
struct time_limit : seq<within> {};

struct check_word : seq<k::check> {};
struct check_slug : seq<t::slug> {};
struct slug_word : seq<t::gap, check_slug> {};
struct independent : seq<t::gap, k::independent> {};
struct check : seq<check_word, must<slug_word>, opt<independent>, q::condition> {};

struct control_word : seq<k::control> {};
struct without_act : seq<t::gap, k::without, t::gap, k::act, t::space, one<','>> {};
struct control : seq<control_word, must<without_act>, q::condition> {};

struct expects_word : seq<k::expects> {};
struct expects : seq<expects_word, q::condition> {};

struct only_name : seq<t::variable> {};
struct only_word : seq<t::gap, k::if_, t::gap, only_name> {};
struct only_relation : seq<t::gap, sor<q::negation, q::equality>> {};
struct only : seq<k::only, must<only_word>, must<q::is_word>, must<only_relation>> {};

struct removed_header_name : seq<t::header_name> {};
struct removed_header : seq<t::gap, k::header, t::gap, removed_header_name> {};
struct no_header : seq<k::no, must<removed_header>> {};

struct sent_header_name : seq<t::header_name> {};
struct sent_header_word : seq<t::gap, sent_header_name> {};
struct header_colon : one<':'> {};
struct header_value : seq<x::line> {};
struct header : seq<k::header, must<sent_header_word>, must<header_colon>, t::space, opt<header_value>> {};

struct parameter_name : plus<c::word> {};
struct parameter_word : seq<t::gap, parameter_name> {};
struct base64 : seq<k::base64> {};
struct parameter : seq<j::value> {};
struct coded_value : seq<t::gap, parameter> {};
struct parameter_value : seq<t::gap, sor<seq<base64, must<coded_value>>, parameter>> {};
struct query : seq<k::query, must<parameter_word>, must<parameter_value>> {};

struct text_body : seq<x::string> {};
struct text_string : seq<t::gap, text_body> {};
struct text : seq<k::text, must<text_string>> {};
struct hex_body : seq<x::bytes> {};
struct hex_bytes : seq<t::gap, hex_body> {};
struct hex : seq<k::hex, must<hex_bytes>> {};
struct pad_size : seq<t::count> {};
struct pad_bytes : seq<t::gap, pad_size, t::gap, k::bytes> {};
struct pad : seq<k::pad, must<pad_bytes>> {};
struct chunked : seq<k::chunked> {};
struct path_word : seq<t::gap, k::path> {};
struct raw_path : seq<k::raw, must<path_word>> {};
struct asker_name : seq<plus<c::word>> {};
struct asker : seq<t::gap, asker_name> {};
struct as_asker : seq<k::as_, must<asker>> {};

struct send_text : seq<x::string> {};
struct send_hex : seq<x::bytes> {};
struct send_hex_bytes : seq<t::gap, send_hex> {};
struct send_what : seq<t::gap, sor<send_text, seq<k::hex, must<send_hex_bytes>>>> {};
struct send : seq<k::send, must<send_what>> {};
struct close_word : seq<t::gap, k::close> {};
struct half_close : seq<k::half, must<close_word>> {};
struct answers_to_read : seq<t::count> {};
struct reads_count : seq<t::gap, answers_to_read, t::gap, k::answers_read> {};
struct reads : seq<k::reads, must<reads_count>> {};

// How a phone behaves.
struct lease_push : seq<t::gap, k::lease, t::gap, k::push> {};
struct without_push : seq<k::without, must<lease_push>> {};
struct option_name : sor<seq<j::string>, seq<plus<c::word>>> {};
struct option_word : seq<t::gap, option_name> {};
struct option_text : sor<seq<j::string>, seq<plus<c::word>>> {};
struct option_value : seq<t::gap, option_text> {};
struct option : seq<k::option, must<option_word>, must<option_value>> {};
struct mode_name : seq<j::string> {};
struct mode_word : seq<t::gap, mode_name> {};
struct mode : seq<k::mode, must<mode_word>> {};
struct lost_block : seq<t::count> {};
struct lost_ack : seq<t::count> {};
struct lost_share : seq<t::count> {};
struct hundred : t::keyword<'1', '0', '0'> {};
struct lost_what
    : seq<t::gap, sor<seq<k::block, t::gap, lost_block>, seq<k::ack, t::gap, lost_ack>, seq<lost_share, t::gap, k::in, t::gap, hundred>>> {
};
struct loses : seq<k::loses, must<lost_what>> {};
struct repeated_ack : seq<t::count> {};
struct repeated_what : seq<t::gap, k::ack, t::gap, repeated_ack> {};
struct repeats : seq<k::repeats, must<repeated_what>> {};
struct last_block : seq<t::count> {};
struct stop_point : seq<t::gap, k::after, t::gap, last_block, t::gap, k::blocks> {};
struct stops : seq<k::stops, must<stop_point>> {};
struct interjected : seq<x::bytes> {};
struct interjected_block : seq<t::count> {};
struct interjection : seq<t::gap, k::hex, t::gap, interjected, t::gap, k::after, t::gap, interjected_block, t::gap, k::blocks> {};
struct interjects : seq<k::sends, must<interjection>> {};
struct another_port : seq<t::gap, k::another, t::gap, k::port> {};
struct disturbed : seq<k::from, must<another_port>> {};

struct unknown : plus<c::visible> {};
struct known : sor<capture, only, answers, needs, time_limit, check, control, expects, query, no_header, header, text, hex, pad, chunked,
                   raw_path, as_asker, send, half_close, reads, without_push, option, mode, loses, repeats, stops, interjects, disturbed> {
};
struct end : seq<t::end> {};
struct begin : success {};
struct detail : seq<t::gap, begin, sor<known, unknown>, must<end>> {};
}  // namespace d

// Statements.
namespace s {
struct tail : star<t::gap, sor<d::answers, d::needs>> {};

struct method : seq<plus<ranges<'A', 'Z', '-'>>, not_at<c::visible>> {};
struct request_path_text : seq<x::path> {};
struct request_path : seq<t::gap, request_path_text> {};
struct body : seq<j::value> {};
struct request : seq<method, must<request_path>, opt<t::gap, not_at<sor<k::answers, k::needs>>, body>, tail> {};

struct raw_word : seq<k::raw> {};
struct raw : seq<raw_word, tail> {};

struct follow_word : seq<k::follow> {};
struct location_text : seq<x::path> {};
struct location : seq<t::gap, location_text> {};
struct until_word : seq<t::gap, k::until_> {};
struct until_state : seq<plus<c::visible>> {};
struct state : seq<t::gap, until_state> {};
struct follow_limit : seq<t::gap, d::within> {};
struct follow : seq<follow_word, must<location>, must<until_word>, must<state>, opt<follow_limit>, tail> {};

struct blamed_slug : seq<t::slug> {};
struct blamed_word : seq<t::gap, blamed_slug> {};
struct blamed_follow : seq<t::gap, follow> {};
struct check_follow : seq<k::check, must<blamed_word>, must<blamed_follow>> {};

struct eventually_word : seq<k::eventually> {};
struct time_limit : seq<t::gap, d::within> {};
struct limit_comma : seq<t::space, one<','>> {};
struct repeated_request : seq<t::gap, request> {};
struct eventually : seq<eventually_word, must<time_limit>, must<limit_comma>, must<repeated_request>> {};

struct barrier_word : seq<k::barrier> {};
struct barrier : seq<barrier_word, tail> {};

struct restart_word : seq<k::restart> {};
struct upgrade_word : seq<k::upgrade> {};
struct restart : seq<sor<restart_word, upgrade_word>, tail> {};

struct catalogue : string<'p', 'l', 'u', 'g', 'i', 'n', 's', '.', 'd', 'b'> {};
struct file : seq<j::string> {};
struct target_package : seq<t::capital_name> {};
struct target : seq<t::gap, sor<catalogue, file, target_package>> {};
struct held_bytes : seq<t::count> {};
struct hold_point : seq<t::gap, k::after, t::gap, held_bytes, t::gap, k::bytes> {};
struct holds : seq<k::holds, must<target>, must<hold_point>> {};
struct releases : seq<k::releases, must<target>> {};
struct awaits : seq<k::awaits, must<target>> {};
struct fault : seq<j::object> {};
struct fault_object : seq<t::gap, fault> {};
struct to_word : seq<t::gap, k::to> {};
struct once : seq<k::once> {};
struct twice : seq<k::twice> {};
struct repeat_count : seq<t::count> {};
struct times_word : seq<t::gap, k::times> {};
struct request_number : seq<t::count> {};
struct request_word : seq<t::gap, k::request, t::gap, request_number> {};
struct times : seq<t::gap, sor<once, twice, seq<repeat_count, must<times_word>>, seq<k::for_, must<request_word>>>> {};
struct does : seq<k::does, must<fault_object>, must<to_word>, must<target>, opt<times>> {};
struct behaves : seq<k::behaves> {};
struct package_word : seq<t::gap, target_package> {};
struct lists : seq<k::lists, must<package_word>, h::package_details> {};
struct drops : seq<k::drops, must<package_word>> {};
struct replaces : seq<k::replaces, must<package_word>, h::package_details> {};
struct asked_for : seq<t::gap, k::asked, t::gap, k::for_> {};
struct asked : seq<k::is, must<asked_for>, must<target>> {};
struct unknown_action : plus<c::visible> {};
struct repository_word : seq<k::repository> {};
struct repository_action : seq<t::gap, sor<holds, releases, awaits, does, behaves, lists, drops, replaces, asked, unknown_action>> {};
struct repository : seq<repository_word, must<repository_action>, tail> {};

// What a phone does.
struct phone_limit : seq<t::gap, d::within> {};
struct boots : seq<k::boots, opt<phone_limit>> {};
struct settles : seq<k::settles, opt<phone_limit>> {};
struct renews : seq<k::renews, opt<phone_limit>> {};
struct other_phone : seq<t::small_name> {};
struct other_word : seq<t::gap, other_phone> {};
struct moves : seq<k::moves, opt<t::gap, k::to, must<other_word>>> {};
struct is_switched_off : seq<k::switched, t::gap, k::off> {};
struct is_synchronized : seq<k::synchronized, opt<phone_limit>> {};
struct is_word : seq<t::gap, sor<is_switched_off, is_synchronized>> {};
struct is : seq<k::is, must<is_word>> {};
struct notify_word : seq<t::gap, k::notify> {};
struct ignored_once : seq<k::once> {};
struct ignored_twice : seq<k::twice> {};
struct ignored_count : seq<t::count> {};
struct ignored_times : seq<t::gap, sor<ignored_once, ignored_twice, seq<ignored_count, must<times_word>>>> {};
struct ignores_notify : seq<k::ignores, must<notify_word>, opt<ignored_times>> {};
struct notify_code : seq<t::count> {};
struct notify_text : seq<j::string> {};
struct notify_answer : seq<t::gap, sor<notify_text, notify_code>> {};
struct next_notify_answer : seq<notify_answer> {};
struct notify_answers : seq<must<notify_answer>, star<t::gap, k::and_, must<next_notify_answer>>> {};
struct delay_seconds : seq<t::gap, d::duration, t::gap, k::s> {};
struct delay : seq<t::gap, k::after, must<delay_seconds>> {};
struct answers_notify : seq<k::answers, must<notify_word>, opt<t::gap, k::with, notify_answers>, opt<delay>> {};
struct at_once_count : seq<t::count> {};
struct at_once_word : seq<t::gap, k::times, t::gap, k::at_, t::gap, k::once> {};
struct at_once : seq<t::gap, at_once_count, must<at_once_word>> {};
struct no_body : sor<k::answers, k::needs, seq<t::count, t::gap, k::times>> {};
struct phone_request : seq<method, must<request_path>, opt<t::gap, not_at<no_body>, body>, opt<at_once>> {};
struct transferred_file : seq<x::string> {};
struct file_word : seq<t::gap, transferred_file> {};
struct reads : seq<k::reads, must<file_word>, opt<at_once>> {};
struct writes : seq<k::writes, must<file_word>> {};
struct datagram : seq<x::bytes> {};
struct datagram_word : seq<t::gap, k::hex, t::gap, datagram> {};
struct sends : seq<k::sends, must<datagram_word>> {};
struct unknown_phone_action : plus<c::visible> {};
struct phone_name : seq<t::small_name> {};
struct phone_action : seq<t::gap, sor<boots, settles, renews, moves, is, ignores_notify, answers_notify, phone_request, reads, writes,
                                      sends, unknown_phone_action>> {};
struct phone : seq<phone_name, must<phone_action>, tail> {};

// What becomes of what the target tells phones.
struct delayed_by : seq<t::gap, d::duration, t::gap, k::s> {};
struct passed_on : seq<k::passed, t::gap, k::on> {};
struct delayed : seq<k::delayed, must<delayed_by>> {};
struct refused : seq<k::refused> {};
struct never_answered : seq<k::never, t::gap, k::answered> {};
struct notifications_are : seq<t::gap, k::are, t::gap, sor<passed_on, delayed, refused, never_answered>> {};
struct notifications_word : seq<k::notifications> {};
struct notifications : seq<notifications_word, must<notifications_are>, tail> {};

struct unknown : plus<c::visible> {};
struct does_what : sor<request, raw, follow, check_follow, eventually, barrier, restart, repository, notifications, phone, unknown> {};
struct given : seq<k::given> {};
struct act : seq<k::act> {};
struct role_does_what : seq<t::gap, does_what> {};
struct begin : success {};
struct line_end : seq<t::end> {};
struct line : seq<at<c::visible>, begin, sor<seq<sor<given, act>, must<role_does_what>>, does_what>, must<line_end>> {};
struct details_end : success {};
struct statement : seq<line, star<sor<t::ignored, d::detail>>, details_end> {};
}  // namespace s

struct stray_detail : seq<t::gap, plus<c::visible>> {};
struct first_line : seq<h::scenario> {};
struct second_line : seq<h::format> {};
struct scenario : seq<star<t::ignored>, must<first_line>, star<t::ignored>, must<second_line>, star<sor<t::ignored, h::line>>,
                      star<sor<t::ignored, s::statement, stray_detail>>, eof> {};

}  // namespace provdlab::scenario::grammar
