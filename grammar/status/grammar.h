#pragma once
// The status language as PEGTL rules: no actions, no state. For status.cc and its tests only: it brings in PEGTL.
//
//   [label|]state[;current[/end]](part)*      a part: a status in parentheses
//
// A rule that must match where it stands says so itself, in `expected` ("expected …, found …") or in `sentence` (the whole
// message), so that no place can be without a message. Nothing is read twice but a name that turns out to be no label.
// docs/status-language.md describes the language for readers.

#include <cstddef>
#include <string_view>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze_traits.hpp>

#include "grammar/status/word.h"

namespace provdlab::status::grammar {

namespace pegtl = tao::pegtl;

// Characters

// A letter or digit of any script, or '_'.
struct word_character {
  using rule_t = word_character;
  using subs_t = pegtl::type_list<>;
  template <typename Input>
  [[nodiscard]] static bool match(Input& in) {
    if (in.empty()) return false;
    const unsigned char first = in.peek_uint8();
    const std::size_t bytes = first < 0x80 ? kIsAsciiWord[first] : WordCharacterBytes({in.current(), in.size(4)});
    in.bump_in_this_line(bytes);
    return bytes > 0;
  }
};
struct digit_of_any_script {
  using rule_t = digit_of_any_script;
  using subs_t = pegtl::type_list<>;
  template <typename Input>
  [[nodiscard]] static bool match(Input& in) {
    const std::size_t bytes = FirstDigit({in.current(), in.size(4)}).bytes;
    in.bump_in_this_line(bytes);
    return bytes > 0;
  }
};

// Names

// One or more word characters. Read in one go: names are most of what a status is made of.
struct word {
  using rule_t = word;
  using subs_t = pegtl::type_list<>;
  template <typename Input>
  [[nodiscard]] static bool match(Input& in) {
    const char* at = in.current();
    const char* const end = in.end();
    while (true) {
      while (at != end && kIsAsciiWord[static_cast<unsigned char>(*at)]) ++at;
      const std::size_t bytes =
          at != end && static_cast<unsigned char>(*at) >= 0x80 ? WordCharacterBytes({at, static_cast<std::size_t>(end - at)}) : 0;
      if (bytes == 0) break;
      at += bytes;
    }
    if (at == in.current()) return false;
    in.bump_in_this_line(static_cast<std::size_t>(at - in.current()));
    return true;
  }
};
struct bar : pegtl::one<'|'> {};
struct label : pegtl::seq<word, bar> {};

struct waiting : pegtl::string<'w', 'a', 'i', 't', 'i', 'n', 'g'> {};
struct progress : pegtl::string<'p', 'r', 'o', 'g', 'r', 'e', 's', 's'> {};
struct success : pegtl::string<'s', 'u', 'c', 'c', 'e', 's', 's'> {};
struct fail : pegtl::string<'f', 'a', 'i', 'l'> {};
// `failure` puts the input back to the beginning of a longer word, so that the complaint is about all of it.
struct known_state : pegtl::sor<pegtl::seq<pegtl::sor<waiting, progress, success, fail>, pegtl::not_at<word_character>>, pegtl::failure> {};
struct other_state : word {};

// Numbers

struct nothing_after_zero : pegtl::not_at<pegtl::digit> {
  static constexpr std::string_view sentence = "a number that begins with 0 has no further digits";
};
struct plain_number : pegtl::sor<pegtl::if_must<pegtl::one<'0'>, nothing_after_zero>, pegtl::plus<pegtl::digit>> {};
struct number_of_any_script : pegtl::plus<digit_of_any_script> {};

// The two dialects differ in what a state and a number are, and in nothing else.

struct strict {
  using state = known_state;
  using number = plain_number;
};
struct lenient {
  using state = pegtl::sor<known_state, other_state>;
  using number = number_of_any_script;
};

// Syntax

template <typename Dialect>
struct state_after_label : Dialect::state {
  static constexpr std::string_view expected = "a state (waiting, progress, success or fail) after the label";
};
template <typename Dialect>
struct state_alone : Dialect::state {
  static constexpr std::string_view expected = "a state (waiting, progress, success or fail)";
};
template <typename Dialect>
struct head : pegtl::sor<pegtl::if_must<label, state_after_label<Dialect>>, pegtl::must<state_alone<Dialect>>> {};

template <typename Dialect>
struct current : Dialect::number {
  static constexpr std::string_view expected = "a number after ';'";
};
template <typename Dialect>
struct end : Dialect::number {
  static constexpr std::string_view expected = "a number after '/'";
};
struct semicolon : pegtl::one<';'> {};
struct slash : pegtl::one<'/'> {};
template <typename Dialect>
struct total : pegtl::if_must<slash, end<Dialect>> {};
template <typename Dialect>
struct count : pegtl::seq<semicolon, pegtl::must<current<Dialect>>, pegtl::opt<total<Dialect>>> {};

template <typename Dialect>
struct part;
template <typename Dialect>
struct status : pegtl::seq<head<Dialect>, pegtl::opt<count<Dialect>>, pegtl::star<part<Dialect>>> {};

struct open : pegtl::one<'('> {};
struct close : pegtl::one<')'> {
  static constexpr std::string_view expected = "')'";
};
template <typename Dialect>
struct part : pegtl::seq<open, status<Dialect>, pegtl::must<close>> {};

struct no_stray_close : pegtl::not_at<pegtl::one<')'>> {
  static constexpr std::string_view sentence = "this ')' closes nothing";
};
struct end_of_text : pegtl::eof {
  static constexpr std::string_view expected = "'(' or the end of the text";
};
template <typename Dialect>
struct text : pegtl::seq<status<Dialect>, pegtl::must<no_stray_close, end_of_text>> {};

}  // namespace provdlab::status::grammar

// What these consume when they match, for PEGTL's analysis of cycles.
template <typename Name>
struct tao::pegtl::analyze_traits<Name, provdlab::status::grammar::word_character> : tao::pegtl::analyze_any_traits<> {};
template <typename Name>
struct tao::pegtl::analyze_traits<Name, provdlab::status::grammar::word> : tao::pegtl::analyze_any_traits<> {};
template <typename Name>
struct tao::pegtl::analyze_traits<Name, provdlab::status::grammar::digit_of_any_script> : tao::pegtl::analyze_any_traits<> {};
